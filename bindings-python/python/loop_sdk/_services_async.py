"""Services and their operations, as coroutines. Written by `cargo xtask codegen`; do not edit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from loop_sdk._arguments import Arguments

if TYPE_CHECKING:
    from loop_sdk.records import Biomarker, Page, Protocol

#: Calls the native client.
Call = Callable[[str, Arguments, "float | None"], Awaitable[Any]]


class AsyncClinical:
    """The person's clinical record."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    async def list_biomarkers(self, *, user_id: str, timeout: float | None = None) -> Page[Biomarker]:
        """Lists the person's own lab results, newest first.

        Source: the platform's quickstart, step 5.

        Needs the scope `read:biomarkers`. `timeout` is in seconds.
        """
        result: Page[Biomarker] = await self._call("clinical.list_biomarkers", Arguments(user_id=user_id), timeout)
        return result

    async def get_protocol(self, protocol_id: str, *, user_id: str, timeout: float | None = None) -> Protocol:
        """Returns one protocol of the clinical catalogue.

        Source: the platform's API page `clinical/protocol`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `protocol_id`: The protocol's id.
        """
        result: Protocol = await self._call("clinical.get_protocol", Arguments(user_id=user_id, protocol_id=protocol_id), timeout)
        return result


class AsyncUserClinical:
    """The person's clinical record. For one user."""

    __slots__ = ("_call", "_user_id")

    def __init__(self, call: Call, user_id: str) -> None:
        self._call = call
        self._user_id = user_id

    async def list_biomarkers(self, *, timeout: float | None = None) -> Page[Biomarker]:
        """Lists the person's own lab results, newest first.

        Source: the platform's quickstart, step 5.

        Needs the scope `read:biomarkers`. `timeout` is in seconds.
        """
        result: Page[Biomarker] = await self._call("clinical.list_biomarkers", Arguments(user_id=self._user_id), timeout)
        return result

    async def get_protocol(self, protocol_id: str, *, timeout: float | None = None) -> Protocol:
        """Returns one protocol of the clinical catalogue.

        Source: the platform's API page `clinical/protocol`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `protocol_id`: The protocol's id.
        """
        result: Protocol = await self._call("clinical.get_protocol", Arguments(user_id=self._user_id, protocol_id=protocol_id), timeout)
        return result


class AsyncServices:
    """Every service, with the user at each call."""

    def __init__(self, call: Call) -> None:
        #: The person's clinical record.
        self.clinical: AsyncClinical = AsyncClinical(call)


class AsyncUserServices:
    """Every service, for one user."""

    def __init__(self, call: Call, user_id: str) -> None:
        #: The person's clinical record.
        self.clinical: AsyncUserClinical = AsyncUserClinical(call, user_id)
