"""Calls the native client for an asyncio event loop."""

from __future__ import annotations

import asyncio
import json
import threading
import weakref
from typing import Any

from loop_sdk import _trace
from loop_sdk._arguments import Arguments
from loop_sdk._caller import Connection
from loop_sdk._native import Completions
from loop_sdk.errors import PersonNeeded


class AsyncCaller(Connection):
    """Waits in a coroutine. A task that is cancelled ends its own wait; a refresh that it shared goes on."""

    __slots__ = ()

    async def __call__(self, method: str, arguments: Arguments, timeout: float | None) -> Any:
        event_loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = event_loop.create_future()
        completions = _thread.completions(event_loop)
        call = self.native.start(method, _trace.encode(arguments, self.traceparent), timeout, completions, future)
        try:
            return await future
        except PersonNeeded as error:
            error._knows(self)
            raise
        except BaseException:
            call.cancel()
            raise

    async def json(self, method: str, arguments: Arguments, timeout: float | None) -> Any:
        """Calls a method that answers with JSON."""
        return json.loads((await self(method, arguments, timeout)).text)


class _Thread(threading.local):
    """What a thread's event loop has under way. An event loop that came before keeps its own until that is done."""

    _event_loop: weakref.ref[asyncio.AbstractEventLoop] | None = None
    _completions: Completions

    def completions(self, event_loop: asyncio.AbstractEventLoop) -> Completions:
        if self._event_loop is None or self._event_loop() is not event_loop:
            self._completions = Completions(event_loop)
            self._event_loop = weakref.ref(event_loop)
        return self._completions


_thread = _Thread()
