"""Errors: one class per action, picklable, and the same codes as every other language."""

from __future__ import annotations

import json
import pickle
from typing import get_args

import pytest
from conftest import ROOT, failure

from loop_sdk import (
    Action,
    ErrorCode,
    InvalidCall,
    LoopClient,
    LoopError,
    OperatorError,
    RetryLater,
    ScopeRequired,
    SignInRequired,
    UnderlyingError,
    _codes,
    _native,
    errors,
)


def test_codes_and_actions_are_those_of_every_language() -> None:
    known = json.loads((ROOT / "conformance" / "codes.json").read_text())
    assert list(get_args(ErrorCode)) == list(known["codes"]) and known["codes"] == _codes.ACTIONS
    assert list(get_args(Action)) == known["actions"] == list(errors._CLASSES)


@pytest.mark.parametrize(
    ("cls", "code", "action"),
    [
        (RetryLater, "rate_limited", "retry"),
        (SignInRequired, "grant_ended", "sign_in_again"),
        (ScopeRequired, "scope_required", "ask_for_scope"),
        (InvalidCall, "invalid_option", "fix_call"),
        (OperatorError, "client_rejected", "call_operator"),
    ],
)
def test_each_action_has_its_class(cls: type[LoopError], code: str, action: str) -> None:
    flat = {
        "code": code,
        "action": action,
        "message": "A sentence.",
        "retry_after_ms": 1500,
        "status": 429,
        "request_id": "req_1",
        "detail": "detail",
        "cause": "the cause",
        "user_id": "user_canary",
        "missing_scopes": ["read:protocols"],
    }
    error = errors.from_native(json.dumps(flat), None)
    assert type(error) is cls and isinstance(error, LoopError)
    assert (error.code, error.action, error.message, str(error)) == (code, action, "A sentence.", "A sentence.")
    assert (error.retry_after_ms, error.status, error.request_id, error.detail) == (1500, 429, "req_1", "detail")
    assert isinstance(error.__cause__, UnderlyingError) and str(error.__cause__) == "the cause"
    assert repr(error) == f"{cls.__name__}('A sentence.', code='{code}')"
    assert (error.user_id, error.missing_scopes) == ("user_canary", ("read:protocols",))
    assert "user_canary" not in f"{error!r} {error} {error.__dict__} {error.__cause__} {error.args} {error._private}"

    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls and again.__dict__ == error.__dict__ and str(again) == str(error)
    assert str(again.__cause__) == "the cause" and again.user_id == "user_canary"


def test_what_the_apps_own_code_raised_is_the_cause_and_its_text_is_not_pickled() -> None:
    raised = ValueError("canary")
    flat = {"code": "store_unavailable", "action": "call_operator", "message": "No.", "cause": "`store.load` raised"}
    absent = dict.fromkeys(["retry_after_ms", "status", "request_id", "detail"])
    error = errors.from_native(json.dumps({**flat, **absent}), raised)
    assert error.__cause__ is raised and error.user_id is None and error.missing_scopes == ()
    pickled = pickle.dumps(error)
    assert b"canary" not in pickled and str(pickle.loads(pickled).__cause__) == "ValueError"


def test_an_error_that_lost_its_client_says_so() -> None:
    error = pickle.loads(pickle.dumps(SignInRequired("Gone.", code="grant_ended", user_id="u")))
    lost = failure(lambda: error.authorization_url(browser_secret="canary"))
    assert (lost.code, lost.detail) == ("invalid_option", "client") and "sign_in_again" in lost.message


def test_an_app_can_pickle_its_own_subclass() -> None:
    error = pickle.loads(pickle.dumps(Own("Mine.", code="conflict")))
    assert type(error) is Own and error.code == "conflict" and error.__cause__ is None


class Own(InvalidCall):
    """An error class of an app."""


def test_a_panic_is_a_defect_without_its_text(capfd: pytest.CaptureFixture[str]) -> None:
    crash = getattr(_native, "_panic", None)
    if crash is None:
        pytest.skip("release builds have no way to panic on request")
    error = failure(lambda: crash("canary"))
    assert (error.code, type(error)) == ("internal", OperatorError)
    assert error.detail and error.detail.startswith("client.rs:")
    out, err = capfd.readouterr()
    assert "canary" not in f"{error!r} {error} {error.__dict__} {error.__cause__} {out} {err}"


def test_an_unknown_method_is_an_error_of_the_call(loop: LoopClient) -> None:
    assert failure(lambda: loop._call.native.call("no_such", "{}", None)).detail == "method"
