"""The canary: no token, secret, code, verifier or clinical value in anything that is printed."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import failure

from loop_sdk import LoopClient, LoopError, Tokens, UnderlyingError
from loop_sdk.testing import Sandbox


def printed(*values: object) -> str:
    out = []
    for value in values:
        out += [repr(value), str(value), f"{value}", f"{value!r}", "%s" % value, repr([value]), repr({"x": value})]  # noqa: UP031
    return " ".join(out)


def shown(call: Callable[[], object]) -> str:
    """A traceback as error trackers make it: with local variables, of the SDK's own frames and the causes."""
    try:
        call()
    except LoopError as error:
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
        frames = [frame for frame in trace.stack if "loop_sdk" in frame.filename and "tests" not in frame.filename]
        assert frames
        values = [f"{name}={value}" for frame in frames for name, value in (frame.locals or {}).items()]
        return " ".join([*values, printed(error, error.__cause__), str(error.__dict__)])
    raise AssertionError("it did not fail")


def test_nothing_that_is_printed_holds_a_secret_or_a_value(
    loop_sandbox: Sandbox, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    loop = LoopClient(**loop_sandbox.options(), store="memory:")
    begun = loop.authorization_url()
    callback_url = loop_sandbox.sign_in(begun.url)
    tokens = loop.handle_callback(callback_url, begun.browser_secret)
    page = loop.clinical.list_biomarkers(user_id=tokens.user_id)
    user = loop.user(tokens.user_id)
    answer = loop.request(user_id=tokens.user_id, service="clinical", path="/v1/biomarkers/me")
    text = printed(loop, begun, tokens, page, page[0], page.items, user, user.clinical, loop.clinical, answer)
    text += printed(loop_sandbox, loop._call.native)

    code = parse_qs(urlsplit(callback_url).query)["code"][0]
    canaries = {code, begun.state, begun.browser_secret, tokens.access_token, loop_sandbox.client_secret}
    canaries |= {tokens.user_id, tokens.claims["nonce"], "lph_at_", "lph_rt_", "secret_"}
    for biomarker in page:
        canaries |= {biomarker.id, biomarker.biomarker_name, biomarker.collected_at}
    out, err = capfd.readouterr()
    for canary in canaries:
        assert canary and canary not in text + out + err + caplog.text


def test_json_without_a_form_prints_without_its_values_and_is_whole_as_data(loop: LoopClient, tokens: Tokens) -> None:
    user = loop.user(tokens.user_id)
    protocol = user.clinical.get_protocol("prt_iron_vitamin_d")
    answer = user.request(service="clinical", path="/v1/biomarkers/me")
    whole = protocol.to_dict()
    rule, listed = protocol.criteria["any"][0], answer.body["results"]
    values = [protocol.criteria, protocol.criteria["any"], rule, protocol.recommendations, protocol.contraindications]
    values += [answer.body, listed, listed[0], tokens.claims, protocol.criteria.copy(), listed.copy()]
    values += [pickle.loads(pickle.dumps(protocol.criteria)), copy.deepcopy(listed)]
    for value in values:
        # As Sentry asks values first.
        text = printed(value) + pprint.pformat(value) + value.__sentry_repr__()
        assert "values hidden" in text
        for canary in ("ferritin", "biomarker_code", tokens.user_id, str(whole["contraindications"][0])):
            assert canary not in text
    assert rule["biomarker_code"] == "ferritin"
    assert json.loads(json.dumps(protocol.criteria)) == protocol.criteria == whole["criteria"]
    assert isinstance(protocol.criteria, dict) and isinstance(protocol.contraindications, list)
    # `to_dict()` is what the app asked for: plain types, which print.
    assert "ferritin" in repr(whole) and tokens.user_id in repr(tokens.to_dict()["claims"])


def test_no_error_and_no_traceback_with_locals_holds_a_secret(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    secret = "canary-secret"

    def broken() -> LoopClient:
        return LoopClient("client_1", secret, store="nowhere:")

    begun = loop.authorization_url()
    callback_url = loop_sandbox.sign_in(begun.url)
    tokens = loop.handle_callback(callback_url, begun.browser_secret)
    loop_sandbox.next_token_answer(400, '{"error": "invalid_grant", "error_description": "canary-answer"}')
    again = loop.authorization_url()
    fresh_url = loop_sandbox.sign_in(again.url)
    texts = [
        shown(broken),
        shown(lambda: loop.exchange_code("canary-code", "canary-state")),
        shown(lambda: loop.handle_callback(callback_url, begun.browser_secret)),
        shown(lambda: loop.handle_callback(fresh_url, again.browser_secret)),
        shown(lambda: loop.authorization_url(browser_secret="canary-browser", app_state="//x")),
        shown(lambda: loop.import_grant(user_id="u", refresh_token="canary-rt", expires_at=-1.0)),
        shown(lambda: loop.request(user_id="u", service="x/", path="/", body={"v": "canary-body"})),
        shown(lambda: loop.clinical.get_protocol("none", user_id=tokens.user_id)),
    ]
    secrets = [begun.state, begun.browser_secret, again.state, again.browser_secret, tokens.access_token]
    for text in texts:
        assert "canary" not in text
        assert not any(secret in text for secret in secrets)


def test_a_damaged_answer_is_refused_without_quoting_it(loop: LoopClient, loop_sandbox: Sandbox) -> None:
    for body, kind in [('{"access_token": "canary', "application/json"), ("<html>canary</html>", "text/html")]:
        loop_sandbox.next_token_answer(200, body, kind)
        begun = loop.authorization_url()
        url = loop_sandbox.sign_in(begun.url)
        assert "canary" not in shown(lambda: loop.handle_callback(url, begun.browser_secret))  # noqa: B023


def test_causes_are_texts_for_the_log() -> None:
    assert str(UnderlyingError("connection refused")) == "connection refused"


class Unreadable(dict[str, str]):
    def getlist(self, name: str) -> list[str]:
        raise RuntimeError(name)


def test_a_wrong_type_shows_no_secret_in_a_traceback_with_locals(loop: LoopClient) -> None:
    secret: Any = b"canary"
    text, naive = "canary", datetime(2030, 1, 1)
    calls: list[Callable[[], object]] = [
        lambda: LoopClient("client_1", secret),
        lambda: LoopClient("client_1", redirect_uri="https://u:canary@h/cb", store=secret),
        lambda: LoopClient("client_1", store="redis://u:canary@h/"),
        lambda: LoopClient("client_1", environment="https://u:canary@h/{service}", store="nowhere:"),
        lambda: LoopClient("client_1", environment={"issuer": secret}),
        lambda: loop.import_grant(user_id="u", refresh_token=secret),
        lambda: loop.import_grant(user_id="u", refresh_token=text, access_token=text, expires_at=naive),
        lambda: loop.handle_callback(secret),
        lambda: loop.handle_callback("x", secret),
        lambda: loop.handle_callback(Unreadable(code=text)),
        lambda: loop.exchange_code(secret, "s"),
        lambda: loop.exchange_code("canary", secret),
        lambda: loop.authorization_url(browser_secret=secret),
        lambda: loop.request(user_id="u", service="clinical", path="/canary", query={"v": secret}, body=text),
        lambda: loop.request(user_id="u", service="clinical", path="/", body={"v": secret}),
    ]
    for number, call in enumerate(calls):
        assert "canary" not in shown(call), number
        error = failure(call)
        assert error.action == "fix_call" and error.__context__ is None, number
