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
from conftest import ROOT
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


def test_tabs_share_the_browsers_secret(browser: FlaskClient, box: Sandbox) -> None:
    first, second = (box.sign_in(begin(browser)) for _ in range(2))
    kept = browser.get_cookie("loop_browser")
    assert follow(browser, second).status_code == follow(browser, first).status_code == 303
    assert kept and browser.get_cookie("loop_browser") == kept


def test_disconnect_tells_loop(browser: FlaskClient, box: Sandbox) -> None:
    sign_in(browser, box)
    assert browser.post("/disconnect", headers=HERE).headers["Location"] == "/"
    assert any(entry["path"] == "/v1/oauth/revoke" for entry in box.journal())


@pytest.mark.parametrize("origin", ["http://localhost", "http://localhost:5000"])
def test_browsers_without_fetch_metadata_are_judged_by_origin(browser: FlaskClient, box: Sandbox, origin: str) -> None:
    sign_in(browser, box)
    assert browser.post("/logout", headers={"Origin": origin}).status_code == 303


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
    app.add_url_rule("/mine", "mine", auth.require_user(lambda: "mine"))  # type: ignore[misc]
    for path in ("/back?state=s&code=c", "/mine"):
        answer = app.test_client().get(path)
        assert (answer.status_code, answer.text) == (418, "ours")
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"
    assert [error.code for error in seen] == ["state_unknown", "not_connected"]
    assert "scope=openid%20read%3Abiomarkers&" in app.test_client().get("/in").headers["Location"] + "&"


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


@pytest.mark.parametrize(
    "error",
    [
        ScopeRequired("Canary.", code="scope_required"),
        RetryLater("Canary.", code="rate_limited"),
        OperatorError("Canary.", code="store_unavailable"),
        InvalidCall("Canary.", code="conflict"),
    ],
)
def test_what_only_the_operator_can_mend_is_logged(
    app: Flask, browser: FlaskClient, caplog: pytest.LogCaptureFixture, error: LoopError
) -> None:
    @app.get("/broken")
    def broken() -> Any:
        raise error

    browser.get("/broken")
    assert ("Canary" in caplog.text) == isinstance(error, (OperatorError, InvalidCall))


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
    assert page.status_code == 500 and "store_unavailable" in page.text
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
