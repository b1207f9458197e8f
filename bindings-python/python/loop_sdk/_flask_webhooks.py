"""Webhooks for Flask: takes the raw body itself, checks it, and sees to it that each event is handled once."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue

from loop_sdk import webhooks
from loop_sdk._flask_request import follow_traces
from loop_sdk._hidden import Hidden
from loop_sdk.client import LoopClient
from loop_sdk.errors import InvalidCall
from loop_sdk.webhooks import WebhookEvent

#: A delivery is small: what is larger is none.
_LARGEST = 1024 * 1024

_STATUS = {"webhook_signature": 401, "webhook_malformed": 400}


class LoopWebhooks:
    """Adds the address that Loop delivers webhooks to.

    webhooks = LoopWebhooks(app, loop)

    @webhooks.handler
    def handle(event):
        queue.add(event)

    An event that the handler raised for comes again; one that it handled does not, however often it is delivered. The
    handler may be async, as Flask's views (`flask[async]`).

    Args:
        app: The app.
        loop: The client whose store remembers which events were handled.
        path: The address, as the developer portal has it.
        secret: The signing secret, or both while it is being changed; `LOOP_WEBHOOK_SECRET` where it is left out.
    """

    def __init__(
        self, app: Flask, loop: LoopClient, path: str = "/webhooks/loop", *, secret: str | Sequence[str] | None = None
    ) -> None:
        self._loop = loop
        self._hidden = Hidden(secret=secret)
        self._handle: Callable[[WebhookEvent], object] | None = None
        follow_traces(app)
        app.add_url_rule(path, f"loop_webhooks {path}", self._deliver, methods=["POST"])

    def __repr__(self) -> str:
        return "<LoopWebhooks>"

    def handler(self, handle: Callable[[WebhookEvent], object]) -> Callable[[WebhookEvent], object]:
        """Sets what handles an event that nobody has handled yet; for use as a decorator."""
        self._handle = handle
        return handle

    def _deliver(self) -> ResponseReturnValue:
        if self._handle is None:
            raise InvalidCall("LoopWebhooks has no handler yet.", code="missing_option", detail="handler")
        limit = request.max_content_length
        request.max_content_length = _LARGEST if limit is None else min(limit, _LARGEST)
        if not _is_whole():
            text = "Something has read the webhook's body before: keep it with request.get_data(), or leave it alone."
            raise InvalidCall(text, code="invalid_option", detail="body")
        try:
            event = webhooks.verify(request.get_data(), request.headers, self._hidden["secret"])
        except InvalidCall as error:
            if error.code not in _STATUS:
                raise
            return {"error": error.code}, _STATUS[error.code]
        claim = self._loop.claim_event(event.id)
        if claim == "under_way":
            return {"error": "under_way"}, 503, {"Retry-After": "5"}
        if claim == "new":
            try:
                handled = self._handle(event)
                if inspect.isawaitable(handled):
                    # As Flask does with views, and also for what is no `async def` itself, such as a lambda.
                    current_app.async_to_sync(_awaited)(handled)
            except BaseException:
                self._loop.abandon_event(event.id)
                raise
            self._loop.finish_event(event.id)
        return {"received": True}


def _is_whole() -> bool:
    """Whether nothing has taken the body away; what was read is kept for the next who asks."""
    # Werkzeug sets `stream` when the body is first asked for, be it as a form.
    was_asked_for = "stream" in vars(request)
    length = len(request.get_data())
    expected = 1 if request.content_length is None else request.content_length
    return length >= expected or not was_asked_for


async def _awaited(handled: Awaitable[object]) -> object:
    return await handled
