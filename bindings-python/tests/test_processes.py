"""Threads, processes, forks, signals and time limits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Connect, expired_in, failure, python

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
    """A client whose access token, of two seconds, has just become due for renewal."""
    with sandbox(access_token_seconds=2) as box:
        loop = LoopClient(**box.options(), store="memory:")
        begun = loop.authorization_url()
        tokens = loop.handle_callback(box.sign_in(begun.url), begun.browser_secret)
        expired_in(tokens)
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
