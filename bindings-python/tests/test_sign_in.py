"""A person signs in, the app reads their data; and what happens when the callback is not the one that was expected."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from conftest import Connect, failure
from werkzeug.datastructures import MultiDict

from loop_sdk import InvalidCall, LoopClient, OperatorError, SignInRequired, Tokens
from loop_sdk.testing import Sandbox, sandbox


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_person_signs_in_and_the_app_reads_their_biomarkers(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    begun = loop.authorization_url(app_state="/results?tab=1")
    callback_url = loop_sandbox.sign_in(begun.url, "ada")
    tokens = loop.handle_callback(callback_url, begun.browser_secret)

    assert tokens.user_id.startswith("user_") and tokens.claims["sub"] == tokens.user_id
    assert set(tokens.scopes) == {"openid", "profile", "read:biomarkers", "read:protocols"}
    assert timedelta(minutes=59) < tokens.expires_at - datetime.now(timezone.utc) < timedelta(minutes=61)
    assert tokens.app_state == "/results?tab=1"
    assert tokens.access_token == loop.access_token(user_id=tokens.user_id)

    page = loop.clinical.list_biomarkers(user_id=tokens.user_id)
    assert len(page) == 14 and {"low", "high"} <= {biomarker.status for biomarker in page}
    assert loop.user(tokens.user_id).clinical.list_biomarkers() == page


def test_a_callback_is_read_from_a_url_a_query_or_a_parsed_query(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    for form in ("url", "query", "dict", "multidict", "parse_qs"):
        begun = loop.authorization_url()
        url = loop_sandbox.sign_in(begun.url)
        query = urlsplit(url).query
        callback: Any = {
            "url": url,
            "query": query,
            "dict": query_of(url),
            "multidict": MultiDict(query_of(url)),
            "parse_qs": parse_qs(query),
        }[form]
        assert isinstance(loop.handle_callback(callback, begun.browser_secret), Tokens), form


def test_exchange_code_works_as_in_the_quickstart(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    callback = query_of(loop_sandbox.sign_in(loop.authorization_url().url))
    tokens = loop.exchange_code(callback["code"], callback["state"])
    assert loop.clinical.list_biomarkers(user_id=tokens.user_id)


@pytest.mark.parametrize(
    ("code", "state", "expected"),
    [
        (None, "s", "invalid_callback"),
        ("c", None, "state_missing"),
        ("c", "unknown", "state_unknown"),
        (["c", "d"], "s", "duplicate_parameter"),
        ("c", ["s", "t"], "duplicate_parameter"),
    ],
)
def test_exchange_code_names_what_is_wrong(
    loop: LoopClient, code: str | list[str] | None, state: str | list[str] | None, expected: str
) -> None:
    assert failure(lambda: loop.exchange_code(code, state)).code == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "state_missing"),
        ("state=s", "invalid_callback"),
        ("code=c", "state_missing"),
        ("code=c&state=unknown", "state_unknown"),
        ("code=c&code=d&state=s", "duplicate_parameter"),
        ("code=c&state=s&state=t", "duplicate_parameter"),
        ("error=access_denied&state=unknown", "state_unknown"),
    ],
)
def test_a_wrong_callback_asks_for_a_new_sign_in(loop: LoopClient, query: str, expected: str) -> None:
    forms: list[Any] = [query, f"http://localhost:3000/callback?{query}", MultiDict(parse_qs(query))]
    for form in forms:
        if form == "":
            continue
        error = failure(lambda form=form: loop.handle_callback(form, "a" * 43))  # type: ignore[misc]
        assert (error.code, type(error)) == (expected, SignInRequired)


def test_a_foreign_state_is_unknown(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    stranger = LoopClient(**loop_sandbox.options(), store="memory:")
    begun = stranger.authorization_url()
    callback_url = loop_sandbox.sign_in(begun.url)
    assert failure(lambda: loop.handle_callback(callback_url, begun.browser_secret)).code == "state_unknown"
    assert stranger.handle_callback(callback_url, begun.browser_secret)


def test_another_browser_is_refused_and_the_right_one_may_still_finish(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    begun = loop.authorization_url()
    callback_url = loop_sandbox.sign_in(begun.url)
    for secret in (None, "", "x" * 43, loop.authorization_url().browser_secret):
        error = failure(lambda secret=secret: loop.handle_callback(callback_url, secret))  # type: ignore[misc]
        assert error.code == "browser_mismatch" and "127.0.0.1" in error.message
    assert loop.handle_callback(callback_url, begun.browser_secret)


def test_two_tabs_share_one_browser_secret(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    first = loop.authorization_url()
    second = loop.authorization_url(browser_secret=first.browser_secret)
    assert second.browser_secret == first.browser_secret
    for begun in (second, first):
        assert loop.handle_callback(loop_sandbox.sign_in(begun.url), first.browser_secret)


def test_a_browser_need_not_be_checked_where_the_app_says_so(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    assert loop.handle_callback(loop_sandbox.sign_in(loop.authorization_url(check_browser=False).url))


def test_a_reload_is_told_apart_and_sends_nothing(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    begun = loop.authorization_url()
    callback_url = loop_sandbox.sign_in(begun.url)
    loop.handle_callback(callback_url, begun.browser_secret)
    error = failure(lambda: loop.handle_callback(callback_url, begun.browser_secret))
    assert error.code == "already_completed"
    assert len(loop_sandbox.token_requests("authorization_code")) == 1


def test_an_expired_state_is_refused(loop_sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "grants.db"
    loop = LoopClient(**loop_sandbox.options(), store=f"sqlite:///{file}")
    begun = loop.authorization_url()
    callback_url = loop_sandbox.sign_in(begun.url)
    with sqlite3.connect(file) as database:
        # Ten minutes in a moment: the stored sign-in says that it ended long ago.
        change = "UPDATE loop_entry SET blob = CAST(json_set(CAST(blob AS TEXT), '$.expires_at', 1) AS BLOB)"
        assert database.execute(change).rowcount == 1
    database.close()
    assert failure(lambda: loop.handle_callback(callback_url, begun.browser_secret)).code == "state_expired"


def test_denying_is_a_code_of_its_own(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    begun = loop.authorization_url()
    callback_url = loop_sandbox.sign_in(begun.url, allow=False)
    error = failure(lambda: loop.handle_callback(callback_url, begun.browser_secret))
    assert (error.code, error.action) == ("access_denied", "sign_in_again")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("invalid_scope", "authorization_rejected"),
        ("unauthorized_client", "authorization_rejected"),
        ("server_error", "authorization_unavailable"),
        ("temporarily_unavailable", "authorization_unavailable"),
        ("something_new", "authorization_rejected"),
    ],
)
def test_every_other_error_of_the_callback_has_a_code(loop: LoopClient, error: str, expected: str) -> None:
    begun = loop.authorization_url()
    query = urlencode({"error": error, "error_description": "canary", "state": begun.state})
    found = failure(lambda: loop.handle_callback(query, begun.browser_secret))
    assert found.code == expected and "canary" not in str(found)


def test_an_expired_code_is_rejected(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    begun = loop.authorization_url()
    callback_url = loop_sandbox.sign_in(begun.url)
    loop_sandbox.advance_clock(3600)
    assert failure(lambda: loop.handle_callback(callback_url, begun.browser_secret)).code == "code_rejected"


def test_a_used_code_and_another_ones_verifier_are_rejected(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    first, second = loop.authorization_url(), loop.authorization_url()
    code = query_of(loop_sandbox.sign_in(first.url))["code"]
    # The code belongs to the first sign-in's verifier.
    assert failure(lambda: loop.exchange_code(code, second.state)).code == "code_rejected"
    third = loop.authorization_url()
    loop.exchange_code(query_of(loop_sandbox.sign_in(third.url))["code"], third.state)
    fourth = loop.authorization_url()
    assert failure(lambda: loop.exchange_code(code, fourth.state)).code == "code_rejected"


def test_a_code_for_another_redirect_uri_is_rejected() -> None:
    other = "http://localhost:3000/other"
    with sandbox(arguments=["--redirect-uri", other]) as box:
        loop = LoopClient(**box.options(), store="memory:")
        elsewhere = LoopClient(**{**box.options(), "redirect_uri": other}, store="memory:")  # type: ignore[arg-type]
        code = query_of(box.sign_in(elsewhere.authorization_url().url))["code"]
        state = loop.authorization_url().state
        assert failure(lambda: loop.exchange_code(code, state)).code == "code_rejected"


def test_a_wrong_secret_is_the_operators_business(loop_sandbox: Sandbox) -> None:
    options = {**loop_sandbox.options(), "client_secret": "secret_wrong_canary"}
    loop = LoopClient(**options, store="memory:")  # type: ignore[arg-type]
    begun = loop.authorization_url()
    callback_url = loop_sandbox.sign_in(begun.url)
    error = failure(lambda: loop.handle_callback(callback_url, begun.browser_secret))
    assert (error.code, type(error)) == ("client_rejected", OperatorError)
    assert "client_secret" in error.message and "canary" not in str(error)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("wrong_issuer", "id_token_issuer"),
        ("wrong_audience", "id_token_audience"),
        ("wrong_nonce", "id_token_nonce"),
        ("missing_nonce", "id_token_nonce"),
        ("wrong_signature", "id_token_signature"),
        ("alg_none", "id_token_algorithm"),
        ("alg_hs256", "id_token_algorithm"),
        ("unknown_kid", "id_token_key_unknown"),
        ("expired", "id_token_expired"),
        ("malformed", "id_token_malformed"),
        ("missing", "id_token_missing"),
    ],
)
def test_a_wrong_id_token_is_refused_and_nothing_is_kept(
    loop: LoopClient, loop_sandbox: Sandbox, kind: str, expected: str
) -> None:
    loop_sandbox.next_id_token(kind)
    begun = loop.authorization_url()
    callback_url = loop_sandbox.sign_in(begun.url)
    assert failure(lambda: loop.handle_callback(callback_url, begun.browser_secret)).code == expected
    assert any(entry["path"] == "/v1/oauth/revoke" for entry in loop_sandbox.journal())


def test_another_person_than_expected_is_refused(loop: LoopClient, loop_sandbox: Sandbox, connect: Connect) -> None:
    ada = connect(loop).user_id
    begun = loop.authorization_url(user_id=ada)
    callback_url = loop_sandbox.sign_in(begun.url, "ben")
    assert failure(lambda: loop.handle_callback(callback_url, begun.browser_secret)).code == "user_mismatch"


def test_a_client_that_does_not_identify_names_the_user_itself(loop_sandbox: Sandbox) -> None:
    options = {**loop_sandbox.options(), "scopes": ["read:biomarkers"]}
    loop = LoopClient(**options, store="memory:", identify=False)  # type: ignore[arg-type]
    assert failure(lambda: loop.authorization_url()).detail == "user_id"
    begun = loop.authorization_url(user_id="my-own-id")
    tokens = loop.handle_callback(loop_sandbox.sign_in(begun.url), begun.browser_secret)
    assert (tokens.user_id, tokens.claims) == ("my-own-id", {})


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "results", "/\\evil"])
def test_the_app_state_can_only_lead_back_to_the_app(loop: LoopClient, path: str) -> None:
    error = failure(lambda: loop.authorization_url(app_state=path))
    assert isinstance(error, InvalidCall) and error.detail == "app_state"
