"""The errors: one class per action, so that `except` says what to do, with a stable `code` inside."""

from __future__ import annotations

from typing import Any, cast

from loop_sdk._codes import ACTIONS, Action, ErrorCode

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
    """

    message: str
    code: ErrorCode
    action: Action
    retry_after_ms: int | None
    status: int | None
    request_id: str | None
    detail: str | None

    def __init__(
        self,
        message: str,
        *,
        code: ErrorCode,
        retry_after_ms: int | None = None,
        status: int | None = None,
        request_id: str | None = None,
        detail: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.action = ACTIONS[code]
        self.retry_after_ms = retry_after_ms
        self.status = status
        self.request_id = request_id
        self.detail = detail

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r}, code={self.code!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickled exception loses its cause, which a task queue's log would miss.
        return _restore, (type(self), self.message, str(self.__cause__ or "")), self.__dict__.copy()


class RetryLater(LoopError):
    """Try the same call again, after `retry_after_ms` where it is given."""


class SignInRequired(LoopError):
    """Send the person through sign-in again."""


class ScopeRequired(LoopError):
    """Ask the person for the missing scope, which `detail` names, with a new authorization."""


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


def _restore(cls: type[LoopError], message: str, cause: str) -> LoopError:
    error = cls.__new__(cls, message)
    if cause:
        error.__cause__ = UnderlyingError(cause)
    return error


def from_native(
    code: str,
    action: str,
    message: str,
    retry_after_ms: int | None,
    status: int | None,
    request_id: str | None,
    detail: str | None,
    cause: str | None,
) -> LoopError:
    """Makes the exception of an error of core. The native module calls it."""
    error = _CLASSES[action](
        message,
        code=cast("ErrorCode", code),
        retry_after_ms=retry_after_ms,
        status=status,
        request_id=request_id,
        detail=detail,
    )
    if cause:
        error.__cause__ = UnderlyingError(cause)
    return error
