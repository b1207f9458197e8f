"""Calls the native client on the calling thread."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from loop_sdk import _trace
from loop_sdk._arguments import Arguments
from loop_sdk._native import Client
from loop_sdk.errors import PersonNeeded

C = TypeVar("C", bound="Connection")


class Connection:
    """An open client, and the trace that its calls belong to."""

    __slots__ = ("client", "native", "traceparent")

    def __init__(self, native: Client, client: Any, traceparent: str | None = None) -> None:
        self.native: Client = native
        #: The client's class: an error makes one of it again to begin a sign-in.
        self.client: Any = client
        self.traceparent: str | None = traceparent

    def in_trace(self: C, traceparent: str) -> C:
        """Returns another way to the same client, whose calls belong to this trace."""
        return type(self)(self.native, self.client, traceparent)


class Caller(Connection):
    """Waits on the calling thread. It is no method of LoopClient, so that no reference leads in a circle."""

    __slots__ = ()

    def __call__(self, method: str, arguments: Arguments, timeout: float | None) -> Any:
        try:
            return self.native.call(method, _trace.encode(arguments, self.traceparent), timeout)
        except PersonNeeded as error:
            error._knows(self)
            raise

    def json(self, method: str, arguments: Arguments, timeout: float | None) -> Any:
        """Calls a method that answers with JSON."""
        return json.loads(self(method, arguments, timeout))
