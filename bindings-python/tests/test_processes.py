"""Threads, processes, forks, signals and time limits."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import ROUNDS, Connect, all_at_once, failure, import_due, python, refreshes
from token_endpoint import endpoints, token_endpoint

from loop_sdk import LoopClient, RetryLater
from loop_sdk.testing import Sandbox


def test_eight_threads_on_a_due_grant_make_one_refresh(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    user_id = import_due(loop, loop_sandbox)

    def call() -> str:
        loop.clinical.list_biomarkers(user_id=user_id)
        return loop.access_token(user_id=user_id)

    assert len(set(all_at_once([call] * 8))) == 1
    assert refreshes(loop_sandbox) == 1


def test_sixty_four_calls_of_eight_threads_make_one_refresh(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    user_id = import_due(loop, loop_sandbox)
    found = all_at_once([lambda: [loop.access_token(user_id=user_id) for _ in range(8)]] * 8)
    assert len({token for tokens in found for token in tokens}) == 1
    assert refreshes(loop_sandbox) == 1


def test_eight_clients_for_one_user_on_one_file_make_one_refresh(loop_sandbox: Sandbox, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'grants.db'}"
    clients = [LoopClient(**loop_sandbox.options(), store=store) for _ in range(8)]
    user_id = import_due(clients[0], loop_sandbox)
    found = all_at_once([partial(client.access_token, user_id=user_id) for client in clients])
    assert len(set(found)) == 1 and refreshes(loop_sandbox) == 1
    assert {len(client.clinical.list_biomarkers(user_id=user_id)) for client in clients} == {14}


def test_callers_that_give_up_at_random_moments_lose_no_grant(loop_sandbox: Sandbox) -> None:
    loop = LoopClient(**loop_sandbox.options(), store="memory:", token_requests_per_minute=100_000)
    moments, in_time = random.Random(20261125), 0
    with ThreadPoolExecutor(1) as pool:
        for number in range(ROUNDS):
            user_id, before = import_due(loop, loop_sandbox), refreshes(loop_sandbox)
            loop_sandbox.token_fault("delay", ms=20, when=("before", "after")[number % 2], grant_type="refresh_token")
            waiter = pool.submit(loop.access_token, user_id=user_id)
            try:
                loop.access_token(user_id=user_id, timeout=moments.uniform(0.001, 0.04))
            except RetryLater as error:
                assert error.code == "timeout"
                in_time += 1
            assert waiter.result(60) == loop.access_token(user_id=user_id)
            assert refreshes(loop_sandbox) - before == 1, f"round {number}"
            assert len(loop.clinical.list_biomarkers(user_id=user_id)) == 14
    assert in_time > 0
    assert (loop_sandbox.stats()["replays"], loop_sandbox.stats()["alerts"]) == (0, 0)


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
    assert connected.wait(60)
    sent_at = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    assert out.strip() == "interrupted a" and child.returncode == 0
    # Sooner than the call's own limit, however slow the machine is.
    assert time.monotonic() - sent_at < 15


def test_a_time_limit_ends_a_hanging_call(silent_server: tuple[str, threading.Event]) -> None:
    environment, _ = silent_server
    loop = LoopClient("client_1", environment=environment, store="memory:")
    loop.import_grant(user_id="u", refresh_token="r", access_token="a", expires_at=time.time() + 3600)
    started = time.monotonic()
    error = failure(lambda: loop.clinical.list_biomarkers(user_id="u", timeout=0.2))
    assert (error.code, type(error)) == ("timeout", RetryLater)
    assert 0.2 <= time.monotonic() - started < 15


def test_other_threads_run_while_a_call_waits() -> None:
    with token_endpoint() as (address, server):
        loop = LoopClient("client_1", environment=endpoints(address), store="memory:", identify=False)
        loop.import_grant(user_id="u", refresh_token="old")
        loop.import_grant(user_id="v", refresh_token="r", access_token="a", expires_at=time.time() + 3600)
        waiting = threading.Thread(target=lambda: loop.access_token(user_id="u"))
        waiting.start()
        # Held, the GIL would let this thread go on only after the call's end, which is ours to say.
        assert server.sent.wait(60)
        assert loop.access_token(user_id="v") == "a" and waiting.is_alive()
        server.release.set()
        waiting.join()


LEAVE = """
import asyncio, atexit, sys
atexit.register(lambda: print("after", flush=True))
from loop_sdk import AsyncLoopClient, LoopClient, RetryLater
endpoints = {"issuer": sys.argv[1], "authorization_endpoint": sys.argv[1], "token_endpoint": sys.argv[1]}
options = {"client_id": "client_1", "environment": endpoints, "store": sys.argv[2], "identify": False}
if sys.argv[3] == "sync":
    LOOP = LoopClient(**options)
    try:
        LOOP.access_token(user_id="u", timeout=0.2)
    except RetryLater as error:
        print(error.code, flush=True)
else:
    LOOP = AsyncLoopClient(**options)
    async def main():
        try:
            await asyncio.wait_for(LOOP.access_token(user_id="u"), 0.2)
        except asyncio.TimeoutError:
            print("timeout", flush=True)
    asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_end_of_the_process_waits_for_a_refresh_under_way(tmp_path: Path, kind: str) -> None:
    store = f"sqlite:///{tmp_path / 'grants.db'}"
    with token_endpoint() as (address, server):
        options: dict[str, Any] = {"environment": endpoints(address), "store": store, "identify": False}
        loop = LoopClient("client_1", **options)
        loop.import_grant(user_id="u", refresh_token="old")
        command = [sys.executable, "-c", LEAVE, address, store, kind]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child, ThreadPoolExecutor(1) as pool:
            assert child.stdout is not None and child.stdout.readline() == "timeout\n"
            assert server.sent.wait(60)
            # Nothing is answered yet. Without the wait, the hooks that come later would run at once.
            later = pool.submit(child.stdout.readline)
            wait([later], timeout=0.5)
            assert not later.done()
            server.release.set()
            assert later.result(60) == "after\n"
            assert child.wait(60) == 0
        # What came is in the store.
        assert loop.access_token(user_id="u") == "new"
    assert server.refreshes == ["old"]
