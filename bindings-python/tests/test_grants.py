"""Where people stand: status, lists, events, secrets that change, and what happens when the process ends."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from conftest import Connect, failure, let_expire, python
from stores import Async, Mixed, in_memory
from test_printing import printed

from loop_sdk import (
    AsyncLoopClient,
    Authorization,
    Event,
    LoopClient,
    LoopError,
    ScopeRequired,
    SignInRequired,
    Tokens,
)
from loop_sdk.testing import Sandbox, sandbox


@pytest.fixture
def short_lived() -> Iterator[Sandbox]:
    with sandbox(access_token_seconds=2) as box:
        yield box


def sign_in(loop: LoopClient, box: Sandbox, person: str = "ada") -> Tokens:
    begun = loop.authorization_url()
    return loop.handle_callback(box.sign_in(begun.url, person), begun.browser_secret)


def test_status_says_where_a_person_stands(loop: LoopClient, tokens: Tokens, loop_sandbox: Sandbox) -> None:
    status = loop.status(user_id=tokens.user_id)
    assert (status.state, status.connected, status.next) == ("connected", True, None)
    assert status.user_id == tokens.user_id and set(status.scopes) == set(tokens.scopes)
    assert status.access_expires_at == tokens.expires_at
    assert status.refresh_expires_at and status.refresh_expires_at > datetime.now(timezone.utc)
    nobody = loop.status(user_id="user_canary")
    assert (nobody.state, nobody.connected, nobody.scopes, nobody.next) == ("not_connected", False, (), "sign_in_again")
    text = printed(status, nobody)
    assert "user_canary" not in text and tokens.user_id not in text and "connected" in text
    assert loop_sandbox.token_requests("refresh_token") == []


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_grants_are_listed_page_by_page(loop_sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    store = Async(in_memory(tmp_path))
    loop = LoopClient(**loop_sandbox.options(), store=store)
    for number in range(5):
        loop.import_grant(user_id=f"user_{number}", refresh_token=f"canary_{number}")
    if kind == "sync":
        page = loop.grants(limit=2)
        found = [status.user_id for status in page]
        last = list(loop.grants(cursor=page.next_cursor))
        printable = printed(page, page.items)
        assert len(page.items) == 2
    else:
        client = AsyncLoopClient(**loop_sandbox.options(), store=store)

        async def main() -> tuple[list[str], list[Any], str]:
            page = await client.grants(limit=2)
            assert len(page.items) == 2
            later = [status async for status in await client.grants(cursor=page.next_cursor)]
            return [status.user_id async for status in page], later, printed(page, page.items)

        found, last, printable = asyncio.run(main())
    assert sorted(found) == [f"user_{number}" for number in range(5)] and len(last) == 3
    assert "user_" not in printable.replace("use .user_id", "") and "canary" not in printable


def test_a_store_that_cannot_list_says_so(loop_sandbox: Sandbox, tmp_path: Path) -> None:
    loop = LoopClient(**loop_sandbox.options(), store=Mixed(in_memory(tmp_path)))
    error = failure(lambda: loop.grants())
    assert "list" in error.message


def test_keep_alive_counts_and_drain_settles(loop_sandbox: Sandbox, tmp_path: Path) -> None:
    loop = LoopClient(**loop_sandbox.options(), store=in_memory(tmp_path))
    sign_in(loop, loop_sandbox)
    kept = loop.keep_alive()
    assert (kept.looked_at, kept.refreshed, kept.ended, kept.unknown, kept.left) == (1, 0, 0, 0, 0)
    assert loop.drain(timeout=5) is True and loop.drain() is True
    assert failure(lambda: loop.drain(timeout=-1)).detail == "timeout"


def test_an_error_begins_the_sign_in_that_mends_it(loop: LoopClient, connect: Connect, loop_sandbox: Sandbox) -> None:
    tokens = connect(loop, scopes=["read:protocols"])
    error = failure(lambda: loop.clinical.list_biomarkers(user_id=tokens.user_id))
    assert isinstance(error, ScopeRequired)
    assert error.user_id == tokens.user_id and error.missing_scopes == ("read:biomarkers",)
    begun = error.authorization_url(app_state="/results")
    assert isinstance(begun, Authorization)
    again = loop.handle_callback(loop_sandbox.sign_in(begun.url), begun.browser_secret)
    assert (again.user_id, again.app_state) == (tokens.user_id, "/results")
    assert {"read:protocols", "read:biomarkers"} <= set(again.scopes)
    assert len(loop.clinical.list_biomarkers(user_id=tokens.user_id)) == 14
    loop.revoke(user_id=tokens.user_id)
    gone = failure(lambda: loop.access_token(user_id=tokens.user_id))
    assert isinstance(gone, SignInRequired) and gone.user_id == tokens.user_id
    assert gone.authorization_url().url and tokens.user_id not in printed(error, gone, gone.__dict__)


def test_an_error_of_the_async_client_begins_it_as_a_coroutine(loop_sandbox: Sandbox) -> None:
    client = AsyncLoopClient(**loop_sandbox.options(), store="memory:")

    async def main() -> None:
        with pytest.raises(SignInRequired) as caught:
            await client.clinical.list_biomarkers(user_id="user_nobody")
        begun = await caught.value.authorization_url(prompt="login")
        assert isinstance(begun, Authorization) and "prompt=login" in begun.url

    asyncio.run(main())


def test_events_tell_of_a_refresh_on_a_thread_of_their_own(
    short_lived: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    events: SimpleQueue[tuple[Event, str]] = SimpleQueue()

    def watch(event: Event) -> None:
        name = threading.current_thread().name
        events.put((event, name))
        # It may call the client that tells it, and what it raises goes nowhere.
        loop.status(user_id=event.user_id)
        raise ValueError("canary")

    loop = LoopClient(**short_lived.options(), store="memory:", on_event=watch)
    tokens = sign_in(loop, short_lived)
    let_expire(tokens)
    assert loop.access_token(user_id=tokens.user_id) != tokens.access_token
    seen: list[Event] = []
    while "refreshed" not in [event.kind for event in seen]:
        event, thread = events.get(timeout=10)
        seen.append(event)
        assert thread != threading.main_thread().name
        assert event.user_id == tokens.user_id and event.at.tzinfo and event.code is None
    # An event for each of them has to be reported before the next is taken.
    loop.drain()
    text = printed(*seen) + caplog.text
    assert "refreshed" in text and "ValueError" in text
    assert "canary" not in text and tokens.user_id not in text
    assert all(record.levelno == logging.ERROR for record in caplog.records if record.name == "loop_sdk")


@pytest.mark.parametrize("kind", ["list", "function", "coroutine"])
def test_a_client_secret_changes_without_a_restart(loop_sandbox: Sandbox, kind: str) -> None:
    options: dict[str, Any] = {**loop_sandbox.options()}
    secrets = ["secret_not_yet_known", options["client_secret"]]

    async def later() -> list[str]:
        await asyncio.sleep(0)
        return secrets

    options["client_secret"] = {"list": secrets, "function": lambda: secrets, "coroutine": later}[kind]
    loop = LoopClient(**options, store="memory:")
    assert sign_in(loop, loop_sandbox).user_id


def test_a_secret_function_that_fails_keeps_its_text_to_itself(loop_sandbox: Sandbox) -> None:
    def refuse() -> str:
        raise ValueError("canary")

    options: dict[str, Any] = {**loop_sandbox.options(), "client_secret": refuse}
    loop = LoopClient(**options, store="memory:")
    begun = loop.authorization_url()
    url = loop_sandbox.sign_in(begun.url)
    error = failure(lambda: loop.handle_callback(url, begun.browser_secret))
    found: BaseException | None = error
    while found is not None and not isinstance(found, ValueError):
        assert isinstance(found, LoopError) or "canary" not in str(found)
        found = found.__cause__
    assert isinstance(found, ValueError) and "canary" not in str(error)


LEAVE = """
import asyncio, sys, threading, time
sys.path.insert(0, sys.argv[3])
from loop_sdk import AsyncLoopClient, LoopClient, RetryLater
user_id, kind = sys.argv[1:3]
started = time.monotonic()
if kind == "sync":
    try:
        LOOP = LoopClient()
        LOOP.access_token(user_id=user_id, timeout=0.2)
    except RetryLater as error:
        print(error.code)
else:
    LOOP = AsyncLoopClient()
    async def main():
        try:
            await asyncio.wait_for(LOOP.access_token(user_id=user_id), 0.2)
        except asyncio.TimeoutError:
            print("timeout")
    asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_end_of_the_process_waits_for_a_refresh_under_way(short_lived: Sandbox, tmp_path: Path, kind: str) -> None:
    variables = {**short_lived.variables(), "LOOP_STORE": f"sqlite:///{tmp_path / 'grants.db'}"}
    loop = LoopClient(**short_lived.options(), store=variables["LOOP_STORE"])
    tokens = sign_in(loop, short_lived)
    let_expire(tokens)
    # The tokens are rotated at once, and the answer takes its time: without the wait it would be lost.
    short_lived.token_fault("delay", ms=1500, when="after", grant_type="refresh_token")
    out = python(LEAVE, tokens.user_id, kind, str(Path(__file__).parent), variables=variables)
    assert out.strip() == "timeout"
    # What came is in the store: its access token is over by now, and its refresh token works.
    assert loop.status(user_id=tokens.user_id).connected
    assert len(loop.clinical.list_biomarkers(user_id=tokens.user_id)) == 14
    stats = short_lived.stats()
    assert (stats["replays"], stats["alerts"], stats["rotations"]) == (0, 0, stats["refreshes"])
