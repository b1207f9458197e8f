"""The Flask glue and the example: sign in, see data, log out, disconnect; and everything that others may try."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import ROOT, failure
from flask import Flask, jsonify, session
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from loop_sdk import (
    InvalidCall,
    LoopClient,
    LoopError,
    OperatorError,
    RetryLater,
    ScopeRequired,
    SignInRequired,
)
from loop_sdk.flask import LoopAuth
from loop_sdk.testing import Sandbox, sandbox

REDIRECT_URI = "http://localhost:5000/auth/callback"
HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with sandbox(redirect_uri=REDIRECT_URI) as running:
        yield running


@pytest.fixture
def auth(box: Sandbox) -> LoopAuth:
    app = Flask(__name__)
    app.secret_key = "k"
    loop = LoopClient(**box.options(), store="memory:")
    auth = LoopAuth(app, loop)

    @app.get("/")
    def home() -> Any:
        return jsonify(user=auth.user_id, mine=session.get("mine"))

    @app.get("/results")
    @auth.require_user
    def results() -> Any:
        session["mine"] = "kept"
        return jsonify(auth.user.clinical.list_biomarkers())

    @app.post("/change")
    @auth.require_user
    def change() -> Any:
        return jsonify(done=True)

    auth.app = app  # type: ignore[attr-defined]
    return auth


@pytest.fixture
def app(auth: LoopAuth) -> Flask:
    found: Flask = auth.app  # type: ignore[attr-defined]
    return found


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html,application/xhtml+xml,*/*;q=0.8"
    return client


def follow(browser: FlaskClient, url: str, **more: Any) -> TestResponse:
    """Opens a callback's URL."""
    parts = urlsplit(url)
    return browser.get(f"{parts.path}?{parts.query}", **more)


def begin(browser: FlaskClient, path: str = "/login") -> str:
    answer = browser.get(path)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def sign_in(browser: FlaskClient, box: Sandbox, path: str = "/login", person: str = "ada") -> TestResponse:
    return follow(browser, box.sign_in(begin(browser, path), person))


def user_of(browser: FlaskClient) -> str | None:
    user: str | None = browser.get("/").json["user"]  # type: ignore[index]
    return user


def test_a_person_signs_in_and_comes_back_to_where_they_were(browser: FlaskClient, box: Sandbox) -> None:
    asked = browser.get("/results?tab=1")
    assert (asked.status_code, asked.headers["Location"]) == (303, "/login?next=/results?tab%3D1")
    done = sign_in(browser, box, asked.headers["Location"])
    assert (done.status_code, done.headers["Location"]) == (303, "/results?tab=1")
    page = browser.get("/results").json
    assert page and len(page["items"]) == 14 and page["items"][0]["value"]


def test_the_browser_cookie_is_guarded(browser: FlaskClient, app: Flask) -> None:
    cookie = browser.get("/login").headers["Set-Cookie"]
    assert cookie.startswith("loop_browser=") and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "Path=/" in cookie and "Secure" not in cookie
    kept = browser.get_cookie("loop_browser")
    begin(browser)
    assert kept and browser.get_cookie("loop_browser") == kept, "tabs share one secret"


def test_under_https_the_cookie_is_tied_to_the_host(box: Sandbox) -> None:
    app = Flask(__name__)
    app.secret_key = "k"
    options = {**box.options(), "redirect_uri": "https://app.example/cb"}
    LoopAuth(app, LoopClient(**options, store="memory:"))  # type: ignore[arg-type]
    cookie = app.test_client().get("/login", base_url="https://app.example").headers["Set-Cookie"]
    assert cookie.startswith("__Host-loop_browser=") and "Secure" in cookie and "Domain" not in cookie


def test_denying_leads_to_a_friendly_page(browser: FlaskClient, box: Sandbox) -> None:
    page = follow(browser, box.sign_in(begin(browser), allow=False))
    assert page.status_code == 403 and "You chose not to share" in page.text
    assert '<html lang="en">' in page.text and "<h1>" in page.text and 'href="/login"' in page.text
    assert user_of(browser) is None


def test_another_browser_cannot_finish_a_sign_in(app: Flask, browser: FlaskClient, box: Sandbox) -> None:
    callback_url = box.sign_in(begin(browser))
    stranger = app.test_client()
    begin(stranger)
    refused = follow(stranger, callback_url)
    assert refused.status_code == 400 and "another browser" in refused.text and user_of(stranger) is None
    assert follow(browser, callback_url).status_code == 303


def test_a_reload_of_the_callback_goes_on_for_who_is_signed_in(app: Flask, browser: FlaskClient, box: Sandbox) -> None:
    callback_url = box.sign_in(begin(browser))
    follow(browser, callback_url)
    again = follow(browser, callback_url)
    assert (again.status_code, again.headers["Location"]) == (303, "/")
    browser.post("/logout", headers=HERE)
    assert follow(browser, callback_url).status_code == 400
    assert len(box.token_requests("authorization_code")) == 1


@pytest.mark.parametrize("query", ["", "?code=c", "?code=c&state=nobody", "?code=c&code=d&state=s", "?error=x&state=y"])
def test_a_stale_or_broken_callback_offers_to_try_again(browser: FlaskClient, query: str) -> None:
    page = browser.get(f"/auth/callback{query}")
    assert page.status_code == 400 and "Try again" in page.text and user_of(browser) is None
    assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
def test_login_does_not_lead_to_another_site(browser: FlaskClient, target: str) -> None:
    refused = browser.get("/login", query_string={"next": target})
    assert refused.status_code == 400 and "evil" not in refused.text and "Location" not in refused.headers


def test_logout_leaves_the_grant(browser: FlaskClient, box: Sandbox, auth: LoopAuth) -> None:
    sign_in(browser, box)
    user_id = user_of(browser)
    assert user_id
    assert browser.post("/logout", headers=HERE).headers["Location"] == "/"
    assert user_of(browser) is None
    assert auth.loop.access_token(user_id=user_id)


def test_disconnect_ends_the_grant(browser: FlaskClient, box: Sandbox, auth: LoopAuth) -> None:
    sign_in(browser, box)
    user_id = user_of(browser)
    assert user_id
    assert browser.post("/disconnect", headers=HERE).headers["Location"] == "/"
    assert user_of(browser) is None
    assert failure(lambda: auth.loop.access_token(user_id=user_id)).code == "not_connected"
    assert any(entry["path"] == "/v1/oauth/revoke" for entry in box.journal())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/logout", "/disconnect"])
def test_another_site_cannot_log_out_or_disconnect(
    browser: FlaskClient, box: Sandbox, path: str, headers: dict[str, str]
) -> None:
    sign_in(browser, box)
    assert browser.post(path, headers=headers).status_code == 403
    assert browser.get(path).status_code == 405
    assert user_of(browser)


@pytest.mark.parametrize("origin", ["http://localhost", "http://localhost:5000"])
def test_browsers_without_fetch_metadata_are_judged_by_origin(browser: FlaskClient, box: Sandbox, origin: str) -> None:
    sign_in(browser, box)
    assert browser.post("/logout", headers={"Origin": origin}).status_code == 303


def test_scripts_get_401_instead_of_a_redirect(browser: FlaskClient) -> None:
    for answer in (
        browser.get("/results", headers={"Accept": "application/json"}),
        browser.get("/results", headers={"Accept": "*/*"}),
        browser.get("/results", headers={"Accept": "text/html", "Sec-Fetch-Mode": "cors"}),
        browser.post("/change"),
    ):
        assert answer.status_code == 401 and answer.json
        assert answer.json["error"] == "not_connected" and answer.json["login"] == "/login"


def test_a_grant_that_ended_leads_to_a_new_sign_in_but_not_round_for_ever(
    browser: FlaskClient, box: Sandbox, auth: LoopAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(browser, box)
    user_id = user_of(browser)
    assert user_id
    auth.loop.revoke(user_id=user_id)
    now = time.time()
    fresh = browser.get("/results")
    assert fresh.status_code == 400 and "Try again" in fresh.text and user_of(browser) is None

    sign_in(browser, box)
    auth.loop.revoke(user_id=user_id)
    monkeypatch.setattr("loop_sdk.flask.time.time", lambda: now + 3600)
    ended = browser.get("/results")
    assert (ended.status_code, ended.headers["Location"]) == (303, "/login?next=/results")
    assert user_of(browser) is None


@pytest.mark.parametrize("kind", [SignInRequired, ScopeRequired])
def test_another_persons_grant_does_not_end_the_session(
    app: Flask, browser: FlaskClient, box: Sandbox, kind: type[LoopError]
) -> None:
    code: Any = "grant_ended" if kind is SignInRequired else "scope_required"

    @app.get("/of/<user_id>")
    def of(user_id: str) -> Any:
        raise kind("Their grant.", code=code, user_id=user_id)

    sign_in(browser, box)
    me = user_of(browser)
    answer = browser.get("/of/user_canary")
    assert answer.status_code == 409 and user_of(browser) == me
    assert "another person" in answer.text and "canary" not in answer.text and "/login" not in answer.text
    answer = browser.get("/of/user_canary", headers={"Accept": "application/json"})
    assert answer.status_code == 409 and user_of(browser) == me and answer.json
    assert answer.json["error"] == code and "login" not in answer.json and "canary" not in answer.text
    # Their own grant, with nobody else's id, is another matter.
    browser.get(f"/of/{me}")
    assert user_of(browser) == (None if kind is SignInRequired else me)


def test_another_person_does_not_inherit_the_session(browser: FlaskClient, box: Sandbox) -> None:
    sign_in(browser, box)
    browser.get("/results")
    assert browser.get("/").json == {"user": user_of(browser), "mine": "kept"}
    sign_in(browser, box)
    assert browser.get("/").json == {"user": user_of(browser), "mine": "kept"}
    sign_in(browser, box, person="ben")
    assert browser.get("/").json == {"user": user_of(browser), "mine": None}


def test_a_missing_secret_key_is_named(box: Sandbox) -> None:
    app = Flask(__name__)
    app.testing = True
    LoopAuth(app, LoopClient(**box.options(), store="memory:"))
    with pytest.raises(InvalidCall, match=r"app\.secret_key"):
        app.test_client().get("/login")


def test_an_app_makes_its_own_error_page(box: Sandbox) -> None:
    app = Flask(__name__)
    app.secret_key = "k"
    seen: list[LoopError] = []

    def on_error(error: LoopError) -> tuple[str, int]:
        seen.append(error)
        return "ours", 418

    auth = LoopAuth(on_error=on_error, login_path="/in", callback_path="/back", scopes=["read:biomarkers"])
    with pytest.raises(RuntimeError):
        _ = auth.loop
    auth.init_app(app, LoopClient(**box.options(), store="memory:"))
    answer = app.test_client().get("/back?state=s&code=c")
    assert (answer.status_code, answer.text, seen[0].code) == (418, "ours", "state_unknown")
    assert isinstance(seen[0], SignInRequired)
    assert "scope=openid%20read%3Abiomarkers&" in app.test_client().get("/in").headers["Location"] + "&"


def test_the_platform_being_away_is_a_503(browser: FlaskClient, box: Sandbox) -> None:
    callback_url = box.sign_in(begin(browser))
    box.next_token_answer(503, "busy")
    page = follow(browser, callback_url)
    assert page.status_code in (400, 503) and "Try again" in page.text


def load(path: str, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    # Flask finds an app's templates by its module.
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


def variables(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**box.variables(), "LOOP_STORE": "memory:"}.items():
        monkeypatch.setenv(name, value)


def test_the_example_shows_biomarkers_as_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    with sandbox(redirect_uri="http://localhost:5000/callback") as running:
        variables(running, monkeypatch)
        browser = load("examples/python-flask/app.py", "example", monkeypatch).app.test_client()
        assert "Connect with Loop" in browser.get("/").text
        sign_in(browser, running)
        page = browser.get("/").text
        assert page.count("<tr") == 15 and 'scope="row">Ferritin' in page and '<tr class="low">' in page
        assert "↓ low" in page and "↑ high" in page and "Log out" in page and "None" not in page
        browser.post("/disconnect", headers=HERE)
        assert "Connect with Loop" in browser.get("/").text


def test_the_quickstart_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with sandbox() as running:
        variables(running, monkeypatch)
        quickstart = load("bindings-python/tests/quickstart.py", "quickstart", monkeypatch)
        callback_url = running.sign_in(quickstart.loop.authorization_url().url)
        answer = follow(quickstart.app.test_client(), callback_url).json
        assert answer and len(answer["items"]) == 14


def test_the_flask_snippet_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (ROOT / "bindings-python" / "README.md").read_text()
    snippet = next(block for block in readme.split("```python\n")[1:] if "LoopAuth" in block).split("```")[0]
    with sandbox(redirect_uri="http://localhost:5000/callback") as running:
        variables(running, monkeypatch)
        names: dict[str, Any] = {"__name__": "readme"}
        exec(snippet, names)
        browser = names["app"].test_client()
        sign_in(browser, running)
        assert len(browser.get("/").json["items"]) == 14


def private_app(box: Sandbox, store: str = "memory:", **options: Any) -> tuple[Flask, LoopAuth]:
    app = Flask(__name__)
    app.secret_key = "k"
    return app, LoopAuth(app, LoopClient(**{**box.options(), **options}, store=store))


def test_flasks_session_cookie_is_guarded(box: Sandbox, app: Flask) -> None:
    assert app.config["SESSION_COOKIE_SAMESITE"] == "Lax" and not app.config["SESSION_COOKIE_SECURE"]
    https, _ = private_app(box, redirect_uri="https://app.example/cb")
    assert https.config["SESSION_COOKIE_SAMESITE"] == "Lax" and https.config["SESSION_COOKIE_SECURE"] is True
    own = Flask(__name__)
    own.config["SESSION_COOKIE_SAMESITE"] = "Strict"
    LoopAuth(own, LoopClient(**box.options(), store="memory:"))
    assert own.config["SESSION_COOKIE_SAMESITE"] == "Strict"


def test_a_session_ends_after_twelve_hours(browser: FlaskClient, box: Sandbox) -> None:
    sign_in(browser, box)
    with browser.session_transaction() as kept:
        kept["_loop"] = {**kept["_loop"], "at": int(time.time()) - 12 * 3600 + 60}
    assert user_of(browser)
    with browser.session_transaction() as kept:
        kept["_loop"] = {**kept["_loop"], "at": int(time.time()) - 12 * 3600 - 1}
    assert user_of(browser) is None
    with browser.session_transaction() as kept:
        assert "_loop" not in kept


def test_another_client_with_the_same_key_ignores_the_session(browser: FlaskClient, box: Sandbox) -> None:
    sign_in(browser, box)
    cookie = browser.get_cookie("session")
    assert cookie
    for client_id, is_same in [(box.client_id, True), ("another-client", False)]:
        app, auth = private_app(box, client_id=client_id)
        app.add_url_rule("/", "home", lambda auth=auth: jsonify(user=auth.user_id))
        other = app.test_client()
        other.set_cookie("session", cookie.value)
        assert bool(user_of(other)) == is_same


ERRORS = [
    (ScopeRequired("Needs it.", code="scope_required", detail="x"), 403),
    (RetryLater("Busy.", code="rate_limited", retry_after_ms=1500), 503),
    (RetryLater("Busy.", code="unreachable"), 503),
    (OperatorError("Canary /srv/grants.db.", code="store_unavailable", request_id="req_1"), 502),
    (InvalidCall("Canary option.", code="conflict", request_id="req_1"), 500),
]


@pytest.mark.parametrize(("error", "status"), ERRORS)
def test_an_error_that_a_view_lets_out_is_answered(
    app: Flask, browser: FlaskClient, caplog: pytest.LogCaptureFixture, error: LoopError, status: int
) -> None:
    @app.get("/broken")
    def broken() -> Any:
        raise error

    page = browser.get("/broken?a=1")
    script = browser.get("/broken", headers={"Accept": "application/json"})
    assert page.status_code == script.status_code == status
    assert page.mimetype == "text/html" and error.code in page.text and script.json
    assert script.json["error"] == error.code and page.headers["Cache-Control"] == "no-store"
    assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    assert ('href="/login?next=/broken?a%3D1"' in page.text) == (status == 403)
    assert page.headers.get("Retry-After") == script.headers.get("Retry-After")
    assert page.headers.get("Retry-After") == ({"rate_limited": "2", "unreachable": "5"}.get(error.code))
    is_ours = status in (500, 502)
    assert ("Canary" in caplog.text) == is_ours and (error.message in page.text) != is_ours
    assert "Canary" not in page.text + script.text
    assert ("req_1" in page.text and script.json.get("request_id") == "req_1") == is_ours


def test_a_form_of_a_person_gets_a_page(app: Flask, browser: FlaskClient) -> None:
    page = browser.post("/change", headers={"Sec-Fetch-Mode": "navigate"})
    assert page.status_code == 401 and page.mimetype == "text/html" and 'href="/login"' in page.text


@pytest.mark.parametrize("is_first", [True, False])
def test_an_apps_own_handler_wins(box: Sandbox, is_first: bool) -> None:
    app = Flask(__name__)
    app.secret_key = "k"
    if not is_first:
        LoopAuth(app, LoopClient(**box.options(), store="memory:"))
    app.register_error_handler(LoopError, lambda error: ("ours", 418))
    if is_first:
        LoopAuth(app, LoopClient(**box.options(), store="memory:"))

    @app.get("/broken")
    def broken() -> Any:
        raise RetryLater("Busy.", code="rate_limited")

    assert app.test_client().get("/broken").status_code == 418


def test_the_operators_texts_are_logged_and_not_shown(box: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    app, _ = private_app(box, store="sqlite:////proc/canary/x.db")
    page = app.test_client().get("/login")
    assert page.status_code == 502 and "store_unavailable" in page.text
    assert "canary" not in page.text and "canary" in caplog.text


def test_what_may_hold_health_data_is_not_cached(app: Flask, browser: FlaskClient, box: Sandbox) -> None:
    @app.get("/own")
    def own() -> Any:
        return jsonify(user=app.extensions["loop_auth"].user_id), 200, {"Cache-Control": "private"}

    @app.get("/plain")
    def plain() -> str:
        return "about"

    assert "Cache-Control" not in browser.get("/").headers
    sign_in(browser, box)
    for path in ("/", "/results"):
        assert browser.get(path).headers["Cache-Control"] == "no-store"
    assert browser.get("/own").headers["Cache-Control"] == "private"
    assert "Cache-Control" not in browser.get("/plain").headers


@pytest.mark.parametrize(
    "path",
    ["a%23b", "a%3Fb", "a%25b", "a%2541", "a%5Cb", "%C3%A9?q=%C3%A9&x=a%23b", "a?x=%252F&y=a+b&z", "a%20b", "x" * 1900],
)
def test_a_person_comes_back_to_the_very_same_address(
    app: Flask, auth: LoopAuth, browser: FlaskClient, box: Sandbox, path: str
) -> None:
    app.add_url_rule("/files/<path:name>", "files", auth.require_user(lambda name: str(name)))  # type: ignore[misc]
    asked = browser.get(f"/files/{path}")
    assert asked.status_code == 303
    assert sign_in(browser, box, asked.headers["Location"]).headers["Location"] == f"/files/{path}"


@pytest.mark.parametrize("path", ["x" * 2100, "a?x=" + "y" * 2100, "a?x=\\"])
def test_an_address_that_cannot_be_kept_does_not_stop_the_sign_in(
    app: Flask, auth: LoopAuth, browser: FlaskClient, box: Sandbox, path: str
) -> None:
    app.add_url_rule("/files/<path:name>", "files", auth.require_user(lambda name: str(name)))  # type: ignore[misc]
    asked = browser.get(f"/files/{path}")
    assert asked.status_code == 303
    assert sign_in(browser, box, asked.headers["Location"]).status_code == 303


def test_a_browser_that_keeps_no_session_does_not_go_round_for_ever(browser: FlaskClient, box: Sandbox) -> None:
    for _ in range(2):
        sign_in(browser, box)
        browser.delete_cookie("session")
        page = browser.get("/results")
        assert page.status_code == 400 and "did not keep the session" in page.text
    assert browser.get("/results").status_code == 303, "the page said it; the next try is a try"

    sign_in(browser, box)
    assert browser.get("/results").status_code == 200
    browser.delete_cookie("session")
    assert browser.get("/results").status_code == 303, "this session was kept, and ended in some other way"

    sign_in(browser, box)
    browser.post("/logout", headers=HERE)
    assert browser.get("/results").status_code == 303


def test_head_does_not_spend_the_code(browser: FlaskClient, box: Sandbox) -> None:
    url = urlsplit(box.sign_in(begin(browser)))
    for method in ("HEAD", "OPTIONS", "POST"):
        assert browser.open(f"{url.path}?{url.query}", method=method).status_code == 405
    assert not box.token_requests("authorization_code")
    assert browser.get(f"{url.path}?{url.query}").status_code == 303


def test_the_glues_pages_load_nothing_and_cannot_be_framed(browser: FlaskClient) -> None:
    for page in (browser.get("/auth/callback"), browser.post("/logout")):
        policy = page.headers["Content-Security-Policy"]
        assert policy == "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
