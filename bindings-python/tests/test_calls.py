"""Calls for a signed-in person: records, other requests, the life of a grant, and what can go wrong."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from conftest import Connect, failure, free_port

from loop_sdk import InvalidCall, LoopClient, OperatorError, RetryLater, ScopeRequired, SignInRequired, Tokens
from loop_sdk.testing import Sandbox, SandboxError, SandboxMissing, sandbox


def test_a_protocol_is_read_by_its_id(loop: LoopClient, tokens: Tokens) -> None:
    protocol_id = "prt_iron_vitamin_d"
    protocol = loop.clinical.get_protocol(protocol_id, user_id=tokens.user_id)
    assert protocol == loop.user(tokens.user_id).clinical.get_protocol(protocol_id)
    assert protocol.id == protocol_id and isinstance(protocol.criteria, dict) and protocol.active is True
    assert protocol.to_dict()["criteria"] == protocol.criteria


def test_a_missing_protocol_says_so(loop: LoopClient, tokens: Tokens) -> None:
    error = failure(lambda: loop.clinical.get_protocol("none", user_id=tokens.user_id))
    assert (error.code, error.status, type(error)) == ("not_found", 404, InvalidCall)
    assert error.request_id and error.request_id.startswith("req_")


def test_anything_else_is_a_request(loop: LoopClient, tokens: Tokens) -> None:
    answer = loop.request(user_id=tokens.user_id, service="clinical", path="/v1/biomarkers/me", query={"limit": 3})
    assert answer.status == 200 and answer.request_id and answer.body
    for wrong in ("v1", "//evil.example/", "/v1/../../identity"):
        error = failure(lambda wrong=wrong: loop.request(user_id=tokens.user_id, service="clinical", path=wrong))  # type: ignore[misc]
        assert error.detail == "path"


def test_a_missing_scope_is_named(loop: LoopClient, connect: Connect) -> None:
    tokens = connect(loop, scopes=["read:protocols"])
    error = failure(lambda: loop.clinical.list_biomarkers(user_id=tokens.user_id))
    assert (error.code, type(error), error.detail) == ("scope_required", ScopeRequired, "read:biomarkers")


def test_an_unknown_user_is_not_connected(loop: LoopClient) -> None:
    error = failure(lambda: loop.clinical.list_biomarkers(user_id="user_nobody"))
    assert (error.code, type(error)) == ("not_connected", SignInRequired)


def test_a_grant_that_the_person_ended_asks_for_a_new_sign_in(
    loop: LoopClient, tokens: Tokens, loop_sandbox: Sandbox
) -> None:
    loop_sandbox.revoke_grant(tokens.user_id)
    error = failure(lambda: loop.clinical.list_biomarkers(user_id=tokens.user_id))
    assert isinstance(error, (SignInRequired, OperatorError))


def test_revoking_ends_the_grant_and_a_second_time_is_no_error(
    loop: LoopClient, tokens: Tokens, loop_sandbox: Sandbox
) -> None:
    loop.revoke(user_id=tokens.user_id)
    loop.revoke(user_id=tokens.user_id)
    assert failure(lambda: loop.access_token(user_id=tokens.user_id)).code == "not_connected"
    assert [entry["path"] for entry in loop_sandbox.journal()].count("/v1/oauth/revoke") == 2


def test_a_grant_of_the_app_is_imported_once(loop: LoopClient) -> None:
    def bring(**more: Any) -> str:
        return loop.import_grant(user_id="u", refresh_token="lph_rt_own", scopes={"read:biomarkers"}, **more)

    in_an_hour = datetime.now(timezone.utc) + timedelta(hours=1)
    assert bring(access_token="lph_at_own", expires_at=in_an_hour) == "imported"
    assert bring() == "already_held"
    assert loop.access_token(user_id="u") == "lph_at_own"
    held = failure(lambda: loop.import_grant(user_id="u", refresh_token="lph_rt_other"))
    assert (held.code, type(held)) == ("grant_exists", InvalidCall)
    assert loop.import_grant(user_id="u", refresh_token="lph_rt_new", replace=True) == "imported"
    assert bring() == "known_spent"


def test_an_imported_end_is_a_moment_or_seconds(loop: LoopClient) -> None:
    later = time.time() + 3600
    loop.import_grant(user_id="u", refresh_token="r", access_token="a", expires_at=later)
    assert loop.access_token(user_id="u") == "a"
    naive = datetime.now()
    error = failure(lambda: loop.import_grant(user_id="v", refresh_token="r", expires_at=naive))
    assert (error.code, error.detail) == ("invalid_option", "expires_at")


def test_a_sandbox_that_is_not_running_is_named_with_its_command() -> None:
    environment = f"http://127.0.0.1:{free_port()}/{{service}}"
    loop = LoopClient("client_1", environment=environment, store="memory:")
    loop.import_grant(user_id="u", refresh_token="r", access_token="a", expires_at=time.time() + 3600)
    error = failure(lambda: loop.clinical.list_biomarkers(user_id="u"))
    assert (error.code, type(error)) == ("unreachable", RetryLater)
    assert "loop-sandbox serve" in error.message
    assert error.__cause__ is not None


def test_a_database_that_cannot_be_written_is_named(loop_sandbox: Sandbox, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    loop = LoopClient(**loop_sandbox.options(), store=f"sqlite:///{in_the_way}/grants.db")
    error = failure(lambda: loop.authorization_url())
    assert (error.code, type(error)) == ("store_unavailable", OperatorError)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("client_id", " "),
        ("client_id", 5),
        ("client_secret", 5),
        ("redirect_uri", "callback"),
        ("redirect_uri", "http://app.example/callback"),
        ("redirect_uri", "https://app.example/callback?x=1"),
        ("scopes", ["a b"]),
        ("scopes", 5),
        ("environment", "prod"),
        ("environment", "http://example.com/{service}"),
        ("environment", {"isuer": "x"}),
        ("environment", object()),
        ("store", "mysql://x"),
        ("store", 5),
        ("identify", "yes"),
        ("check_browser", 1),
        ("timeout", 0),
        ("timeout", -1),
        ("timeout", float("nan")),
        ("timeout", "5"),
    ],
)
def test_every_wrong_option_is_named(option: str, value: Any) -> None:
    options: dict[str, Any] = {"client_id": "client_1", "store": "memory:", option: value}
    error = failure(lambda: LoopClient(**options))
    assert isinstance(error, InvalidCall) and error.detail == option and f"`{option}`" in error.message


def test_missing_options_name_themselves_and_their_variable(loop_sandbox: Sandbox) -> None:
    error = failure(lambda: LoopClient())
    assert (error.code, error.detail) == ("missing_option", "client_id") and "LOOP_CLIENT_ID" in error.message
    bare = LoopClient("client_1", environment=loop_sandbox.environment, store="memory:")
    assert failure(lambda: bare.authorization_url()).detail == "scopes"
    assert failure(lambda: bare.authorization_url(scopes="read:biomarkers")).detail == "redirect_uri"


def test_options_come_from_the_environment_and_arguments_win(
    loop_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**loop_sandbox.variables(), "LOOP_STORE": "memory:"}.items():
        monkeypatch.setenv(name, value)
    assert LoopClient().redirect_uri == loop_sandbox.redirect_uri
    assert LoopClient(redirect_uri="http://localhost/other").redirect_uri == "http://localhost/other"


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf")])
def test_a_wrong_time_limit_is_named(loop: LoopClient, timeout: float) -> None:
    assert failure(lambda: loop.access_token(user_id="u", timeout=timeout)).detail == "timeout"


def test_arguments_that_json_cannot_hold_are_named(loop: LoopClient) -> None:
    body = {"when": datetime.now()}
    error = failure(lambda: loop.request(user_id="u", service="clinical", path="/v1", method="POST", body=body))
    assert error.detail == "body"


def test_a_sandbox_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SandboxError, match="did not start"), sandbox(database=tmp_path / "no" / "such" / "folder"):
        pass
    monkeypatch.setenv("LOOP_SANDBOX", str(tmp_path / "none"))
    with pytest.raises(SandboxMissing, match="LOOP_SANDBOX"), sandbox():
        pass
    monkeypatch.delenv("LOOP_SANDBOX")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(SandboxMissing, match="pip install loop-sandbox"), sandbox():
        pass


def test_a_body_that_is_nested_too_deeply_is_named(loop: LoopClient) -> None:
    for depth in (200, 5000, 200_000):
        body: list[object] = []
        for _ in range(depth):
            body = [body]
        error = failure(lambda: loop.request(user_id="u", service="clinical", path="/v1/x", method="POST", body=body))  # noqa: B023
        assert isinstance(error, InvalidCall) and "deeply" in error.message
