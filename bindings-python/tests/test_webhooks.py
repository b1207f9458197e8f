"""Webhooks: the verdicts that all languages share, and the Flask address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

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


def delivery(event_id: str) -> bytes:
    event = {"id": event_id, "type": "a.b.c.v1", "user_id": "u", "occurred_at": "2026-05-22T12:34:56Z", "data": {}}
    return json.dumps(event).encode()


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
