"""A store of your own: any object with the methods of `TokenStore`, sync or async, as the option `store`.

The one promise that keeps people signed in is compare-and-swap: `save` writes if the entry is as expected, and of many
writers that expect the same, one wins, whatever process or host it runs on.

Sync methods run on threads of the SDK that keep no `threading.local` values from one call to the next. Async ones run
on an event loop of the SDK, never on yours, which may be blocked by the very call that waits for them: a connection
pool that belongs to an event loop is made inside of them. A method is given 30 seconds, and must not call the client
that it serves. What it raises becomes the `__cause__` of a `LoopError` with the code `store_unavailable`; keep blobs
out of its text. A forked child gets the same object, and has to open connections of its own.

The quickstart has a whole one to start from.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Protocol, runtime_checkable

__all__ = ["ListingStore", "OutcomeUnknown", "TokenStore"]


class OutcomeUnknown(Exception):
    """Raised by `save` where nobody knows whether the write happened: a commit whose answer was lost.

    The SDK then reads the entry again. For a write that surely did not happen, raise anything else.
    """


@runtime_checkable
class TokenStore(Protocol):
    """Where grants and pending sign-ins are kept. All methods may be called from many threads at once."""

    def load(self, key: str) -> tuple[str, bytes] | Awaitable[tuple[str, bytes] | None] | None:
        """Returns an entry's version and blob; None where there is none, or its time is over."""

    def save(
        self, key: str, blob: bytes, expected: str | None, ttl: float | None
    ) -> str | Awaitable[str | None] | None:
        """Writes an entry if it is as expected, and returns its new version; None for a conflict.

        A version never repeats for a key, even after a deletion: a counter or a random text.

        Args:
            key: Letters, digits and `/-_.:`; it holds no user id.
            blob: Holds secrets.
            expected: The version that must be there; None where nothing must be.
            ttl: The seconds after which the entry counts as absent; None for never.

        Raises:
            OutcomeUnknown: The write may have happened.
        """

    def delete(self, key: str, expected: str) -> bool | Awaitable[bool]:
        """Removes an entry of exactly this version; False where it is not there, or another."""

    def now(self) -> int | Awaitable[int]:
        """Returns milliseconds since the epoch by the clock that all users of this store share."""


@runtime_checkable
class ListingStore(TokenStore, Protocol):
    """A store that can also list, which `grants()` and `keep_alive()` need."""

    def list(
        self, prefix: str, after: str | None, limit: int
    ) -> Iterable[tuple[str, str, bytes]] | Awaitable[Iterable[tuple[str, str, bytes]]]:
        """Returns up to `limit` live entries as (key, version, blob), in the order of their keys.

        Their keys begin with `prefix` and come after `after`.
        """
