"""What the tests share: a client of a fresh sandbox, a person who signs in, and a server that never answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loop_sdk import LoopClient, LoopError, Tokens
from loop_sdk.testing import Sandbox

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


def let_expire(tokens: Tokens) -> None:
    """Waits until a short-lived access token is over."""
    time.sleep(max(0.0, tokens.expires_at.timestamp() + 0.05 - time.time()))


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
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


ROOT = Path(__file__).resolve().parents[2]
