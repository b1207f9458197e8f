"""Webhooks: whether a delivery comes from Loop, and what it says.

    event = webhooks.verify(request.get_data(), request.headers)  # LOOP_WEBHOOK_SECRET
    if event.type == "clinical.bloodwork.uploaded.v1":
        print(event.data["bloodwork_id"])

A delivery may come more than once: `LoopClient.claim_event` helps to handle each event once, and
`loop_sdk.flask.LoopWebhooks` does all of it for Flask.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from loop_sdk import _native
from loop_sdk._arguments import invalid

__all__ = ["WebhookEvent", "verify"]


class Headers(Protocol):
    """A request's headers, as any web framework has them."""

    def items(self) -> Iterable[tuple[str, Any]]:
        """Returns names and values; a name that came twice may come twice, or have a list."""


@dataclass(frozen=True, slots=True, repr=False)
class WebhookEvent:
    """An event that Loop delivered. It prints without what it is about."""

    #: Identifies the event: the key to handle it once.
    id: str
    #: Its type with its version, for instance `clinical.biomarker.parsed.v1`.
    type: str
    #: The person it is about; None where it is about nobody.
    user_id: str | None
    #: The app that it was sent to.
    client_id: str | None
    #: When it happened (RFC 3339).
    occurred_at: str
    #: Which attempt this is, from 1; None where the header is not there.
    attempt: int | None
    #: What it says: one of the event records of `loop_sdk.records` where `known`, else what the JSON holds.
    data: Any
    #: Whether the SDK knows the type, and the data is as the platform describes it.
    known: bool

    def __repr__(self) -> str:
        return f"<WebhookEvent {self.id}: values hidden, use .data>"


def verify(raw_body: bytes | str, headers: Headers, secret: str | Sequence[str] | None = None) -> WebhookEvent:
    """Checks a delivery, and reads it.

    Args:
        raw_body: The body as it came, before anything parsed it.
        headers: All headers of the request.
        secret: The signing secret, or both while it is being changed; `LOOP_WEBHOOK_SECRET` where it is left out.

    Raises:
        InvalidCall: With the code `webhook_signature` (answer 401) or `webhook_malformed` (answer 400).
    """
    if isinstance(raw_body, str):
        raw_body = raw_body.encode()
    elif not isinstance(raw_body, (bytes, bytearray, memoryview)):
        text = "`raw_body` must be the body as it came, in bytes: take it before anything parses it as JSON."
        raise invalid("raw_body", text)
    secrets = json.dumps(secret if secret is None or isinstance(secret, str) else list(secret))
    del secret
    fields: dict[str, Any] = json.loads(_native._verify_webhook(bytes(raw_body), _headers(headers), secrets))
    known = fields.pop("known")
    data = fields.pop("data")
    if known is not None:
        data = _native._restore(known, json.dumps(data))
    return WebhookEvent(**fields, data=data, known=known is not None)


def _headers(headers: Headers) -> str:
    # The headers of Werkzeug and Starlette give a name that came twice once for each value.
    found: dict[str, list[str]] = {}
    for name, value in headers.items():
        found.setdefault(str(name), []).extend([value] if isinstance(value, str) else map(str, value))
    return json.dumps(found)
