"""What happens to grants, for the option `on_event`: waiting, refreshed, saved, ended and the like."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

__all__ = ["Event"]


@dataclass(frozen=True, slots=True, repr=False)
class Event:
    """One thing that happened to a grant. It holds no token and no secret, and prints without the person's id."""

    #: What happened: `waiting`, `refreshed`, `saved`, `not_saved`, `conflict`, `ambiguous`, `resolved` or `ended`.
    #: Later versions of the SDK may know more.
    kind: str
    #: Whose grant it is.
    user_id: str
    #: When, in UTC.
    at: datetime
    #: The error code that came with it, for instance `grant_ended`.
    code: str | None

    def __repr__(self) -> str:
        code = f", code={self.code!r}" if self.code else ""
        return f"<Event {self.kind!r}{code}: use .user_id>"


def listener(callback: Callable[[Event], object]) -> Callable[[str], None]:
    """Returns what the native part calls with an event's JSON. Nothing that the application raises gets back to it."""

    def deliver(text: str) -> None:
        try:
            callback(_event(json.loads(text)))
        except BaseException as error:
            import logging  # costs more than all of this package, and is seldom needed

            # Its text may quote anything.
            logging.getLogger("loop_sdk").error("on_event raised %s", type(error).__name__)

    return deliver


def _event(fields: dict[str, Any]) -> Event:
    return Event(
        kind=fields["kind"],
        user_id=fields["user_id"],
        at=datetime.fromtimestamp(fields["at"] / 1000, timezone.utc),
        code=fields["code"],
    )
