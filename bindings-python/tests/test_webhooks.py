"""Webhooks: the verdicts that all languages share, and the Flask address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from loop_sdk import LoopClient, LoopError, event_names, webhooks
from loop_sdk.errors import InvalidCall
from loop_sdk.flask import LoopWebhooks

CASES = json.loads((Path(__file__).parents[2] / "conformance" / "webhooks.json").read_text())["cases"]
SECRET = "whsec_conformance_first"


def test_every_event_that_is_known_has_a_constant_named_after_it() -> None:
    constants = {name: value for name, value in vars(event_names).items() if name.isupper()}
    known = {case["event"]["type"] for case in CASES if "event" in case and case["event"]["known"]}
    assert set(constants.values()) == known
    assert all(name == value.replace(".", "_").upper() for name, value in constants.items())


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_every_delivery_gets_the_verdict_that_all_languages_give(case: dict[str, Any]) -> None:
    body = base64.b64decode(case["body_base64"]) if "body_base64" in case else case["body"].encode()
    if case["verdict"] != "ok":
        with pytest.raises(LoopError) as caught:
            webhooks.verify(body, case["headers"], case["secrets"])
        assert caught.value.code == case["verdict"]
        return
    event = webhooks.verify(body, case["headers"], case["secrets"])
    expected = case["event"]
    assert (event.id, event.type, event.user_id) == (expected["id"], expected["type"], expected["user_id"])
    assert event.occurred_at == expected["occurred_at"]
    assert event.known is (expected["known"] is not None)
    if event.known:
        assert type(event.data).__name__ == expected["known"]
    if "attempt" in expected:
        assert event.attempt == expected["attempt"]
    header = next(value for name, value in case["headers"].items() if name.lower() == "x-loop-signature")
    assert header.lower() == signed(body, case["signed_with"])
    assert "user_01HXYADA" not in f"{event!r} {event}"


def test_a_body_that_was_parsed_before_is_named_as_what_is_wrong() -> None:
    with pytest.raises(InvalidCall) as caught:
        webhooks.verify({"id": "evt"}, {}, SECRET)  # type: ignore[arg-type]
    assert caught.value.detail == "raw_body"


@pytest.mark.parametrize(
    ("headers", "secret", "detail"),
    [
        (None, SECRET, "headers"),
        (5, SECRET, "headers"),
        ("x-loop-signature", SECRET, "headers"),
        ([("x-loop-signature",)], SECRET, "headers"),
        ({}, 5, "secret"),
        ({}, SECRET.encode(), "secret"),
        ({}, [SECRET, 5], "secret"),
        ({}, [None], "secret"),
    ],
)
def test_a_wrong_argument_is_named(headers: Any, secret: Any, detail: str) -> None:
    with pytest.raises(InvalidCall) as caught:
        webhooks.verify(b"{}", headers, secret)
    assert (caught.value.code, caught.value.detail) == ("invalid_option", detail)


def test_headers_are_taken_as_each_framework_has_them() -> None:
    body = delivery("evt_1")
    given: list[Any] = [
        {"X-Loop-Signature": signed(body)},
        {"x-loop-signature": [signed(body)], "content-length": 5, "x-none": None},
        [("X-Loop-Signature", signed(body))],
        [(b"x-loop-signature", signed(body).encode())],
        {b"x-loop-signature": signed(body).encode()},
    ]
    for headers in given:
        assert webhooks.verify(body, headers, SECRET).id == "evt_1"
    for headers in ({"x-loop-signature": None}, [(b"x-loop-signature", b"0" * 64)] * 2):
        with pytest.raises(InvalidCall) as caught:
            webhooks.verify(body, headers, SECRET)
        assert caught.value.code == "webhook_signature"


def verified(**fields: Any) -> webhooks.WebhookEvent:
    body = delivery("evt_1", **fields)
    return webhooks.verify(body, {"x-loop-signature": signed(body)}, SECRET)


def test_an_event_prints_neither_its_data_nor_an_id_that_is_none() -> None:
    event = verified(data={"canary": ["canary"]}, user_id="canary")
    assert "canary" not in f"{event!r} {event} {event.data} {event.data!r} {event.data['canary']}"
    assert repr(event).startswith("<WebhookEvent evt_1:")
    for name in ("evt\nERROR forged", "x" * 5000, "a b"):
        assert repr(replace(event, id=name)).startswith("<WebhookEvent ?:")


def test_an_event_has_a_plain_form() -> None:
    event = verified(data={"a": [1]}, client_id="c")
    plain = {"id": "evt_1", "type": "a.b.c.v1", "user_id": "u", "client_id": "c", "attempt": None, "known": False}
    assert event.to_dict() == {**plain, "occurred_at": "2026-05-22T12:34:56Z", "data": {"a": [1]}}
    assert repr(event.to_dict()["data"]) == "{'a': [1]}"
    case = next(case for case in CASES if case["verdict"] == "ok" and case["event"]["known"])
    known = webhooks.verify(case["body"].encode(), case["headers"], case["secrets"])
    assert known.to_dict()["data"] == known.data.to_dict()
    assert json.loads(json.dumps(known.to_dict())) == known.to_dict()


def delivery(event_id: str, **more: Any) -> bytes:
    event = {"id": event_id, "type": "a.b.c.v1", "user_id": "u", "occurred_at": "2026-05-22T12:34:56Z", "data": {}}
    return json.dumps({**event, **more}).encode()


def test_flask_handles_an_event_once_a_failed_one_again_and_a_forged_one_never() -> None:
    loop = LoopClient("client_webhooks", environment="http://127.0.0.1:9/{service}", store="memory:")
    app = Flask(__name__)
    hooks = LoopWebhooks(app, loop, secret=["whsec_new", SECRET])
    handled: list[str] = []
    fails = True

    @hooks.handler
    def handle(event: webhooks.WebhookEvent) -> None:
        if event.id == "evt_fails" and fails:
            raise RuntimeError("not now")
        handled.append(event.id)

    browser = app.test_client()

    def send(body: bytes, signature: str | None = None) -> int:
        headers = {"X-Loop-Signature": signature or signed(body), "Content-Type": "application/json"}
        return browser.post("/webhooks/loop", data=body, headers=headers).status_code

    assert send(delivery("evt_1")) == 200
    assert send(delivery("evt_1")) == 200
    assert send(delivery("evt_fails")) == 500
    fails = False
    assert send(delivery("evt_fails")) == 200
    assert handled == ["evt_1", "evt_fails"]
    assert send(delivery("evt_2"), "0" * 64) == 401
    assert send(b"no json") == 400
    assert send(b"x" * (2 * 1024 * 1024)) == 413
    assert loop.claim_event("evt_3") == "new"
    assert send(delivery("evt_3")) == 503
    loop.abandon_event("evt_3")
    assert send(delivery("evt_3")) == 200
    assert handled == ["evt_1", "evt_fails", "evt_3"]


def receiving(handle: Callable[[webhooks.WebhookEvent], object], **config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update(config)
    loop = LoopClient("client_webhooks", environment="http://127.0.0.1:9/{service}", store="memory:")
    LoopWebhooks(app, loop, secret=SECRET).handler(handle)
    return app


def post(app: Flask, body: bytes, path: str = "/webhooks/loop", kind: str = "application/json") -> int:
    headers = {"X-Loop-Signature": signed(body), "Content-Type": kind}
    return app.test_client().post(path, data=body, headers=headers).status_code


class Handler:
    def __init__(self) -> None:
        self.handled: list[str] = []

    async def __call__(self, event: webhooks.WebhookEvent) -> None:
        if event.id == "evt_fails":
            raise RuntimeError("not now")
        self.handled.append(event.id)


@pytest.mark.parametrize("kind", ["async def", "awaitable"])
def test_flask_awaits_an_async_handler(kind: str) -> None:
    handler = Handler()

    async def handle(event: webhooks.WebhookEvent) -> None:
        await handler(event)

    app = receiving(handle if kind == "async def" else handler)
    assert [post(app, delivery("evt_1")), post(app, delivery("evt_1"))] == [200, 200]
    assert handler.handled == ["evt_1"]
    # One that failed comes again.
    assert [post(app, delivery("evt_fails")), post(app, delivery("evt_fails"))] == [500, 500]


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (lambda: request.form, FORM),
        (lambda: request.stream.read(), FORM),
        (lambda: request.stream.read(5), "application/json"),
        (lambda: request.get_data(cache=False), "application/json"),
    ],
)
def test_flask_says_that_something_has_read_the_body_before(read: Callable[[], Any], kind: str) -> None:
    app = receiving(lambda event: None)
    app.testing = True
    first: list[Callable[[], Any]] = [read]

    @app.before_request
    def before() -> None:
        for step in first:
            step()

    with pytest.raises(InvalidCall) as caught:
        post(app, delivery("evt_1"), kind=kind)
    assert caught.value.detail == "body" and "read the webhook's body before" in str(caught.value)
    # Reading it in a way that keeps it is fine.
    first[:] = [lambda: request.get_data(), lambda: request.form]
    assert post(app, delivery("evt_1"), kind=kind) == 200


def test_flask_refuses_an_empty_body_as_unsigned() -> None:
    app = receiving(lambda event: None)
    assert app.test_client().post("/webhooks/loop").status_code == 401
    assert app.test_client().post("/webhooks/loop", headers={"Transfer-Encoding": "chunked"}).status_code == 401


def test_flask_respects_a_smaller_limit_of_the_app() -> None:
    assert post(receiving(lambda event: None, MAX_CONTENT_LENGTH=10), delivery("evt_1")) == 413
    larger = receiving(lambda event: None, MAX_CONTENT_LENGTH=10 * 1024 * 1024)
    assert post(larger, delivery("evt_1", data={"text": "x" * 1024 * 1024})) == 413
    assert post(larger, delivery("evt_1", data={"text": "x" * 1000})) == 200


def test_one_flask_app_may_have_several_addresses() -> None:
    handled: list[str] = []
    app = receiving(lambda event: handled.append(f"first {event.id}"))
    other = LoopClient("client_other", environment="http://127.0.0.1:9/{service}", store="memory:")
    LoopWebhooks(app, other, "/webhooks/other", secret=SECRET).handler(lambda event: handled.append(event.id))
    assert [post(app, delivery("evt_1")), post(app, delivery("evt_1"), "/webhooks/other")] == [200, 200]
    assert handled == ["first evt_1", "evt_1"]
