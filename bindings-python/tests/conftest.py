"""What the tests share: a client of a fresh sandbox, a person who signs in, and a server that never answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from loop_sdk import LoopClient, LoopError, Tokens
from loop_sdk.testing import Sandbox

#: Whether to prove rather than to sample. Read here: tests themselves see no LOOP_* variable.
IS_PROOF = "LOOP_PROVE" in os.environ
#: How many times a caller gives up at a random moment.
ROUNDS = int(os.environ.get("LOOP_PROVE", "30"))

T = TypeVar("T")
Connect = Callable[..., Tokens]


@pytest.fixture(autouse=True)
def no_loop_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own LOOP_* variables must not reach a test."""
    for name in list(os.environ):
        if name.startswith("LOOP_") and name != "LOOP_SANDBOX":
            monkeypatch.delenv(name)


@pytest.fixture
def loop(loop_sandbox: Sandbox) -> LoopClient:
    return LoopClient(**loop_sandbox.options(), store="memory:")


@pytest.fixture
def connect(loop_sandbox: Sandbox) -> Connect:
    """Signs a person in through the sandbox's pages."""

    def sign_in(client: LoopClient, person: str = "ada", scopes: list[str] | None = None) -> Tokens:
        begun = client.authorization_url(scopes=scopes)
        return client.handle_callback(loop_sandbox.sign_in(begun.url, person), begun.browser_secret)

    return sign_in


@pytest.fixture
def tokens(loop: LoopClient, connect: Connect) -> Tokens:
    """Ada, signed in."""
    return connect(loop)


@pytest.fixture
def silent_server() -> Iterator[tuple[str, threading.Event]]:
    """The environment of a server that accepts connections and never answers, and an event for the first of them."""
    connected = threading.Event()
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    accepted.append(listener.accept()[0])
                except OSError:
                    return
                connected.set()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/{{service}}", connected
        listener.shutdown(socket.SHUT_RDWR)
    for connection in accepted:
        connection.close()


def import_due(loop: LoopClient, box: Sandbox, person: str = "ada") -> str:
    """Gives a client a grant that has no access token yet: the first call refreshes. Returns the person's id."""
    grant = box.due_grant(person)
    assert loop.import_grant(**grant, replace=True) == "imported"
    return grant["user_id"]


def all_at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Runs each call on a thread of its own, none before all are there."""
    start = threading.Barrier(len(calls))

    def one(call: Callable[[], T]) -> T:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def refreshes(box: Sandbox) -> int:
    """How many refreshes the sandbox has been asked for."""
    return box.stats()["refreshes"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def failure(call: Callable[[], object]) -> LoopError:
    """The error that a call raises."""
    with pytest.raises(LoopError) as caught:
        call()
    return caught.value


def python(code: str, *arguments: str, variables: dict[str, str] | None = None, stdin: str = "") -> str:
    """Runs code in another process and returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=stdin,
        env={**os.environ, **(variables or {})},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


ROOT = Path(__file__).resolve().parents[2]
