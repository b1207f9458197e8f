"""`AsyncLoopClient`: the same calls as coroutines, on any event loop, in any thread."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from conftest import ROUNDS, python, refreshes
from test_printing import printed
from token_endpoint import endpoints, token_endpoint

from loop_sdk import (
    AsyncLoopClient,
    InvalidCall,
    LoopClient,
    LoopError,
    RetryLater,
    ScopeRequired,
    SignInRequired,
    Tokens,
)
from loop_sdk._caller_async import _thread
from loop_sdk.testing import Sandbox

T = TypeVar("T")


def event_loops() -> list[Any]:
    """asyncio's own event loop, and uvloop where it is installed."""
    found = [pytest.param(asyncio.new_event_loop, id="asyncio")]
    try:
        import uvloop
    except ImportError:
        return found
    return [*found, pytest.param(uvloop.new_event_loop, id="uvloop")]


@pytest.fixture
def client(loop_sandbox: Sandbox) -> AsyncLoopClient:
    return AsyncLoopClient(**loop_sandbox.options(), store="memory:")


async def signed_in(client: AsyncLoopClient, box: Sandbox, scopes: list[str] | None = None) -> Tokens:
    begun = await client.authorization_url(scopes=scopes)
    url = await asyncio.to_thread(box.sign_in, begun.url)
    return await client.handle_callback(url, begun.browser_secret)


def run(main: Callable[[], Coroutine[Any, Any, T]], new_event_loop: Callable[[], Any] = asyncio.new_event_loop) -> T:
    event_loop = new_event_loop()
    try:
        result: T = event_loop.run_until_complete(asyncio.wait_for(main(), 300))
        event_loop.run_until_complete(event_loop.shutdown_default_executor())
        return result
    finally:
        event_loop.close()


async def fails(call: Coroutine[Any, Any, object]) -> LoopError:
    with pytest.raises(LoopError) as caught:
        await call
    return caught.value


@pytest.mark.parametrize("new_event_loop", event_loops())
def test_a_person_signs_in_and_their_data_is_read(
    client: AsyncLoopClient, loop_sandbox: Sandbox, new_event_loop: Callable[[], Any]
) -> None:
    async def main() -> None:
        tokens = await signed_in(client, loop_sandbox)
        user = client.user(tokens.user_id)
        task = asyncio.create_task(client.clinical.list_biomarkers(user_id=tokens.user_id))
        pages = await asyncio.gather(task, *(user.clinical.list_biomarkers() for _ in range(20)))
        assert all(page == pages[0] for page in pages) and len(pages[0]) == 14
        assert await client.access_token(user_id=tokens.user_id) == tokens.access_token
        answer = await client.request(user_id=tokens.user_id, service="clinical", path="/v1/biomarkers/me")
        assert answer.status == 200
        missing = await fails(client.clinical.get_protocol("none", user_id=tokens.user_id))
        assert (missing.code, type(missing)) == ("not_found", InvalidCall)
        await client.revoke(user_id=tokens.user_id)
        gone = await fails(user.clinical.list_biomarkers())
        assert (gone.code, type(gone)) == ("not_connected", SignInRequired)

    run(main, new_event_loop)


def test_both_clients_have_the_same_methods_with_the_same_arguments_and_docs() -> None:
    loop, asyncs = LoopClient("c", store="memory:"), AsyncLoopClient("c", store="memory:")
    pairs: list[tuple[object, object]] = [
        (loop, asyncs),
        (loop.clinical, asyncs.clinical),
        (loop.user("u").clinical, asyncs.user("u").clinical),
    ]
    assert vars(loop).keys() == vars(asyncs).keys() and vars(loop.user("u")).keys() == vars(asyncs.user("u")).keys()
    for sync, asynchronous in pairs:
        names = {name for name in dir(sync) if not name.startswith("_")}
        assert names == {name for name in dir(asynchronous) if not name.startswith("_")}
        methods = {name for name in names if inspect.ismethod(getattr(sync, name))} - {"over", "user"}
        assert methods
        for name in methods:
            one, other = getattr(sync, name), getattr(asynchronous, name)
            if inspect.isgeneratorfunction(one):
                assert inspect.isasyncgenfunction(other), name
                continue
            assert inspect.iscoroutinefunction(other) and not inspect.iscoroutinefunction(one), name
            assert list(inspect.signature(one).parameters) == list(inspect.signature(other).parameters), name
            assert one.__doc__ and other.__doc__, name


async def due(client: AsyncLoopClient, box: Sandbox) -> str:
    """Gives the client a grant whose first use is a refresh. Returns the person's id."""
    grant = await asyncio.to_thread(box.due_grant)
    assert await client.import_grant(**grant, replace=True) == "imported"
    return grant["user_id"]


def test_sixty_four_tasks_on_a_due_grant_make_one_refresh(client: AsyncLoopClient, loop_sandbox: Sandbox) -> None:
    async def main() -> None:
        user_id = await due(client, loop_sandbox)
        calls = [client.clinical.list_biomarkers(user_id=user_id) for _ in range(64)]
        assert {len(page) for page in await asyncio.gather(*calls)} == {14}
        assert len(await client.clinical.list_biomarkers(user_id=user_id)) == 14

    run(main)
    assert refreshes(loop_sandbox) == 1


def test_callers_cancelled_at_random_moments_lose_no_grant(loop_sandbox: Sandbox) -> None:
    client = AsyncLoopClient(**loop_sandbox.options(), store="memory:", token_requests_per_minute=100_000)
    moments, in_time = random.Random(20261125), 0

    async def main() -> None:
        nonlocal in_time
        for number in range(ROUNDS):
            user_id = await due(client, loop_sandbox)
            before = await asyncio.to_thread(refreshes, loop_sandbox)
            when = ("before", "after")[number % 2]
            fault = {"ms": 20, "when": when, "grant_type": "refresh_token"}
            await asyncio.to_thread(partial(loop_sandbox.token_fault, "delay", **fault))
            call = asyncio.create_task(client.access_token(user_id=user_id))
            waiter = asyncio.create_task(client.clinical.list_biomarkers(user_id=user_id))
            await asyncio.wait([call], timeout=moments.uniform(0, 0.04))
            in_time += call.cancel()
            (outcome,) = await asyncio.gather(call, return_exceptions=True)
            assert isinstance(outcome, (str, asyncio.CancelledError))
            assert len(await waiter) == 14
            assert len(await client.clinical.list_biomarkers(user_id=user_id)) == 14
            assert await asyncio.to_thread(refreshes, loop_sandbox) - before == 1, f"round {number}"

    run(main)
    assert in_time > 0
    assert (loop_sandbox.stats()["replays"], loop_sandbox.stats()["alerts"]) == (0, 0)


def test_a_cancelled_call_ends_at_once_and_leaves_nothing_behind(
    silent_server: tuple[str, threading.Event], caplog: pytest.LogCaptureFixture
) -> None:
    environment, connected = silent_server
    client = AsyncLoopClient("client_1", environment=environment, store="memory:")

    async def main() -> None:
        await hanging(client)
        call = asyncio.create_task(client.clinical.list_biomarkers(user_id="u"))
        await asyncio.to_thread(connected.wait, 60)
        started = time.monotonic()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        # Sooner than its own limit, however slow the machine is.
        assert time.monotonic() - started < 15
        # The native part ends it by a wake-up that nobody awaits: the next call comes after it.
        assert await client.access_token(user_id="u") == "a"
        completions = _thread.completions(asyncio.get_running_loop())
        while len(completions):
            assert await client.access_token(user_id="u") == "a"

    run(main)
    assert not caplog.records


async def hanging(client: AsyncLoopClient) -> None:
    await client.import_grant(user_id="u", refresh_token="r", access_token="a", expires_at=time.time() + 3600)


def test_a_time_limit_ends_a_hanging_call(silent_server: tuple[str, threading.Event]) -> None:
    client = AsyncLoopClient("client_1", environment=silent_server[0], store="memory:")

    async def main() -> None:
        await hanging(client)
        started = time.monotonic()
        error = await fails(client.clinical.list_biomarkers(user_id="u", timeout=0.2))
        assert (error.code, type(error)) == ("timeout", RetryLater)
        assert 0.2 <= time.monotonic() - started < 15
        for wrong in (-1, float("nan")):
            assert (await fails(client.access_token(user_id="u", timeout=wrong))).detail == "timeout"

    run(main)


@pytest.mark.parametrize("new_event_loop", event_loops())
def test_event_loops_in_many_threads_share_a_client(
    client: AsyncLoopClient, loop_sandbox: Sandbox, new_event_loop: Callable[[], Any]
) -> None:
    user_id = run(lambda: signed_in(client, loop_sandbox)).user_id
    found: list[int] = []

    async def main() -> None:
        for _ in range(5):
            pages = await asyncio.gather(*(client.clinical.list_biomarkers(user_id=user_id) for _ in range(8)))
            found.extend(len(page) for page in pages)

    threads = [threading.Thread(target=run, args=(main, new_event_loop)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [14] * 160


@pytest.mark.parametrize("new_event_loop", event_loops())
def test_an_event_loop_closed_while_calls_are_under_way_is_forgotten(
    capfd: pytest.CaptureFixture[str], new_event_loop: Callable[[], Any]
) -> None:
    with token_endpoint() as (address, server):
        options: dict[str, Any] = {"environment": endpoints(address), "store": "memory:", "identify": False}
        client = AsyncLoopClient("client_1", **options)
        event_loop = new_event_loop()

        async def begin() -> None:
            await client.import_grant(user_id="u", refresh_token="old")
            task = asyncio.create_task(client.access_token(user_id="u"))
            await asyncio.to_thread(server.sent.wait, 60)
            await asyncio.get_running_loop().shutdown_default_executor()
            # Pending for ever: asyncio itself would complain about that when it is collected.
            task._log_destroy_pending = False  # type: ignore[attr-defined]

        event_loop.run_until_complete(begin())
        event_loop.close()
        gone = weakref.ref(event_loop)
        del event_loop
        # The call's answer comes with nobody to take it; then nothing holds the event loop any more.
        server.release.set()
        deadline = time.monotonic() + 60
        while gone() is not None and time.monotonic() < deadline:
            assert run(lambda: client.access_token(user_id="u")) == "new"
            gc.collect()
        assert gone() is None
    out, err = capfd.readouterr()
    assert out == err == ""


def test_context_variables_are_left_alone(client: AsyncLoopClient, loop_sandbox: Sandbox) -> None:
    variable = contextvars.ContextVar("variable", default="outside")

    async def one(user_id: str, value: str) -> str:
        variable.set(value)
        await client.clinical.list_biomarkers(user_id=user_id)
        return variable.get()

    async def main() -> list[str]:
        user_id = (await signed_in(client, loop_sandbox)).user_id
        return await asyncio.gather(*(one(user_id, str(number)) for number in range(16)))

    assert run(main) == [str(number) for number in range(16)] and variable.get() == "outside"


FORK = """
import asyncio, os, sys
from loop_sdk import AsyncLoopClient
client = AsyncLoopClient()
async def main():
    assert len(await client.clinical.list_biomarkers(user_id=sys.argv[1])) == 14
asyncio.run(main())
child = os.fork()
if child == 0:
    asyncio.run(main())
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
asyncio.run(main())
print("both")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_client_survives_a_fork(loop_sandbox: Sandbox, connect: Any, tmp_path: Any) -> None:
    store = f"sqlite:///{tmp_path / 'grants.db'}"
    user_id = connect(LoopClient(**loop_sandbox.options(), store=store)).user_id
    assert python(FORK, user_id, variables={**loop_sandbox.variables(), "LOOP_STORE": store}).strip() == "both"


HANG = """
import asyncio, sys, threading, time
from loop_sdk import AsyncLoopClient
client = AsyncLoopClient("client_1", environment=sys.argv[1], store="memory:")
async def main():
    await client.import_grant(user_id="u", refresh_token="r", access_token="a", expires_at=time.time() + 3600)
    await client.clinical.list_biomarkers(user_id="u")
if sys.argv[2] == "interrupt":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("interrupted")
else:
    # The interpreter ends while another thread's event loop waits.
    threading.Thread(target=asyncio.run, args=(main(),), daemon=True).start()
    sys.stdin.readline()
    print("leaving")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows can't send Ctrl-C to one process")
@pytest.mark.parametrize("how", ["interrupt", "leave"])
def test_ctrl_c_and_the_end_of_the_interpreter_end_a_hanging_call(
    silent_server: tuple[str, threading.Event], how: str
) -> None:
    environment, connected = silent_server
    child = subprocess.Popen(
        [sys.executable, "-c", HANG, environment, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert connected.wait(60)
    if how == "interrupt":
        child.send_signal(signal.SIGINT)
    out, err = child.communicate("\n", timeout=60)
    assert (out.strip(), child.returncode) == ({"interrupt": "interrupted", "leave": "leaving"}[how], 0)
    assert err == ""


SHORT = """
import asyncio, sys, time
sys.path.insert(0, sys.argv[1])
from loop_sdk import AsyncLoopClient
from stores import Async, Sqlite
store = "memory:" if len(sys.argv) == 2 else Async(Sqlite(__import__("pathlib").Path(sys.argv[2])))
client = AsyncLoopClient("client_1", store=store, client_secret=lambda: "s", on_event=print)
async def main():
    await client.import_grant(user_id="u", refresh_token="r", access_token="a", expires_at=time.time() + 3600)
    print(await client.access_token(user_id="u"))
asyncio.run(main())
"""


@pytest.mark.parametrize("store", ["memory", "own"])
def test_a_program_that_ends_right_after_a_call_ends_well(store: str, tmp_path: Path) -> None:
    # The thread that woke the event loop may still be inside Python when the interpreter begins to go away.
    for number in range(5):
        (directory := tmp_path / str(number)).mkdir()
        arguments = [str(Path(__file__).parent), *([str(directory)] if store == "own" else [])]
        assert "a" in python(SHORT, *arguments).split()


LATE = """
import atexit, asyncio, time
async def main():
    await client.import_grant(user_id="u", refresh_token="r", access_token="a", expires_at=time.time() + 3600)
    print(await client.access_token(user_id="u"))
atexit.register(lambda: asyncio.run(asyncio.wait_for(main(), 10)))
from loop_sdk import AsyncLoopClient
client = AsyncLoopClient("client_1", store="memory:")
"""


def test_an_exit_hook_that_runs_after_ours_still_gets_its_answer() -> None:
    assert python(LATE).strip() == "a"


def test_nothing_that_asyncio_prints_holds_a_secret(
    client: AsyncLoopClient, loop_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []

    class Spy(asyncio.Future[Any]):
        def set_result(self, result: Any) -> None:
            super().set_result(result)
            # What asyncio's debug mode prints of a task that waits for it.
            seen.append(repr(self))

    async def main() -> Tokens:
        event_loop = asyncio.get_running_loop()
        event_loop.set_debug(True)
        event_loop.create_future = lambda: Spy(loop=event_loop)  # type: ignore[method-assign]
        tokens = await signed_in(client, loop_sandbox)
        await client.access_token(user_id=tokens.user_id)
        page = await client.clinical.list_biomarkers(user_id=tokens.user_id)
        seen.append(printed(client, client.user("user_canary"), client.clinical, page, client._call.native))
        return tokens

    tokens = run(main)
    text = " ".join(seen) + caplog.text
    assert "Hidden" in text
    for canary in (tokens.access_token, tokens.user_id, "user_canary", "lph_at_", "lph_rt_", "Ferritin"):
        assert canary not in text


def test_a_missing_scope_is_named(client: AsyncLoopClient, loop_sandbox: Sandbox) -> None:
    async def main() -> LoopError:
        tokens = await signed_in(client, loop_sandbox, scopes=["read:protocols"])
        return await fails(client.clinical.list_biomarkers(user_id=tokens.user_id))

    error = run(main)
    assert isinstance(error, ScopeRequired) and error.detail == "read:biomarkers"
