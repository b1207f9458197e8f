"""Lets a JSON encoder write records whole."""

from __future__ import annotations

from typing import Any

from loop_sdk.records import CLASSES


def json_default(value: object) -> Any:
    """For `json.dumps(page, default=json_default)`: the dict of a page or record; TypeError for anything else.

    Tokens are not among them: an access token does not reach a browser by accident.
    """
    if isinstance(value, CLASSES):
        return value.to_dict()
    raise TypeError(f"{type(value).__name__} has no JSON form")
