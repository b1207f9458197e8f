"""Builds the native client: options that are texts become JSON, the application's own code goes beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from loop_sdk import _exit as _exit  # only what it does when it is imported
from loop_sdk._arguments import Arguments, invalid
from loop_sdk._native import Client
from loop_sdk.audit import recorder
from loop_sdk.events import listener

_Secrets = str | Sequence[str]
#: A client secret as an app gives it.
Secret = _Secrets | Callable[[], _Secrets | Awaitable[_Secrets]]

_LANGUAGE = f"python/{sys.version_info.major}.{sys.version_info.minor}"
_STORE_METHODS = ("load", "save", "delete", "now")


def open_client(options: Arguments) -> Client:
    """Returns the native client of a `LoopClient` or an `AsyncLoopClient`."""
    on_event = options.pop("on_event")
    if on_event is not None and not callable(on_event):
        raise invalid("on_event", "`on_event` must be a function that takes an Event.")
    secret = _secret(options)
    audit = _audit(options)
    store = None
    if options["store"] is not None and not isinstance(options["store"], str):
        # Bytes may be a URL with a password, so no variable here holds what is no store.
        lacking = [name for name in _STORE_METHODS if not callable(getattr(options["store"], name, None))]
        if lacking:
            kind = type(options["store"]).__name__
            text = f"`store` must be a URL, or an object with load, save, delete and now; {kind} has no `{lacking[0]}`."
            raise invalid("store", text)
        store = options.pop("store")
    heard = None if on_event is None else listener(on_event)
    return Client(options.encode(), _LANGUAGE, store, heard, secret, audit)


def open_machine(options: Arguments) -> Client:
    """Returns the native client of an `M2MClient` or an `AsyncM2MClient`."""
    secret = _secret(options)
    audit = _audit(options)
    return Client(options.encode(), _LANGUAGE, None, None, secret, audit, machine=True)


def _secret(options: Arguments) -> Any:
    options.words("scopes")
    options.plain("environment")
    secret = options.pop("client_secret") if callable(options["client_secret"]) else None
    if secret is None:
        options.words("client_secret")
    return secret


def _audit(options: Arguments) -> Any:
    log = options["audit_log"]
    if isinstance(log, os.PathLike):
        options["audit_log"] = os.fspath(log)
    elif log is not None and not isinstance(log, str):
        if not callable(log) and not callable(getattr(log, "info", None)):
            raise invalid("audit_log", "`audit_log` must be a function, a logger, or the path of a file.")
        del options["audit_log"]
        return recorder(log)
    return None
