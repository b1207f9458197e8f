"""Threads, processes, forks, signals and time limits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from conftest import Connect, failure, let_expire, python

from loop_sdk import LoopClient, RetryLater
from loop_sdk.testing import Sandbox, sandbox


def test_eight_threads_on_an_expired_token_make_one_refresh(connect_to_short: tuple[LoopClient, str, Sandbox]) -> None:
    loop, user_id, box = connect_to_short
    start = threading.Barrier(8)

    def call(_: int) -> str:
        start.wait()
        loop.clinical.list_biomarkers(user_id=user_id)
        return loop.access_token(user_id=user_id)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(call, range(8)))
    assert len(found) == 1
    assert len(box.token_requests("refresh_token")) == 1


@pytest.fixture
def connect_to_short() -> object:
    """A client whose access token, of two seconds, is just over."""
    with sandbox(access_token_seconds=2) as box:
        loop = LoopClient(**box.options(), store="memory:")
        begun = loop.authorization_url()
        tokens = loop.handle_callback(box.sign_in(begun.url), begun.browser_secret)
        let_expire(tokens)
        yield loop, tokens.user_id, box


BEGIN = """
import json
from loop_sdk import LoopClient
begun = LoopClient().authorization_url(app_state="/from-another-process")
print(json.dumps([begun.url, begun.browser_secret]))
"""

FINISH = """
import sys
from loop_sdk import LoopClient
url, secret = sys.stdin.read().split()
loop = LoopClient()
tokens = loop.handle_callback(url, secret)
print(tokens.user_id, tokens.app_state, len(loop.clinical.list_biomarkers(user_id=tokens.user_id)))
"""


def test_a_sign_in_begun_by_one_process_is_finished_by_another(loop_sandbox: Sandbox, tmp_path: Path) -> None:
    variables = {**loop_sandbox.variables(), "LOOP_STORE": f"sqlite:///{tmp_path / 'grants.db'}"}
    url, secret = json.loads(python(BEGIN, variables=variables))
    callback_url = loop_sandbox.sign_in(url)
    user_id, app_state, count = python(FINISH, variables=variables, stdin=f"{callback_url} {secret}").split()
    assert (app_state, count) == ("/from-another-process", "14")
    # And a third process, this one, uses the grant.
    loop = LoopClient(**loop_sandbox.options(), store=variables["LOOP_STORE"])
    assert len(loop.clinical.list_biomarkers(user_id=user_id)) == 14


FORK = """
import os, sys
from loop_sdk import LoopClient
loop = LoopClient()
before = loop.access_token(user_id=sys.argv[1])
child = os.fork()
if child == 0:
    same = loop.access_token(user_id=sys.argv[1]) == before
    os._exit(0 if same and len(loop.clinical.list_biomarkers(user_id=sys.argv[1])) == 14 else 1)
assert os.waitpid(child, 0)[1] == 0
assert loop.clinical.list_biomarkers(user_id=sys.argv[1])
print("both")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_client_survives_a_fork(loop_sandbox: Sandbox, connect: Connect, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'grants.db'}"
    user_id = connect(LoopClient(**loop_sandbox.options(), store=store)).user_id
    assert python(FORK, user_id, variables={**loop_sandbox.variables(), "LOOP_STORE": store}).strip() == "both"


FORK_IN_A_POST = """
import os, sys, threading, urllib.request
from loop_sdk import LoopClient, RetryLater
server = sys.argv[1]
endpoints = {"authorization_endpoint": server + "/authorize", "token_endpoint": server + "/token"}
loop = LoopClient("client_1", environment={"issuer": server, **endpoints}, store=sys.argv[2], identify=False)
loop.import_grant(user_id="u", refresh_token="old")
found = []
refreshing = threading.Thread(target=lambda: found.append(loop.access_token(user_id="u")))
refreshing.start()
urllib.request.urlopen(server + "/sent").read()
from_child, to_parent = os.pipe()
from_parent, to_child = os.pipe()
child = os.fork()
if child == 0:
    try:
        loop.access_token(user_id="u", timeout=0.3)
        os._exit(1)
    except RetryLater:
        os.write(to_parent, b"x")
    os.read(from_parent, 1)
    os._exit(0 if loop.access_token(user_id="u") == "new" else 2)
os.read(from_child, 1)
urllib.request.urlopen(server + "/release").read()
refreshing.join()
os.write(to_child, b"x")
print(found, os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_fork_in_the_middle_of_a_refresh_sends_nothing_twice(tmp_path: Path) -> None:
    with token_endpoint() as (address, server):
        out = python(FORK_IN_A_POST, address, f"sqlite:///{tmp_path / 'grants.db'}")
    assert out.strip() == "['new'] 0"
    assert server.refreshes == ["old"]


class TokenEndpoint(ThreadingHTTPServer):
    """Answers a refresh only when it is told to, and keeps the refresh tokens that came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), TokenRequest)
        self.refreshes: list[str] = []
        self.sent, self.release = threading.Event(), threading.Event()


class TokenRequest(BaseHTTPRequestHandler):
    server: TokenEndpoint

    def do_GET(self) -> None:
        if self.path == "/release":
            self.server.release.set()
        else:
            self.server.sent.wait(20)
        self._answer({})

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        self.server.refreshes.append(form["refresh_token"][0])
        self.server.sent.set()
        self.server.release.wait(20)
        self._answer({"access_token": "new", "refresh_token": "newer", "token_type": "Bearer", "expires_in": 3600})

    def _answer(self, answer: dict[str, object]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def token_endpoint() -> Iterator[tuple[str, TokenEndpoint]]:
    with TokenEndpoint() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", server
        server.shutdown()


HANG = """
import sys, time
from loop_sdk import LoopClient
loop = LoopClient("client_1", environment=sys.argv[1], store="memory:")
loop.import_grant(user_id="u", refresh_token="r", access_token="a", expires_at=time.time() + 3600)
try:
    loop.clinical.list_biomarkers(user_id="u")
except KeyboardInterrupt:
    print("interrupted", loop.access_token(user_id="u"))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows can't send Ctrl-C to one process")
def test_ctrl_c_ends_a_hanging_call_at_once(silent_server: tuple[str, threading.Event]) -> None:
    environment, connected = silent_server
    child = subprocess.Popen([sys.executable, "-c", HANG, environment], stdout=subprocess.PIPE, text=True)
    assert connected.wait(20)
    sent_at = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=20)
    assert out.strip() == "interrupted a" and child.returncode == 0
    assert time.monotonic() - sent_at < 2


def test_a_time_limit_ends_a_hanging_call(silent_server: tuple[str, threading.Event]) -> None:
    environment, _ = silent_server
    loop = LoopClient("client_1", environment=environment, store="memory:")
    loop.import_grant(user_id="u", refresh_token="r", access_token="a", expires_at=time.time() + 3600)
    started = time.monotonic()
    error = failure(lambda: loop.clinical.list_biomarkers(user_id="u", timeout=0.2))
    assert (error.code, type(error)) == ("timeout", RetryLater)
    assert 0.2 <= time.monotonic() - started < 2


def test_other_threads_run_while_a_call_waits(silent_server: tuple[str, threading.Event]) -> None:
    environment, connected = silent_server
    loop = LoopClient("client_1", environment=environment, store="memory:")
    loop.import_grant(user_id="u", refresh_token="r", access_token="a", expires_at=time.time() + 3600)

    def hang() -> None:
        failure(lambda: loop.clinical.list_biomarkers(user_id="u", timeout=0.5))

    waiting = threading.Thread(target=hang)
    waiting.start()
    # Held, the GIL would let this thread go on only after the call's end.
    assert connected.wait(5) and waiting.is_alive()
    assert loop.access_token(user_id="u") == "a" and waiting.is_alive()
    waiting.join()
