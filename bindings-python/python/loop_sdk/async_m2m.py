"""`AsyncM2MClient` for asyncio. Written by `cargo xtask codegen` from `m2m.py`; do not edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from loop_sdk._arguments import Arguments
from loop_sdk._caller_async import AsyncCaller
from loop_sdk._open import Secret, open_machine
from loop_sdk._request_async import AsyncRequests
from loop_sdk._services_async import AsyncMachineServices
from loop_sdk.audit import AuditLog

__all__ = ["AsyncM2MClient"]


class AsyncM2MClient(AsyncMachineServices, AsyncRequests):
    """A client of Loop for jobs and services that act for no person.

    Its token is fetched once and shared by all calls; it needs no store. What is not passed comes from the environment:
    `LOOP_SERVICE_CLIENT_ID`, `LOOP_SERVICE_CLIENT_SECRET`, `LOOP_SERVICE_SCOPES`, `LOOP_ENVIRONMENT`.

    Args:
        client_id: The machine's public id.
        client_secret: Its secret; several, or a function, as `AsyncLoopClient` takes them.
        scopes: Scopes of the family `admin:`; all that the machine may have unless said otherwise.
        environment: Where Loop is, as for `AsyncLoopClient`.
        token_endpoint: Where tokens come from, where that is not `/v1/tokens` of the identity service.
        audit_log: Records every call of an API, as for `AsyncLoopClient`.
        audit_required: Fails a call whose entry can't be recorded.
        timeout: The time limit of a call with its retries, in seconds; 30 unless said otherwise.

    Raises:
        InvalidCall: An option is wrong or missing; `detail` is its name.
    """

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: Secret | None = None,
        *,
        scopes: str | Iterable[str] | None = None,
        environment: str | Mapping[str, str] | None = None,
        token_endpoint: str | None = None,
        audit_log: AuditLog | None = None,
        audit_required: bool | None = None,
        timeout: float | None = None,
    ) -> None:
        options = Arguments(
            client_id=client_id,
            client_secret=client_secret,
            scopes=scopes,
            environment=environment,
            token_endpoint=token_endpoint,
            audit_log=audit_log,
            audit_required=audit_required,
            timeout=timeout,
        )
        del client_secret, environment, token_endpoint
        self._over(AsyncCaller(open_machine(options), AsyncM2MClient))

    def _over(self, call: AsyncCaller) -> None:
        super().__init__(call)
        self._call = call
        self._context = Arguments()

    def __repr__(self) -> str:
        return "<AsyncM2MClient>"

    def in_trace(self, traceparent: str) -> AsyncM2MClient:
        """Returns this client, with the same token, whose calls belong to a trace: the header of W3C Trace Context."""
        client = AsyncM2MClient.__new__(AsyncM2MClient)
        client._over(self._call.in_trace(traceparent))
        return client

    async def access_token(self, *, timeout: float | None = None) -> str:
        """Returns a fresh access token, for HTTP calls of your own."""
        token = await self._call.json("access_token", Arguments(), timeout)
        return cast(str, token)
