"""The trace that a call belongs to: the header `traceparent` of W3C Trace Context."""

from __future__ import annotations

from collections.abc import Callable

from loop_sdk._arguments import Arguments


def _none() -> str | None:
    return None


#: Gives the header of the web request that is being served here, as it came: core judges it. A web glue sets this.
incoming: Callable[[], str | None] = _none


def encode(arguments: Arguments, own: str | None) -> str:
    """Returns the JSON of a call's arguments, with the trace that the caller named and the one that came in."""
    # Not into `arguments` themselves: a later page may be asked for while another request is served.
    traced = Arguments(arguments, incoming_traceparent=incoming())
    if own is not None:
        traced["traceparent"] = own
    return traced.encode()
