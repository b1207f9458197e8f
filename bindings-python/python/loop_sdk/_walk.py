"""Walks the quickstart for the sandbox's demo: one line of JSON per step out, the callback's URL in."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from loop_sdk import LoopClient


def say(step: int, **facts: Any) -> None:
    """Prints a step; the demo reads it at once."""
    print(json.dumps({"step": step, **facts}), flush=True)


def main() -> None:
    """Walks steps 2 to 6; the demo did step 1 and passes its result in LOOP_* variables."""
    loop = LoopClient()
    begun = loop.authorization_url()
    say(2, authorization_url=begun.url)

    callback_url = sys.stdin.readline().strip()
    tokens = loop.handle_callback(callback_url, begun.browser_secret)
    say(3)
    say(4, user_id=tokens.user_id, scopes=tokens.scopes, expires_at=tokens.expires_at.isoformat())

    page = loop.clinical.list_biomarkers(user_id=tokens.user_id)
    say(5, biomarkers=[biomarker.to_dict() for biomarker in page])

    # The demo's tokens live for seconds, so that nobody waits an hour to see a refresh.
    time.sleep(max(0.0, tokens.expires_at.timestamp() - time.time()))
    loop.clinical.list_biomarkers(user_id=tokens.user_id)
    say(6, rotated=loop.access_token(user_id=tokens.user_id) != tokens.access_token)


if __name__ == "__main__":
    main()
