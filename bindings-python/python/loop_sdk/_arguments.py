"""Turns Python values into the JSON that crosses to the native client."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from loop_sdk.errors import InvalidCall


class Arguments(dict[str, Any]):
    """The arguments of one call. They print as nothing: a traceback that shows local variables meets them."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<Arguments: values hidden>"

    def encode(self) -> str:
        """Returns the JSON text, or raises an error that names the argument that has none."""
        try:
            return json.dumps(self, allow_nan=False)
        except (TypeError, ValueError):
            pass
        for name, value in self.items():
            try:
                json.dumps(value, allow_nan=False)
            except (TypeError, ValueError):
                raise InvalidCall(
                    f"`{name}` has a value that JSON can't hold.", code="invalid_option", detail=name
                ) from None
        raise AssertionError("every argument has a JSON form, and all of them together have none")


def words(value: Any) -> Any:
    """A set or a generator of scopes as a list; anything else as it is, for core to judge."""
    one = isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable)
    return value if one else list(value)


def plain(value: Any) -> Any:
    """Any mapping as a dict."""
    return dict(value) if isinstance(value, Mapping) else value


def epoch_seconds(name: str, value: datetime | float | None) -> float | None:
    """A moment as seconds since the epoch."""
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise InvalidCall(
            f"`{name}` must say its time zone, for instance datetime.now(timezone.utc).",
            code="invalid_option",
            detail=name,
        )
    return value.timestamp()


def query(value: Any) -> Any:
    """A callback's URL or query; of a web framework's parsed query, every value of every name."""
    if not isinstance(value, Mapping):
        return value
    parsed: Any = value
    # Werkzeug, Django and Starlette call it getlist, aiohttp getall: a plain lookup would hide duplicates.
    every = getattr(parsed, "getlist", None) or getattr(parsed, "getall", None) or parsed.__getitem__
    return {name: every(name) for name in parsed}
