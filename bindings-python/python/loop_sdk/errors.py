"""The errors: one class per action, so that `except` says what to do, with a stable `code` inside."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from loop_sdk._codes import ACTIONS, Action, ErrorCode
from loop_sdk._hidden import Hidden

if TYPE_CHECKING:
    from loop_sdk._caller import Caller
    from loop_sdk._caller_async import AsyncCaller

__all__ = [
    "InvalidCall",
    "LoopError",
    "OperatorError",
    "RetryLater",
    "ScopeRequired",
    "SignInRequired",
    "UnderlyingError",
]


class LoopError(Exception):
    """Any failure of the SDK. `str(error)` is one sentence; it never holds a token, a secret or a clinical value.

    Attributes:
        message: The sentence.
        code: What went wrong, for instance `grant_ended`; stable, and the same in every language.
        action: What to do about it, for instance `sign_in_again`.
        retry_after_ms: How long to wait before the next try, where the platform or the SDK knows.
        status: The HTTP status, where an answer came.
        request_id: The platform's id of the request, for a support ticket.
        detail: The platform's own error code, or the name of the wrong option, scope or parameter.
        user_id: Whose grant it was about, where that is known. It is not printed.
        missing_scopes: What the person has not granted.
    """

    # Outside of `__dict__`, which error trackers print.
    __slots__ = ("_private",)

    message: str
    code: ErrorCode
    action: Action
    retry_after_ms: int | None
    status: int | None
    request_id: str | None
    detail: str | None
    missing_scopes: tuple[str, ...]
    _private: _Private

    def __init__(
        self,
        message: str,
        *,
        code: ErrorCode,
        retry_after_ms: int | None = None,
        status: int | None = None,
        request_id: str | None = None,
        detail: str | None = None,
        user_id: str | None = None,
        missing_scopes: Iterable[str] = (),
    ) -> None:
        super().__init__(message)
        self._private = _Private(user_id)
        self.message = message
        self.code = code
        self.action = ACTIONS[code]
        self.retry_after_ms = retry_after_ms
        self.status = status
        self.request_id = request_id
        self.detail = detail
        self.missing_scopes = tuple(missing_scopes)

    @property
    def user_id(self) -> str | None:
        """Whose grant it was about, where that is known."""
        return self._private.user_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r}, code={self.code!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickled exception loses its cause, which a task queue's log would miss.
        return _restore, (type(self), self.message, _cause_text(self.__cause__), self.user_id), self.__dict__.copy()


class _Private:
    """What an error knows and nobody prints: the person, and the client that raised it."""

    __slots__ = ("caller", "user_id")

    def __init__(self, user_id: str | None) -> None:
        self.user_id = user_id
        self.caller: Caller | AsyncCaller | None = None

    def __repr__(self) -> str:
        return "<hidden>"


class RetryLater(LoopError):
    """Try the same call again, after `retry_after_ms` where it is given."""


class PersonNeeded(LoopError):
    """Only the person can mend it, with a new authorization: `SignInRequired` or `ScopeRequired`."""

    def authorization_url(self, **arguments: Any) -> Any:
        """Begins the sign-in that mends this, for this person, with the scopes that are missing.

        It takes what the client's `authorization_url` takes, and returns an `Authorization`; of an error that an
        `AsyncLoopClient` raised, an awaitable of one. An error that was pickled has lost its client:
        `client.sign_in_again(user_id=error.user_id, missing_scopes=error.missing_scopes)` does the same.
        """
        # A traceback that shows local variables must not show a browser's secret.
        given = Hidden({"user_id": self.user_id, "missing_scopes": self.missing_scopes}, **arguments)
        del arguments
        caller = self._private.caller
        if caller is None:
            raise InvalidCall(
                "This error has lost its client: call the client's `sign_in_again` with the error's `user_id`.",
                code="invalid_option",
                detail="client",
            )
        return caller.client.over(caller).sign_in_again(**given)

    def _knows(self, caller: Caller | AsyncCaller) -> None:
        self._private.caller = caller


class SignInRequired(PersonNeeded):
    """Send the person through sign-in again: `error.authorization_url()` begins it."""


class ScopeRequired(PersonNeeded):
    """Ask the person for `missing_scopes` with a new authorization: `error.authorization_url()` begins it."""


class InvalidCall(LoopError):
    """Change the call or the options: repeating it can't help."""


class OperatorError(LoopError):
    """Something about the deployment, the registration or the platform needs its operator."""


class UnderlyingError(Exception):
    """What lies under a LoopError, as its `__cause__`: a text for the log."""


_CLASSES: dict[str, type[LoopError]] = {
    "retry": RetryLater,
    "sign_in_again": SignInRequired,
    "ask_for_scope": ScopeRequired,
    "fix_call": InvalidCall,
    "call_operator": OperatorError,
}


def _cause_text(cause: BaseException | None) -> str:
    # An exception of the application's own code, such as its store's, may quote a value.
    return str(cause) if isinstance(cause, UnderlyingError) else type(cause).__name__ if cause else ""


def _restore(cls: type[LoopError], message: str, cause: str, user_id: str | None) -> LoopError:
    error = cls.__new__(cls, message)
    error._private = _Private(user_id)
    if cause:
        error.__cause__ = UnderlyingError(cause)
    return error


def from_native(text: str, raised: BaseException | None) -> LoopError:
    """Makes the exception of an error of core, from its JSON. The native module calls it.

    `raised` is what the application's own code raised underneath, such as its store.
    """
    fields: dict[str, Any] = json.loads(text)
    error = _CLASSES[fields["action"]](
        fields["message"],
        code=cast("ErrorCode", fields["code"]),
        retry_after_ms=fields["retry_after_ms"],
        status=fields["status"],
        request_id=fields["request_id"],
        detail=fields["detail"],
        user_id=fields.get("user_id"),
        missing_scopes=fields.get("missing_scopes") or (),
    )
    if raised is not None:
        error.__cause__ = raised
    elif fields["cause"]:
        error.__cause__ = UnderlyingError(fields["cause"])
    return error
