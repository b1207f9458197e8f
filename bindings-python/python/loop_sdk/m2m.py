"""`M2MClient`: Loop for a machine, with a token of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from loop_sdk._arguments import Arguments
from loop_sdk._caller import Caller
from loop_sdk._open import Secret, open_machine
from loop_sdk._request import Requests
from loop_sdk._services import MachineServices
from loop_sdk.audit import AuditLog

__all__ = ["M2MClient"]

# `cargo xtask codegen` makes `async_m2m.py` of this file: what is written here serves both clients.


class M2MClient(MachineServices, Requests):
    """A client of Loop for jobs and services that act for no person.

    Its token is fetched once and shared by all calls; it needs no store. What is not passed comes from the environment:
    `LOOP_SERVICE_CLIENT_ID`, `LOOP_SERVICE_CLIENT_SECRET`, `LOOP_SERVICE_SCOPES`, `LOOP_ENVIRONMENT`.

    Args:
        client_id: The machine's public id.
        client_secret: Its secret; several, or a function, as `LoopClient` takes them.
        scopes: Scopes of the family `admin:`; all that the machine may have unless said otherwise.
        environment: Where Loop is, as for `LoopClient`.
        token_endpoint: Where tokens come from, where that is not `/v1/tokens` of the identity service.
        audit_log: Records every call of an API, as for `LoopClient`.
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
        self._over(Caller(open_machine(options), M2MClient))

    def _over(self, call: Caller) -> None:
        super().__init__(call)
        self._call = call
        self._context = Arguments()

    def __repr__(self) -> str:
        return "<M2MClient>"

    def in_trace(self, traceparent: str) -> M2MClient:
        """Returns this client, with the same token, whose calls belong to a trace: the header of W3C Trace Context."""
        client = M2MClient.__new__(M2MClient)
        client._over(self._call.in_trace(traceparent))
        return client

    def access_token(self, *, timeout: float | None = None) -> str:
        """Returns a fresh access token, for HTTP calls of your own."""
        token = self._call.json("access_token", Arguments(), timeout)
        return cast(str, token)
