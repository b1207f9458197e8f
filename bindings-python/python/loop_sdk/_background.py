"""The SDK's own event loop: it runs the async functions that an application gave, such as a store's.

The application's event loop may be blocked by the very call that waits for the store, so it can't be that one.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any

#: As long as the native part waits.
_LIMIT = 30.0

Done = Callable[[Any, "BaseException | None"], None]


class _Background:
    """An event loop on a daemon thread; it ends with the process."""

    def __init__(self) -> None:
        self.event_loop = asyncio.new_event_loop()
        threading.Thread(target=self.event_loop.run_forever, name="loop-sdk-async", daemon=True).start()


_lock = threading.Lock()
_background: _Background | None = None


def run(awaitable: Awaitable[Any], done: Done) -> None:
    """Awaits on that event loop and passes the value or the exception on. The native part calls it."""
    global _background
    with _lock:
        if _background is None:
            _background = _Background()
    asyncio.run_coroutine_threadsafe(_await(awaitable, done), _background.event_loop)


async def _await(awaitable: Awaitable[Any], done: Done) -> None:
    try:
        value = await asyncio.wait_for(awaitable, _LIMIT)
    except BaseException as error:
        done(None, error)
    else:
        done(value, None)


def _forget() -> None:
    """A forked child has no such thread, and perhaps a lock that nobody will release."""
    global _background, _lock
    _background, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
