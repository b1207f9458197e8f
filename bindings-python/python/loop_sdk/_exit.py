"""What happens when the process ends or forks. Importing it is enough."""

from __future__ import annotations

import atexit
import os

from loop_sdk import _native

#: How long the end of the process waits for a refresh under way, whose answer would be lost, and for unsaved tokens.
_SECONDS = 10.0


def _end() -> None:
    try:
        _native._settle(_SECONDS)
    finally:
        _native._close()


# After all threads that are no daemons, and after the hooks of an app that imported the SDK before it made them.
atexit.register(_end)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_native._forked)
