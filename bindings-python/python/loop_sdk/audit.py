"""The audit log: who looked at or changed whose data, and why. It says what was done, never what was read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    import logging

__all__ = ["AuditEntry", "AuditLog"]


@dataclass(frozen=True, slots=True, repr=False)
class AuditEntry:
    """One call of one of Loop's APIs. It names a person, so it prints without that; `to_dict()` is whole."""

    #: When the call ended, or began where `outcome` is `begun`, in UTC.
    at: datetime
    #: Who called, as the application said.
    actor: str | None
    #: Why, as the application said.
    purpose: str | None
    #: Whose data: the person whose grant was used, or whom a machine's call names; None where it names nobody.
    user_id: str | None
    #: The app.
    client_id: str
    #: For instance `clinical.list_biomarkers`; `request` with the method and service for any other request.
    operation: str
    #: The scope that the operation needs; None where the SDK does not know it.
    scope: str | None
    #: The platform's id of the request.
    request_id: str | None
    #: How many records came back; None where none did.
    records: int | None
    #: `ok`, the code of the error, or `begun`.
    outcome: str

    def __repr__(self) -> str:
        return f"<AuditEntry {self.operation} {self.outcome}: values hidden, use to_dict()>"

    def to_dict(self) -> dict[str, Any]:
        """The entry in plain types, `at` as milliseconds since 1970: as files and the other languages have it."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {**fields, "at": round(self.at.timestamp() * 1000)}


#: A function that takes an entry, a logger, or the path of a file.
AuditLog = Union[Callable[[AuditEntry], object], "logging.Logger", str, "os.PathLike[str]"]


def recorder(log: Any) -> Callable[[str], object] | None:
    """Returns what the native part calls with an entry's JSON; None where it writes a file itself."""
    if log is None or isinstance(log, (str, os.PathLike)):
        return None
    if callable(log):

        def record(text: str) -> object:
            entry = _entry(json.loads(text))
            # What the log raises has this frame in its traceback; the entry itself does not print.
            del text
            return log(entry)

        return record
    return lambda text: _log(log, text)


def _log(log: logging.Logger, text: str) -> None:
    """To a logger: its line is the entry's JSON, for whatever collects it."""
    # `info` would drop it without a word.
    if not (log.isEnabledFor(20) and log.hasHandlers()):
        del text
        raise RuntimeError("the audit log's logger is not enabled for INFO, or has no handler")
    log.info("%s", text)


def _entry(fields: dict[str, Any]) -> AuditEntry:
    return AuditEntry(**{**fields, "at": datetime.fromtimestamp(fields["at"] / 1000, timezone.utc)})
