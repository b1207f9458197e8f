"""Pages of a service that leads in circles, answers that can't be read, and arguments that None or NaN stands in."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from conftest import failure

from loop_sdk import UNSET, AsyncLoopClient, LoopClient, M2MClient, Tokens
from loop_sdk.testing import Sandbox, sandbox

Answer = Callable[[str | None], tuple[int, str]]


@contextmanager
def service(answer: Answer) -> Iterator[dict[str, Any]]:
    """The options of a client whose every call is answered with what `answer` returns for its cursor."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            status, body = answer(parse_qs(urlsplit(self.path).query).get("cursor", [None])[0])
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.send_header("x-request-id", "req_9")
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        port = server.server_address[1]
        yield {"client_id": "c", "environment": f"http://127.0.0.1:{port}/{{service}}", "store": "memory:"}
    finally:
        server.shutdown()
        server.server_close()


GRANT: dict[str, Any] = {"user_id": "u", "refresh_token": "r", "access_token": "a"}


def circle(cursor: str | None) -> tuple[int, str]:
    following = {None: "a", "a": "b", "b": "a"}[cursor]
    item = {"id": f"after {cursor}", "kind": "k", "title": "t", "created_at": "2026-01-01T00:00:00Z", "metadata": {}}
    return 200, json.dumps({"data": [item], "next_cursor": following})


def test_a_list_that_leads_in_circles_ends() -> None:
    with service(circle) as options:
        loop = LoopClient(**options)
        loop.import_grant(**GRANT, expires_at=time.time() + 3600)
        assert [item.id for item in loop.comms.iter_notifications(user_id="u")] == ["after None", "after a", "after b"]
        # Who goes on by hand meets the end where a page leads to itself.
        assert loop.comms.list_notifications(user_id="u", cursor="a").next_cursor == "b"

        async def run() -> list[str]:
            loop = AsyncLoopClient(**options)
            await loop.import_grant(**GRANT, expires_at=time.time() + 3600)
            return [item.id async for item in loop.comms.iter_notifications(user_id="u")]

        assert asyncio.run(run()) == ["after None", "after a", "after b"]
    with service(lambda cursor: (200, '{"data": [], "next_cursor": "same"}')) as options:
        loop = LoopClient(**options)
        loop.import_grant(**GRANT, expires_at=time.time() + 3600)
        assert loop.comms.list_notifications(user_id="u", cursor="same").next_cursor is None
        assert list(loop.comms.iter_notifications(user_id="u")) == []


def test_a_page_says_how_many_records_all_pages_have() -> None:
    with sandbox(scopes=["read:biomarkers", "read:lab_catalog"]) as world:
        loop = LoopClient(**world.options(), store="memory:")
        begun = loop.authorization_url()
        user_id = loop.handle_callback(world.sign_in(begun.url), begun.browser_secret).user_id
        markers = loop.clinical.list_lab_markers(user_id=user_id, limit=2)
        assert markers.total is not None and markers.total > len(markers) == 2
        assert markers.to_dict()["total"] == markers.total
        assert pickle.loads(pickle.dumps(markers)).total == markers.total
        assert loop.clinical.list_biomarkers(user_id=user_id).total is None


def test_an_answer_that_cannot_be_read_says_whose_it_is_and_that_the_write_was_done() -> None:
    with service(lambda cursor: (201, "{")) as options:
        loop = LoopClient(**options)
        loop.import_grant(**GRANT, expires_at=time.time() + 3600)
        error = failure(
            lambda: loop.clinical.evaluate_red_flags(user_id="u", patient_id="p", brand_id="b", idempotency_key="key-1")
        )
    assert (error.code, error.status, error.request_id) == ("answer_invalid", 201, "req_9")
    assert (error.detail, error.user_id) == ("key-1", "u")
    assert str(error).startswith("The write was done.")


def test_none_takes_away_what_may_be_taken_away_and_unset_leaves_it(loop_sandbox: Sandbox) -> None:
    machine = M2MClient(**loop_sandbox.machine_options())
    made = machine.identity.create_oauth_client(
        client_name="A",
        redirect_uris=["https://a.example/cb"],
        allowed_scopes=["profile"],
        client_uri="https://a.example",
        logo_uri="https://a.example/logo.png",
    )
    client_id = made.client.client_id
    changed = machine.identity.update_oauth_client(client_id, client_uri=None, client_name=None, logo_uri=UNSET)
    assert (changed.client_uri, changed.logo_uri) == (None, "https://a.example/logo.png")
    assert changed.client_name == "A", "None elsewhere is nothing given"
    again = machine.identity.update_oauth_client(client_id, client_uri="https://b.example", logo_uri=None)
    assert (again.client_uri, again.logo_uri) == ("https://b.example", None)


def test_what_json_lacks_and_what_is_no_object_is_named(loop: LoopClient, tokens: Tokens) -> None:
    given: dict[str, Any] = {"user_id": tokens.user_id, "patient_id": tokens.user_id, "brand_id": "loop"}
    biomarkers: Any = [{"code": "c", "name": "n", "value": float("nan"), "unit": "u", "collected_at": "2026-01-01"}]
    error = failure(lambda: loop.clinical.parse_biomarkers(**given, source="s", biomarkers=biomarkers))
    assert error.detail == "biomarkers" and "NaN" in str(error)
    biomarkers[0]["value"] = None
    error = failure(lambda: loop.clinical.parse_biomarkers(**given, source="s", biomarkers=biomarkers))
    assert error.detail == "biomarkers[0].value" and "a number, and not null" in str(error)
    wrong = cast(Any, "x")
    error = failure(lambda: loop.clinical.parse_vendor_results(**given, vendor="quest", raw_payload=wrong))
    assert (error.detail, str(error)) == ("raw_payload", "`raw_payload` must be a JSON object.")
