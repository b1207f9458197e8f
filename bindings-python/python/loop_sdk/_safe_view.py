"""The form of a value that may stand in a log."""

from __future__ import annotations

from typing import Any

from loop_sdk.errors import LoopError
from loop_sdk.records import CLASSES


def safe_view(value: object) -> dict[str, Any]:
    """Returns a loggable form of a record, a page, or an error of the SDK.

    It has the value's type, and of its fields those that say nothing about a person. Of anything else it says no more
    than what kind of value it is.
    """
    if isinstance(value, CLASSES):
        return value._safe_view()
    if isinstance(value, LoopError):
        return {
            "type": "Error",
            "code": value.code,
            "action": value.action,
            "status": value.status,
            "request_id": value.request_id,
            "retry_after_ms": value.retry_after_ms,
        }
    return {"type": type(value).__name__}
