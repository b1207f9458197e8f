"""Turns Python values into the JSON that crosses to the native client."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

from loop_sdk._hidden import Hidden
from loop_sdk.errors import InvalidCall


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"


#: The default of an argument that None takes away: what is not given stays as it is.
UNSET: Final = Unset.UNSET

#: None where it says something, and is sent.
NULL: Final = object()


class Arguments(Hidden):
    """The arguments of one call. They print as nothing: a traceback that shows local variables meets them.

    No method that may raise holds a value in a variable of its own: each puts its arguments in here and forgets them.
    Functions that do hold one return instead of raising: their frames are gone when the error is made.
    """

    __slots__ = ()

    def encode(self) -> str:
        """Returns the JSON text without what was left out, or raises an error that names the argument that has none."""
        text = _json(
            {
                name: None if value is NULL else value
                for name, value in self._values.items()
                if value is not None and value is not UNSET
            }
        )
        if text is None:
            given = (name for name, value in self._values.items() if value is not NULL and value is not UNSET)
            name = next((name for name in given if _json(self[name]) is None), "arguments")
            raise invalid(
                name, f"`{name}` has a value that JSON can't hold, such as NaN or infinity, or is nested too deeply."
            )
        return text

    def words(self, name: str) -> None:
        """A set or a generator of scopes becomes a list; anything else stays as it is, for core to judge."""
        if isinstance(self[name], Iterable) and not isinstance(self[name], (str, bytes, Mapping)):
            self[name] = list(self[name])

    def plain(self, name: str) -> None:
        """Any mapping becomes a dict."""
        if isinstance(self[name], Mapping) and not self._take(name, _dict(self[name])):
            raise invalid(name, f"`{name}` is a mapping that can't be read.")

    def epoch_seconds(self, name: str) -> None:
        """A moment becomes seconds since the epoch."""
        if not isinstance(self[name], datetime):
            return
        if self[name].tzinfo is None:
            raise invalid(name, f"`{name}` must say its time zone, for instance datetime.now(timezone.utc).")
        self[name] = self[name].timestamp()

    def query(self, name: str) -> None:
        """A callback's parsed query, from a web framework, becomes every value of every name."""
        if isinstance(self[name], Mapping) and not self._take(name, _every_value(self[name])):
            raise invalid(name, f"`{name}` is a mapping that can't be read.")

    def _take(self, name: str, value: Any) -> bool:
        self[name] = value
        return value is not None


def invalid(name: str, message: str) -> InvalidCall:
    """Makes the error that names an option or argument."""
    return InvalidCall(message, code="invalid_option", detail=name)


def _json(value: Any) -> str | None:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None


def _dict(value: Any) -> dict[Any, Any] | None:
    try:
        return dict(value)
    except Exception:
        return None


def _every_value(parsed: Any) -> dict[Any, Any] | None:
    # Werkzeug, Django and Starlette call it getlist, aiohttp getall: a plain lookup would hide duplicates.
    try:
        every = getattr(parsed, "getlist", None) or getattr(parsed, "getall", None) or parsed.__getitem__
        return {name: every(name) for name in parsed}
    except Exception:
        return None
