"""Builds the native client: options that are texts become JSON, the application's own code goes beside it."""

from __future__ import annotations

import sys

from loop_sdk import _exit as _exit  # only what it does when it is imported
from loop_sdk._arguments import Arguments, invalid
from loop_sdk._native import Client
from loop_sdk.events import listener

_STORE_METHODS = ("load", "save", "delete", "now")


def open_client(options: Arguments) -> Client:
    """Returns the native client of a `LoopClient` or an `AsyncLoopClient`."""
    on_event = options.pop("on_event")
    if on_event is not None and not callable(on_event):
        raise invalid("on_event", "`on_event` must be a function that takes an Event.")
    options.words("scopes")
    options.plain("environment")
    secret = options.pop("client_secret") if callable(options["client_secret"]) else None
    if secret is None:
        options.words("client_secret")
    store = None
    if options["store"] is not None and not isinstance(options["store"], str):
        # Bytes may be a URL with a password, so no variable here holds what is no store.
        lacking = [name for name in _STORE_METHODS if not callable(getattr(options["store"], name, None))]
        if lacking:
            kind = type(options["store"]).__name__
            text = f"`store` must be a URL, or an object with load, save, delete and now; {kind} has no `{lacking[0]}`."
            raise invalid("store", text)
        store = options.pop("store")
    language = f"python/{sys.version_info.major}.{sys.version_info.minor}"
    return Client(options.encode(), language, store, None if on_event is None else listener(on_event), secret)
