"""The header `traceparent`: calls go on in the trace of the request that is served, in no other, in none after it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import pytest
from conftest import all_at_once, failure
from flask import Flask, Response, copy_current_request_context, request, stream_with_context
from werkzeug.serving import make_server

from loop_sdk import AsyncLoopClient, AsyncM2MClient, LoopClient, M2MClient
from loop_sdk.flask import LoopAuth, LoopWebhooks
from loop_sdk.testing import Sandbox, sandbox

ONE, TWO, OWN = (f"00-{digit * 32}-{digit * 16}-01" for digit in "123")
SCOPES = ["openid", "profile", "read:lab_catalog"]
#: How many calls `World.calls` makes.
CALLS = 4


class World(NamedTuple):
    box: Sandbox
    loop: LoopClient
    machine: M2MClient
    user_id: str

    def calls(self, limit: int = 1, traceparent: str | None = None) -> None:
        """One call of each kind; the journal shows the limit of a person's calls, and so whose they are."""
        self.loop.user(self.user_id, traceparent=traceparent).clinical.list_lab_markers(limit=limit)
        path, query = "/v1/lab-catalog/markers", {"limit": limit}
        self.loop.request(user_id=self.user_id, service="clinical", path=path, query=query)
        self.machine.identity.list_oauth_clients()
        self.machine.request(service="identity", path="/v1/admin/oauth-clients")

    def marked(self) -> list[tuple[str | None, str | None]]:
        """The limits and traces of the calls since this was asked last; nothing else carries a trace."""
        entries = self.box.journal()
        self.box.clear_journal()
        calls = [entry for entry in entries if entry.get("authorization") == "Bearer"]
        assert all(entry in calls or "traceparent" not in entry for entry in entries)
        return [(entry["query"].get("limit"), entry.get("traceparent")) for entry in calls]

    def traces(self) -> list[str | None]:
        return [trace for _, trace in self.marked()]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with sandbox(scopes=SCOPES) as box:
        loop = LoopClient(**box.options(), store="memory:")
        machine = M2MClient(**box.machine_options())
        begun = loop.authorization_url()
        user_id = loop.handle_callback(box.sign_in(begun.url), begun.browser_secret).user_id
        yield World(box, loop, machine, user_id)


@pytest.fixture
def app(world: World) -> Flask:
    app = Flask(__name__)
    app.secret_key = "k"
    LoopAuth(app, world.loop)

    @app.get("/calls")
    def calls() -> str:
        world.calls(traceparent=request.args.get("own"))
        return ""

    world.marked()
    return app


def test_two_requests_at_once_keep_their_traces_apart_and_the_next_one_has_none_of_them(
    app: Flask, world: World
) -> None:
    both_are_there = threading.Barrier(2)

    @app.get("/together/<int:mark>")
    def together(mark: int) -> str:
        both_are_there.wait(30)
        world.calls(mark)
        return ""

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def get(path: str, **headers: str) -> int:
        with urlopen(Request(f"http://127.0.0.1:{server.port}{path}", headers=headers), timeout=60) as answer:
            status: int = answer.status
            return status

    try:
        for _ in range(3):
            all_at_once([lambda: get("/together/11", traceparent=ONE), lambda: get("/together/12", traceparent=TWO)])
            found = world.marked()
            assert [trace for limit, trace in found if limit == "11"] == [ONE] * 2
            assert [trace for limit, trace in found if limit == "12"] == [TWO] * 2
            # The machine's calls have no mark.
            assert sorted(str(trace) for _, trace in found) == [ONE] * CALLS + [TWO] * CALLS
        get("/calls")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    world.calls()
    assert world.traces() == [None] * (2 * CALLS)


def test_one_thread_that_serves_requests_in_turn_keeps_no_trace(app: Flask, world: World) -> None:
    browser = app.test_client()
    browser.get("/calls", headers={"traceparent": ONE})
    browser.get("/calls")
    world.calls()
    assert world.traces() == [ONE] * CALLS + [None] * (2 * CALLS)


def test_a_trace_of_the_apps_own_wins_and_a_header_that_is_none_is_dropped(app: Flask, world: World) -> None:
    browser = app.test_client()
    browser.get(f"/calls?own={OWN}", headers={"traceparent": ONE})
    assert world.traces() == [OWN, ONE, ONE, ONE]
    zero = f"00-{'0' * 32}-{'1' * 16}-01"
    for wrong in (ONE.replace("11", "AA"), zero, f"ff{ONE[2:]}", "", f"{ONE}-x", f"{ONE},{TWO}", "\xe9" * 55):
        assert browser.get("/calls", headers={"traceparent": wrong}).status_code == 200
        assert world.traces() == [None] * CALLS, wrong
    browser.get("/calls", headers=[("traceparent", ONE), ("traceparent", TWO)])
    assert world.traces() == [None] * CALLS
    later = f"01{ONE[2:]}-more"
    browser.get("/calls", headers={"traceparent": later})
    assert world.traces() == [later] * CALLS


def test_the_trace_goes_where_flask_takes_its_request(app: Flask, world: World) -> None:
    @app.get("/thread")
    def in_a_thread() -> str:
        thread = threading.Thread(target=copy_current_request_context(world.calls))
        thread.start()
        thread.join()
        return ""

    @app.get("/stream")
    def stream() -> Response:
        def parts() -> Iterator[str]:
            world.calls()
            yield "x"

        return Response(stream_with_context(parts()))

    @app.get("/coroutine")
    def coroutine() -> str:
        async def run() -> None:
            machine = AsyncM2MClient(**world.box.machine_options())
            await asyncio.gather(*(machine.identity.list_oauth_clients() for _ in range(2)))
            # The trace may stand beside a call that sends nothing.
            loop = AsyncLoopClient(**world.box.options(), store="memory:")
            assert not (await loop.status(user_id="u")).connected

        asyncio.run(run())
        return ""

    browser = app.test_client()
    for path, number in (("/thread", CALLS), ("/stream", CALLS), ("/coroutine", 2)):
        assert browser.get(path, headers={"traceparent": ONE}).status_code == 200
        assert world.traces() == [ONE] * number, path


def test_a_page_that_is_asked_for_later_belongs_to_the_request_that_asks(app: Flask, world: World) -> None:
    pages: list[Any] = []

    @app.get("/begin")
    def begin() -> str:
        pages.append(world.loop.clinical.iter_lab_markers(user_id=world.user_id, limit=2))
        for _ in range(2):
            next(pages[0])
        return ""

    @app.get("/goes-on")
    def goes_on() -> str:
        next(pages[0])
        return ""

    browser = app.test_client()
    for path, trace in (("/begin", ONE), ("/goes-on", TWO)):
        assert browser.get(path, headers={"traceparent": trace}).status_code == 200
    next(pages[0])
    next(pages[0])
    assert world.traces() == [ONE, TWO, None]


def test_the_handler_of_a_webhook_calls_in_the_trace_of_the_delivery_and_an_app_without_the_glue_in_none(
    world: World,
) -> None:
    app = Flask(__name__)
    hooks = LoopWebhooks(app, world.loop, secret="whsec_trace")
    hooks.handler(lambda event: world.calls())
    event = {"id": "evt_trace", "type": "a.b.c.v1", "occurred_at": "2026-05-22T12:34:56Z", "data": {}}
    body = json.dumps(event).encode()
    signature = hmac.new(b"whsec_trace", body, hashlib.sha256).hexdigest()
    headers = {"X-Loop-Signature": signature, "traceparent": TWO}
    world.marked()
    assert app.test_client().post("/webhooks/loop", data=body, headers=headers).status_code == 200
    assert world.traces() == [TWO] * CALLS
    with Flask("another").test_request_context(headers={"traceparent": ONE}):
        world.calls()
    assert world.traces() == [None] * CALLS


def test_a_machine_in_a_trace_has_the_same_token_and_says_which_trace_is_none(world: World) -> None:
    traced = world.machine.in_trace(OWN)
    assert repr(traced) == "<M2MClient>"
    assert traced.access_token() == world.machine.access_token()
    world.marked()
    traced.identity.list_oauth_clients()
    traced.request(service="identity", path="/v1/admin/oauth-clients")
    world.machine.identity.list_oauth_clients()
    assert world.traces() == [OWN, OWN, None]
    for wrong in ("00-canary", "", 17):
        error = failure(lambda wrong=wrong: world.machine.in_trace(wrong).identity.list_oauth_clients())  # type: ignore[misc]
        assert (error.code, error.detail) == ("invalid_option", "traceparent") and "canary" not in error.message


def test_a_machine_of_asyncio_in_a_trace(world: World) -> None:
    async def run() -> None:
        machine = AsyncM2MClient(**world.box.machine_options())
        traced = machine.in_trace(OWN)
        assert repr(traced) == "<AsyncM2MClient>"
        assert await traced.access_token() == await machine.access_token()
        await traced.identity.list_oauth_clients()
        await traced.request(service="identity", path="/v1/admin/oauth-clients")
        await machine.identity.list_oauth_clients()

    world.marked()
    asyncio.run(run())
    assert world.traces() == [OWN, OWN, None]
