"""Connect with Loop: sign a person in, keep the grant alive, call Loop's health APIs.

    loop = LoopClient()  # LOOP_CLIENT_ID, LOOP_CLIENT_SECRET, LOOP_REDIRECT_URI and LOOP_SCOPES from the environment

    begun = loop.authorization_url()                    # 1. redirect to begun.url; cookie = begun.browser_secret
    tokens = loop.handle_callback(url, browser_secret)  # 2. in the handler of the redirect URI
    for biomarker in loop.clinical.list_biomarkers(user_id=tokens.user_id):  # 3. any time afterwards
        print(biomarker.biomarker_name, biomarker.value, biomarker.unit)

`AsyncLoopClient` has the same methods as coroutines. `loop_sdk.flask` does 1 and 2 for Flask, `loop_sdk.store` says how
to keep grants yourself, `loop_sdk.testing` starts the sandbox for tests, and `python -m loop_sdk demo` shows all of it.
Nothing here prints a token, a secret or a clinical value by itself.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from loop_sdk import event_names, records, scopes, webhooks
from loop_sdk._arguments import UNSET, Unset
from loop_sdk._codes import Action, ErrorCode
from loop_sdk._json import json_default
from loop_sdk._native import __version__
from loop_sdk._safe_view import safe_view
from loop_sdk.audit import AuditEntry, AuditLog
from loop_sdk.client import EventClaim, LoopClient, User
from loop_sdk.errors import (
    InvalidCall,
    LoopError,
    OperatorError,
    RetryLater,
    ScopeRequired,
    SignInRequired,
    UnderlyingError,
)
from loop_sdk.events import Event
from loop_sdk.m2m import M2MClient
from loop_sdk.records import *
from loop_sdk.results import ApiResponse, AsyncGrants, Authorization, Grants, GrantState, KeptAlive, Status, Tokens
from loop_sdk.webhooks import WebhookEvent

if TYPE_CHECKING:
    from loop_sdk.async_client import AsyncLoopClient, AsyncUser
    from loop_sdk.async_m2m import AsyncM2MClient

# What type checkers see in the stub is true at run time, too.
cast(Any, Sequence).register(records.Page)

__all__ = [
    "UNSET",
    "Action",
    "ApiResponse",
    "AsyncGrants",
    "AsyncLoopClient",
    "AsyncM2MClient",
    "AsyncUser",
    "AuditEntry",
    "AuditLog",
    "Authorization",
    "ErrorCode",
    "Event",
    "EventClaim",
    "GrantState",
    "Grants",
    "InvalidCall",
    "KeptAlive",
    "LoopClient",
    "LoopError",
    "M2MClient",
    "OperatorError",
    "RetryLater",
    "ScopeRequired",
    "SignInRequired",
    "Status",
    "Tokens",
    "UnderlyingError",
    "Unset",
    "User",
    "WebhookEvent",
    "__version__",
    "event_names",
    "json_default",
    "safe_view",
    "scopes",
    "webhooks",
]
__all__ += records.__all__


def __getattr__(name: str) -> Any:
    # Importing asyncio takes longer than all of this package, which most programs can spare.
    if name in ("AsyncLoopClient", "AsyncUser"):
        from loop_sdk import async_client

        return getattr(async_client, name)
    if name == "AsyncM2MClient":
        from loop_sdk.async_m2m import AsyncM2MClient

        return AsyncM2MClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
