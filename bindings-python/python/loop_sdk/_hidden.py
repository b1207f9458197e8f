"""Values that do not print: what a traceback with local variables meets, and JSON that the platform gives no form."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


class Hidden:
    """Named values that print as nothing. It is no dict: error trackers would go through one, whatever it prints."""

    __slots__ = ("_values",)

    def __init__(self, base: Any = (), /, **values: Any) -> None:
        self._values: dict[str, Any] = dict(base, **values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: values hidden>"

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def keys(self) -> Iterable[str]:
        """Returns the names; it makes `**hidden` work."""
        return self._values.keys()

    def pop(self, name: str) -> Any:
        """Takes a value out."""
        return self._values.pop(name)


class _Json(dict[str, Any]):
    """A JSON object: a dict in every other way."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<Json: values hidden>"

    # Sentry goes through dicts and lists by itself, and asks for this first.
    __sentry_repr__ = __repr__

    def copy(self) -> _Json:
        return _Json(self)


class _List(list[Any]):
    """A list of JSON, or a list inside a record."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<list of {len(self)}: values hidden>"

    __sentry_repr__ = __repr__

    def copy(self) -> _List:
        return _List(self)


def hidden(value: Any) -> Any:
    """Returns a JSON value whose dicts and lists print without what is in them."""
    if isinstance(value, dict):
        return _Json({name: hidden(inner) for name, inner in value.items()})
    if isinstance(value, list):
        return _List(map(hidden, value))
    return value


def plain(value: Any) -> Any:
    """Returns it as dicts and lists that print."""
    return json.loads(json.dumps(value))
