"""What a client's own methods return: plain values that print without their secrets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

__all__ = ["ApiResponse", "Authorization", "Tokens"]


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
            "claims": self.claims,
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

    def __repr__(self) -> str:
        return f"<ApiResponse {self.status}: values hidden, use .body>"


def tokens(fields: dict[str, Any]) -> Tokens:
    """Makes Tokens of what core sends."""
    return Tokens(
        user_id=fields["user_id"],
        scopes=tuple(fields["scopes"]),
        expires_at=datetime.fromtimestamp(fields["expires_at"] / 1000, timezone.utc),
        claims=fields["claims"],
        access_token=fields["access_token"],
        app_state=fields["app_state"],
    )
