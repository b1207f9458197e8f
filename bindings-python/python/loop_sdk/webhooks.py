"""Webhooks: whether a delivery comes from Loop, and what it says.

    event = webhooks.verify(request.get_data(), request.headers)  # LOOP_WEBHOOK_SECRET
    if event.type == "clinical.bloodwork.uploaded.v1":
        print(event.data["bloodwork_id"])

A delivery may come more than once: `LoopClient.claim_event` helps to handle each event once, and
`loop_sdk.flask.LoopWebhooks` does all of it for Flask.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from loop_sdk import _native
from loop_sdk._arguments import Arguments, invalid
from loop_sdk._hidden import hidden, plain

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
        # Whoever signs events chooses the id: only what looks like one is printed.
        name = self.id if re.fullmatch(r"[A-Za-z0-9._-]{1,100}", self.id) else "?"
        return f"<WebhookEvent {name}: values hidden, use .data or to_dict()>"

    def to_dict(self) -> dict[str, Any]:
        """The whole event in plain types, for a queue or for JSON."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {**fields, "data": self.data.to_dict() if self.known else plain(self.data)}


def verify(
    raw_body: bytes | str,
    headers: Headers | Iterable[tuple[str | bytes, Any]],
    secret: str | Sequence[str] | None = None,
) -> WebhookEvent:
    """Checks a delivery, and reads it.

    Args:
        raw_body: The body as it came, before anything parsed it.
        headers: All headers of the request: a mapping, or pairs as ASGI has them.
        secret: The signing secret, or both while it is being changed; `LOOP_WEBHOOK_SECRET` where it is left out.

    Raises:
        InvalidCall: With the code `webhook_signature` (answer 401) or `webhook_malformed` (answer 400).
    """
    delivery = Arguments(raw_body=_bytes(raw_body), headers=_headers(headers), secret=_secrets(secret))
    # A traceback that shows local variables must show neither the secret nor what came.
    del raw_body, headers, secret
    for name, text in _WRONG.items():
        if delivery[name] is None:
            raise invalid(name, text)
    return _event(_native._verify_webhook(delivery["raw_body"], delivery["headers"], delivery["secret"]))


def _event(text: str) -> WebhookEvent:
    fields: dict[str, Any] = json.loads(text)
    known = fields.pop("known")
    data = fields.pop("data")
    data = hidden(data) if known is None else _native._restore(known, json.dumps(data))
    return WebhookEvent(**fields, data=data, known=known is not None)


# These return None for what they can't read: an error is made where no variable holds it.


def _bytes(raw_body: Any) -> bytes | None:
    if isinstance(raw_body, str):
        return raw_body.encode(errors="surrogatepass")
    return bytes(raw_body) if isinstance(raw_body, (bytes, bytearray, memoryview)) else None


def _headers(headers: Any) -> str | None:
    # The headers of Werkzeug and Starlette give a name that came twice once for each value.
    found: dict[str, list[str]] = {}
    try:
        for name, value in headers.items() if hasattr(headers, "items") else headers:
            values = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
            found.setdefault(_text(name), []).extend(map(_text, values))
        return json.dumps(found)
    except Exception:
        return None


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _secrets(secret: Any) -> str | None:
    if secret is None or isinstance(secret, str):
        return json.dumps(secret)
    is_several = isinstance(secret, Iterable) and not isinstance(secret, (bytes, bytearray))
    several = list(secret) if is_several else [None]
    return json.dumps(several) if all(isinstance(one, str) for one in several) else None


_WRONG = {
    "raw_body": "`raw_body` must be the body as it came, in bytes: take it before anything parses it as JSON.",
    "headers": "`headers` must be all headers of the request: a mapping of names to values, or pairs of both.",
    "secret": "`secret` must be a text, or several in a list.",
}
