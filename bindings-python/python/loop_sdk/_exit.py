"""What happens when the process ends or forks. Importing it is enough."""

from __future__ import annotations

import atexit
import os

from loop_sdk import _native

# After all threads that are no daemons, and after the hooks of an app that imported the SDK before it made them.
atexit.register(_native._close)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_native._forked)
