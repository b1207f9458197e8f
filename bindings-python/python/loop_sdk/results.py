"""What a client's own methods return: plain values that print without their secrets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

from loop_sdk._codes import Action
from loop_sdk._hidden import hidden, plain

__all__ = ["ApiResponse", "AsyncGrants", "Authorization", "GrantState", "Grants", "KeptAlive", "Status", "Tokens"]

#: Where a grant stands. Later versions of the SDK may know more.
GrantState = Literal["connected", "refresh_due", "outcome_unknown", "not_connected", "ended"] | str


@dataclass(frozen=True, slots=True, repr=False)
class Authorization:
    """A sign-in that has begun."""

    #: Send the person's browser there.
    url: str
    #: Comes back in the callback.
    state: str
    #: Belongs in an HttpOnly, SameSite=Lax cookie of this browser, and into `handle_callback`.
    browser_secret: str

    def __repr__(self) -> str:
        return "<Authorization: use .url>"


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """A person who signed in."""

    #: The person's stable id (`sub`): selects the grant in every later call.
    user_id: str
    #: What the person granted.
    scopes: tuple[str, ...]
    #: When the access token ends, in UTC. The SDK renews it.
    expires_at: datetime
    #: The id_token's claims; empty where the client does not identify.
    claims: dict[str, Any]
    #: For your own HTTP calls; `LoopClient.access_token` has a fresh one later.
    access_token: str
    #: The path that was given at the beginning.
    app_state: str | None

    def __repr__(self) -> str:
        return f"<Tokens: scopes {' '.join(self.scopes)}; values hidden, use .user_id or to_dict()>"

    def to_dict(self) -> dict[str, Any]:
        """Everything in plain types, the access token included."""
        return {
            "user_id": self.user_id,
            "scopes": list(self.scopes),
            "expires_at": self.expires_at.isoformat(),
            "claims": plain(self.claims),
            "access_token": self.access_token,
            "app_state": self.app_state,
        }


@dataclass(frozen=True, slots=True, repr=False)
class ApiResponse:
    """The answer to `LoopClient.request`."""

    #: The HTTP status, 200 to 299.
    status: int
    #: The platform's id of the request.
    request_id: str | None
    #: The decoded JSON; None where there is none.
    body: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "body", hidden(self.body))

    def __repr__(self) -> str:
        return f"<ApiResponse {self.status}: values hidden, use .body>"


@dataclass(frozen=True, slots=True, repr=False)
class Status:
    """Where one person stands."""

    #: Whose grant it is.
    user_id: str
    #: `connected`, `refresh_due`, `outcome_unknown`, `not_connected` or `ended`.
    state: GrantState
    #: Whether a call for this person can work.
    connected: bool
    #: What the person granted.
    scopes: tuple[str, ...]
    #: When the access token ends, in UTC. The SDK renews it.
    access_expires_at: datetime | None
    #: When the grant lapses if nobody uses it, in UTC.
    refresh_expires_at: datetime | None
    #: What to do, for instance `sign_in_again`; None for nothing.
    next: Action | None

    def __repr__(self) -> str:
        return f"<Status {self.state}: scopes {' '.join(self.scopes)}; use .user_id>"


@dataclass(frozen=True, slots=True)
class KeptAlive:
    """What `keep_alive` did, in numbers of grants."""

    #: Read from the store.
    looked_at: int
    #: Renewed.
    refreshed: int
    #: Over: these people have to sign in again.
    ended: int
    #: Sent without an answer.
    unknown: int
    #: Not reached this time; the next run does.
    left: int


class _GrantsPage:
    """What a page of grants is in both clients."""

    def __init__(self, fields: dict[str, Any]) -> None:
        #: This page's grants.
        self.items: list[Status] = [status(item) for item in fields["items"]]
        #: For `grants(cursor=…)`; None on the last page.
        self.next_cursor: str | None = fields["next_cursor"]

    def __repr__(self) -> str:
        more = ", and more" if self.next_cursor else ""
        return f"<{type(self).__name__}: {len(self.items)}{more}; use .items>"


class Grants(_GrantsPage):
    """A page of the stored grants. Iterating over it fetches the later pages as they are needed."""

    def __init__(self, fields: dict[str, Any], more: Callable[[str], Grants]) -> None:
        super().__init__(fields)
        self._more = more

    def __iter__(self) -> Iterator[Status]:
        page = self
        while True:
            yield from page.items
            if page.next_cursor is None:
                return
            page = self._more(page.next_cursor)


class AsyncGrants(_GrantsPage):
    """A page of the stored grants. `async for` over it fetches the later pages as they are needed."""

    def __init__(self, fields: dict[str, Any], more: Callable[[str], Awaitable[AsyncGrants]]) -> None:
        super().__init__(fields)
        self._more = more

    async def __aiter__(self) -> AsyncIterator[Status]:
        page = self
        while True:
            for item in page.items:
                yield item
            if page.next_cursor is None:
                return
            page = await self._more(page.next_cursor)


def tokens(fields: dict[str, Any]) -> Tokens:
    """Makes Tokens of what core sends."""
    return Tokens(
        user_id=fields["user_id"],
        scopes=tuple(fields["scopes"]),
        expires_at=_moment(fields["expires_at"]),
        claims=hidden(fields["claims"]),
        access_token=fields["access_token"],
        app_state=fields["app_state"],
    )


def status(fields: dict[str, Any]) -> Status:
    """Makes a Status of what core sends."""
    access, refresh = fields["access_expires_at"], fields["refresh_expires_at"]
    return Status(
        user_id=fields["user_id"],
        state=fields["state"],
        connected=fields["connected"],
        scopes=tuple(fields["scopes"]),
        access_expires_at=None if access is None else _moment(access),
        refresh_expires_at=None if refresh is None else _moment(refresh),
        next=fields["next"],
    )


def kept_alive(fields: dict[str, Any]) -> KeptAlive:
    """Makes a KeptAlive of what core sends."""
    return KeptAlive(**{name: fields[name] for name in KeptAlive.__dataclass_fields__})


def _moment(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
