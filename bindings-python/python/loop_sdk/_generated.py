"""Services, enums and error codes. Written by `cargo xtask codegen`; do not edit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal

from loop_sdk._arguments import Arguments

if TYPE_CHECKING:
    from loop_sdk._native import Page, Biomarker, Protocol

#: Calls the native client.
Call = Callable[[str, Arguments, "float | None"], Any]

#: What to do about an error.
Action = Literal[
    "retry",
    "sign_in_again",
    "ask_for_scope",
    "fix_call",
    "call_operator",
]

#: What went wrong; stable, and the same in every language.
ErrorCode = Literal[
    "missing_option",
    "invalid_option",
    "store_required",
    "store_unavailable",
    "store_busy",
    "store_record_unreadable",
    "invalid_callback",
    "duplicate_parameter",
    "state_missing",
    "state_unknown",
    "state_expired",
    "already_completed",
    "browser_mismatch",
    "issuer_mismatch",
    "access_denied",
    "authorization_rejected",
    "authorization_unavailable",
    "code_rejected",
    "exchange_outcome_unknown",
    "client_rejected",
    "token_request_rejected",
    "token_answer_invalid",
    "id_token_missing",
    "id_token_malformed",
    "id_token_issuer",
    "id_token_audience",
    "id_token_nonce",
    "id_token_signature",
    "id_token_algorithm",
    "id_token_key_unknown",
    "id_token_expired",
    "user_mismatch",
    "not_connected",
    "grant_ended",
    "refresh_outcome_unknown",
    "refresh_in_progress",
    "token_not_saved",
    "grant_exists",
    "revoke_unconfirmed",
    "access_token_rejected",
    "scope_required",
    "forbidden",
    "not_found",
    "conflict",
    "invalid_request",
    "rate_limited",
    "server_unavailable",
    "unreachable",
    "timeout",
    "answer_invalid",
    "answer_too_large",
    "cancelled",
    "internal",
]

#: Every code's action.
ACTIONS: Final[dict[ErrorCode, Action]] = {
    "missing_option": "fix_call",
    "invalid_option": "fix_call",
    "store_required": "fix_call",
    "store_unavailable": "call_operator",
    "store_busy": "retry",
    "store_record_unreadable": "call_operator",
    "invalid_callback": "sign_in_again",
    "duplicate_parameter": "sign_in_again",
    "state_missing": "sign_in_again",
    "state_unknown": "sign_in_again",
    "state_expired": "sign_in_again",
    "already_completed": "sign_in_again",
    "browser_mismatch": "sign_in_again",
    "issuer_mismatch": "call_operator",
    "access_denied": "sign_in_again",
    "authorization_rejected": "call_operator",
    "authorization_unavailable": "sign_in_again",
    "code_rejected": "sign_in_again",
    "exchange_outcome_unknown": "sign_in_again",
    "client_rejected": "call_operator",
    "token_request_rejected": "call_operator",
    "token_answer_invalid": "call_operator",
    "id_token_missing": "call_operator",
    "id_token_malformed": "call_operator",
    "id_token_issuer": "call_operator",
    "id_token_audience": "call_operator",
    "id_token_nonce": "sign_in_again",
    "id_token_signature": "call_operator",
    "id_token_algorithm": "call_operator",
    "id_token_key_unknown": "call_operator",
    "id_token_expired": "sign_in_again",
    "user_mismatch": "sign_in_again",
    "not_connected": "sign_in_again",
    "grant_ended": "sign_in_again",
    "refresh_outcome_unknown": "sign_in_again",
    "refresh_in_progress": "retry",
    "token_not_saved": "retry",
    "grant_exists": "fix_call",
    "revoke_unconfirmed": "retry",
    "access_token_rejected": "call_operator",
    "scope_required": "ask_for_scope",
    "forbidden": "fix_call",
    "not_found": "fix_call",
    "conflict": "fix_call",
    "invalid_request": "fix_call",
    "rate_limited": "retry",
    "server_unavailable": "retry",
    "unreachable": "retry",
    "timeout": "retry",
    "answer_invalid": "call_operator",
    "answer_too_large": "call_operator",
    "cancelled": "retry",
    "internal": "call_operator",
}

#: Where a value stands in its reference range. Others are kept as they came.
BiomarkerStatus = Literal["normal", "low", "high", "critical"] | str


class Clinical:
    """The person's clinical record."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def list_biomarkers(self, *, user_id: str, timeout: float | None = None) -> Page[Biomarker]:
        """Lists the person's own lab results, newest first.

        Source: the platform's quickstart, step 5.

        Needs the scope `read:biomarkers`. `timeout` is in seconds.
        """
        result: Page[Biomarker] = self._call("clinical.list_biomarkers", Arguments(user_id=user_id), timeout)
        return result

    def get_protocol(self, protocol_id: str, *, user_id: str, timeout: float | None = None) -> Protocol:
        """Returns one protocol of the clinical catalogue.

        Source: the platform's API page `clinical/protocol`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `protocol_id`: The protocol's id.
        """
        result: Protocol = self._call("clinical.get_protocol", Arguments(user_id=user_id, protocol_id=protocol_id), timeout)
        return result


class UserClinical:
    """The person's clinical record. For one user."""

    __slots__ = ("_call", "_user_id")

    def __init__(self, call: Call, user_id: str) -> None:
        self._call = call
        self._user_id = user_id

    def list_biomarkers(self, *, timeout: float | None = None) -> Page[Biomarker]:
        """Lists the person's own lab results, newest first.

        Source: the platform's quickstart, step 5.

        Needs the scope `read:biomarkers`. `timeout` is in seconds.
        """
        result: Page[Biomarker] = self._call("clinical.list_biomarkers", Arguments(user_id=self._user_id), timeout)
        return result

    def get_protocol(self, protocol_id: str, *, timeout: float | None = None) -> Protocol:
        """Returns one protocol of the clinical catalogue.

        Source: the platform's API page `clinical/protocol`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `protocol_id`: The protocol's id.
        """
        result: Protocol = self._call("clinical.get_protocol", Arguments(user_id=self._user_id, protocol_id=protocol_id), timeout)
        return result


class Services:
    """Every service, with the user at each call."""

    def __init__(self, call: Call) -> None:
        #: The person's clinical record.
        self.clinical = Clinical(call)


class UserServices:
    """Every service, for one user."""

    def __init__(self, call: Call, user_id: str) -> None:
        #: The person's clinical record.
        self.clinical = UserClinical(call, user_id)
