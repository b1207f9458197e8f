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
from conftest import Connect, failure, import_due
from stores import Async, Mixed, in_memory
from test_printing import printed
from token_endpoint import endpoints, token_endpoint

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
from loop_sdk.testing import Sandbox


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


@pytest.fixture(params=["own", "memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A store that can list: an application's, and those of the SDK."""
    if request.param == "own":
        return Async(in_memory(tmp_path))
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'grants.db'}"


def test_grants_are_listed_page_by_page(loop_sandbox: Sandbox, store: Any) -> None:
    loop = LoopClient(**loop_sandbox.options(), store=store)
    for number in range(5):
        loop.import_grant(user_id=f"user_{number}", refresh_token=f"canary_{number}")
    page = loop.grants(limit=2)
    assert len(page.items) == 2
    assert sorted(status.user_id for status in page) == [f"user_{number}" for number in range(5)]
    assert len(list(loop.grants(cursor=page.next_cursor))) == 3
    unprintable(page)


def test_the_async_client_lists_grants_page_by_page(loop_sandbox: Sandbox, store: Any) -> None:
    client = AsyncLoopClient(**loop_sandbox.options(), store=store)

    async def main() -> None:
        for number in range(5):
            await client.import_grant(user_id=f"user_{number}", refresh_token=f"canary_{number}")
        page = await client.grants(limit=2)
        assert len(page.items) == 2
        assert sorted([status.user_id async for status in page]) == [f"user_{number}" for number in range(5)]
        assert len([status async for status in await client.grants(cursor=page.next_cursor)]) == 3
        unprintable(page)

    asyncio.run(main())


def unprintable(page: Any) -> None:
    text = printed(page, page.items)
    assert "user_" not in text.replace("use .user_id", "") and "canary" not in text


def test_a_store_that_cannot_list_says_so(loop_sandbox: Sandbox, tmp_path: Path) -> None:
    loop = LoopClient(**loop_sandbox.options(), store=Mixed(in_memory(tmp_path)))
    error = failure(lambda: loop.grants())
    assert "list" in error.message


def test_keep_alive_counts_and_drain_settles(loop_sandbox: Sandbox, store: Any) -> None:
    loop = LoopClient(**loop_sandbox.options(), store=store)
    sign_in(loop, loop_sandbox)
    kept = loop.keep_alive()
    assert (kept.looked_at, kept.refreshed, kept.ended, kept.unknown, kept.left) == (1, 0, 0, 0, 0)
    assert loop.drain(timeout=20) is True and loop.drain() is True
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


class Records(logging.Handler):
    """Passes what is logged to the test, whatever thread it comes from."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: SimpleQueue[logging.LogRecord] = SimpleQueue()

    def emit(self, record: logging.LogRecord) -> None:
        self.queue.put(record)


@pytest.fixture
def logged() -> Iterator[SimpleQueue[logging.LogRecord]]:
    handler, logger = Records(), logging.getLogger("loop_sdk")
    logger.addHandler(handler)
    yield handler.queue
    logger.removeHandler(handler)


def test_events_tell_of_a_refresh_on_a_thread_of_their_own(
    loop_sandbox: Sandbox, logged: SimpleQueue[logging.LogRecord]
) -> None:
    events: SimpleQueue[tuple[Event, str]] = SimpleQueue()

    def watch(event: Event) -> None:
        name = threading.current_thread().name
        events.put((event, name))
        # It may call the client that tells it, and what it raises goes nowhere.
        loop.status(user_id=event.user_id)
        raise ValueError("canary")

    loop = LoopClient(**loop_sandbox.options(), store="memory:", on_event=watch)
    user_id = import_due(loop, loop_sandbox)
    assert loop.access_token(user_id=user_id)
    seen: list[Event] = []
    while "refreshed" not in [event.kind for event in seen]:
        event, thread = events.get(timeout=60)
        seen.append(event)
        assert thread != threading.main_thread().name
        assert event.user_id == user_id and event.at.tzinfo and event.code is None
    # What the callback raises is logged after it put the event into the queue.
    record = logged.get(timeout=60)
    text = printed(*seen) + logging.Formatter().format(record)
    assert "refreshed" in text and "ValueError" in text and record.levelno == logging.ERROR
    assert "canary" not in text and user_id not in text


def test_events_that_do_not_fit_are_dropped_with_one_line_in_the_log(logged: SimpleQueue[logging.LogRecord]) -> None:
    go_on, seen = threading.Event(), SimpleQueue[Event]()

    def slow(event: Event) -> None:
        seen.put(event)
        go_on.wait(60)

    def fill() -> None:
        # Each call refreshes, which makes two events at the least.
        for _ in range(540):
            assert loop.access_token(user_id="u") == "new"

    with token_endpoint(expires_in=0) as (address, server):
        server.release.set()
        options: dict[str, Any] = {"environment": endpoints(address), "store": "memory:", "identify": False}
        loop = LoopClient("client_1", **options, token_requests_per_minute=1_000_000, on_event=slow)
        loop.import_grant(user_id="u", refresh_token="old")
        assert loop.access_token(user_id="u") == "new"
        assert seen.get(timeout=60).kind == "refreshed"
        # One event holds the callback up, and a whole backlog of them waits.
        fill()
        record = logged.get(timeout=60)
        assert (record.levelno, record.getMessage()) == (
            logging.WARNING,
            "on_event is slower than events come: some are dropped until it catches up",
        )
        # It catches up; then it falls behind once more.
        go_on.set()
        for _ in range(1024):
            seen.get(timeout=60)
        for _ in range(20):
            assert loop.access_token(user_id="u") == "new"
            assert seen.get(timeout=60).kind
        assert logged.empty()
        go_on.clear()
        fill()
        assert logged.get(timeout=60).levelno == logging.WARNING
        assert logged.empty()
        go_on.set()


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
