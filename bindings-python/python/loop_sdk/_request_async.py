"""Any request, for asyncio. Written by `cargo xtask codegen`; do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loop_sdk._arguments import Arguments
from loop_sdk._caller_async import AsyncCaller
from loop_sdk.results import ApiResponse


class AsyncRequests:
    """What a person's view of a client and a machine have alike."""

    _call: AsyncCaller
    #: What each call says of itself.
    _context: Arguments

    async def request(
        self,
        *,
        service: str,
        path: str,
        method: str = "GET",
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> ApiResponse:
        """Sends any request to one of Loop's services, for what has no method here yet.

        `service` is for instance `clinical`, `path` for instance `/v1/check-ins`; `body` is sent as JSON. A write with
        an `idempotency_key` is sent again where its answer is lost.
        """
        arguments = Arguments(
            **self._context,
            service=service,
            method=method,
            path=path,
            query=query,
            body=body,
            idempotency_key=idempotency_key,
        )
        del path, query, body, idempotency_key
        arguments.plain("query")
        return ApiResponse(**await self._call.json("request", arguments, timeout))
