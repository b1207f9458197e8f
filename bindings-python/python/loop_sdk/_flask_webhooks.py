"""Webhooks for Flask: takes the raw body itself, checks it, and sees to it that each event is handled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Flask, request
from flask.typing import ResponseReturnValue

from loop_sdk import webhooks
from loop_sdk._flask_request import follow_traces
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

    An event that the handler raised for comes again; one that it handled does not, however often it is delivered.

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
        self._secret = secret
        self._handle: Callable[[WebhookEvent], object] | None = None
        follow_traces(app)
        app.add_url_rule(path, "loop_webhooks", self._deliver, methods=["POST"])

    def __repr__(self) -> str:
        return "<LoopWebhooks>"

    def handler(self, handle: Callable[[WebhookEvent], object]) -> Callable[[WebhookEvent], object]:
        """Sets what handles an event that nobody has handled yet; for use as a decorator."""
        self._handle = handle
        return handle

    def _deliver(self) -> ResponseReturnValue:
        if self._handle is None:
            raise InvalidCall("LoopWebhooks has no handler yet.", code="missing_option", detail="handler")
        request.max_content_length = _LARGEST
        try:
            event = webhooks.verify(request.get_data(cache=False), request.headers, self._secret)
        except InvalidCall as error:
            if error.code not in _STATUS:
                raise
            return {"error": error.code}, _STATUS[error.code]
        claim = self._loop.claim_event(event.id)
        if claim == "under_way":
            return {"error": "under_way"}, 503, {"Retry-After": "5"}
        if claim == "new":
            try:
                self._handle(event)
            except BaseException:
                self._loop.abandon_event(event.id)
                raise
            self._loop.finish_event(event.id)
        return {"received": True}
