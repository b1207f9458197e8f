"""Every case of `conformance/web.json` on the Flask glue: what it answers to people and to scripts, mounted or not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import ROOT, all_at_once, failure
from flask import Flask, jsonify
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from loop_sdk import LoopClient
from loop_sdk._codes import ACTIONS
from loop_sdk.errors import _CLASSES
from loop_sdk.flask import LoopAuth
from loop_sdk.testing import Sandbox, sandbox

WEB: dict[str, Any] = json.loads((ROOT / "conformance" / "web.json").read_text())
OTHER = "user_canary"

Json = dict[str, Any]


class App:
    """The app of the cases."""

    def __init__(self, box: Sandbox, mount: str) -> None:
        self.raises: Json = {}
        self.user_id: str | None = None
        app = Flask(__name__)
        app.secret_key = "k"
        self.loop = LoopClient(**box.options(), store="memory:")
        self.auth = auth = LoopAuth(app, self.loop, after_login="/home")
        app.add_url_rule("/", "start", self._start)
        app.add_url_rule("/home", "home", auth.require_user(self._home))
        app.add_url_rule("/change", "change", auth.require_user(self._change), methods=["POST"])
        app.add_url_rule("/fail", "fail", auth.require_user(self._fail), methods=["GET", "POST"])
        app.add_url_rule("/public", "public", self._fail)
        if mount:
            app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
                Response("nothing here", 404), {mount: app.wsgi_app}
            )
        self.flask = app

    def _start(self) -> Any:
        return jsonify(user=self.auth.user_id)

    def _home(self) -> Any:
        return jsonify(self.auth.user.clinical.list_biomarkers())

    def _change(self) -> Any:
        return "done"

    def _fail(self) -> Any:
        given = dict(self.raises)
        code, user = given.pop("code"), given.pop("user")
        user_id = {"own": self.auth.user_id, "other": OTHER, None: None}[user]
        raise _CLASSES[ACTIONS[code]]("A canary of the platform.", code=code, user_id=user_id, **given)


class Player:
    """Plays the steps of one case."""

    def __init__(self, case: Json, box: Sandbox) -> None:
        self.box = box
        self.mount: str = case.get("mount", "")
        self.app = App(box, self.mount)
        self.origin = "https://app.example" if case.get("https") else "http://localhost:5000"
        self.browsers: dict[str, FlaskClient] = {}
        self.browser = self._browser("own")
        self.kept: dict[str, str] = {}
        self.exchanges = len(box.token_requests("authorization_code"))

    def play(self, step: Json) -> None:
        step = dict(step)
        self.app.raises = step.pop("raises", {})
        expect = deepcopy(step.pop("expect", {}))
        match step:
            case {"get": path, "as": how} | {"post": path, "as": how} | {"head": path, "as": how}:
                method = next(iter(step)).upper()
                self._check(self._send(self.browser, method, path, how), expect)
            case {"begin": path, "into": name}:
                begun = self._send(self.browser, "GET", path, "page")
                assert begun.status_code == 303, begun.text
                self.kept[name] = self.box.sign_in(begun.headers["Location"], allow=step.get("allow", True))
            case {"sign_in": person}:
                begun = self._send(self.browser, "GET", f"{self.mount}/login", "page")
                self.kept["_"] = self.box.sign_in(begun.headers["Location"], person)
                assert self._send(self.browser, "GET", "@_", "page").status_code == 303
                self.app.user_id = self._signed_in()
            case {"at_once": paths}:
                browsers = [self._copy() for _ in paths]
                answers = all_at_once(
                    [partial(self._send, each, "GET", path, "page") for each, path in zip(browsers, paths, strict=True)]
                )
                # Whoever signed in says so; the others come after.
                for each in sorted(answers, key=lambda answer: "loop_signed_in=1" not in str(answer.headers)):
                    self._check(each, expect.pop(0))
            case {"token_fault": fault}:
                self.box.token_fault(**fault)
            case {"browser": name}:
                self.browser = self._browser(name)
            case {"drop": "session"}:
                assert self.browser.get_cookie("session")
                self.browser.delete_cookie("session")
            case {"end_grant": True}:
                assert self.app.user_id
                self.app.loop.revoke(user_id=self.app.user_id)
            case {"grant": stands}:
                user_id = self.app.user_id
                assert user_id
                if stands == "alive":
                    assert self.app.loop.access_token(user_id=user_id)
                else:
                    assert failure(lambda: self.app.loop.access_token(user_id=user_id)).code == "not_connected"
            case {"exchanges": count}:
                assert len(self.box.token_requests("authorization_code")) - self.exchanges == count
            case _:
                pytest.fail(f"no runner knows the step {step}")

    def _browser(self, name: str) -> FlaskClient:
        return self.browsers.setdefault(name, self.app.flask.test_client())

    def _copy(self) -> FlaskClient:
        copy = self.app.flask.test_client()
        copy._cookies = dict(self.browser._cookies or {})
        return copy

    def _send(self, browser: FlaskClient, method: str, path: str, how: str | Json) -> TestResponse:
        if path.startswith("@"):
            whole = urlsplit(self.kept[path[1:]])
            path = f"{whole.path}?{whole.query}"
        headers = WEB["requests"][how] if isinstance(how, str) else how
        return browser.open(path, method=method, headers=headers, base_url=self.origin)

    def _signed_in(self) -> str | None:
        seen = self._send(self._copy(), "GET", f"{self.mount}/", "page").json
        assert seen
        user: str | None = seen["user"]
        return user

    def _check(self, answer: TestResponse, expect: Json) -> None:
        known = {"status", "location", "headers", "cookies", "clears", "type", "json", "page", "signed_in"}
        assert expect.keys() <= known
        status = expect["status"]
        assert answer.status_code in (status if isinstance(status, list) else [status]), answer.text
        if answer.status_code >= 400:
            assert "canary" not in answer.text and "user_" not in answer.text
        if "location" in expect:
            self._check_address(answer.headers.get("Location"), expect["location"])
        for name, value in expect.get("headers", {}).items():
            assert answer.headers.get(name) == value, name
        cookies = dict(self._cookies(answer))
        if "cookies" in expect:
            given = {name: sorted(rest) for name, (value, rest) in cookies.items() if value and name != "session"}
            assert given == {name: sorted(rest) for name, rest in expect["cookies"].items()}
        for name in expect.get("clears", []):
            assert name in cookies and not cookies[name][0] and "Max-Age=0" in cookies[name][1]
        if "type" in expect:
            assert answer.mimetype == {"html": "text/html", "json": "application/json"}[expect["type"]]
        if "json" in expect:
            assert answer.json
            assert {name: answer.json.get(name) for name in expect["json"]} == expect["json"]
            assert answer.json.keys() <= {"error", "action", "message", "login_url", "request_id"}
        if "page" in expect:
            self._check_page(answer.text, expect["page"])
        if "signed_in" in expect:
            assert bool(self._signed_in()) == expect["signed_in"]

    def _check_page(self, html: str, expect: Json) -> None:
        for name, pattern in {"title": r"<h1>(.*?)</h1>", "note": r"<small>(.*?)</small>"}.items():
            found = re.findall(pattern, html)
            assert len(found) == 1
            if name in expect:
                assert unescape(found[0]) == expect[name]
        links = re.findall(r'<a href="([^"]*)">', html)
        assert len(links) == 1
        if "link" in expect:
            self._check_address(unescape(links[0]), expect["link"])

    def _check_address(self, address: str | None, expect: Any) -> None:
        if expect == "loop":
            assert address and urlsplit(address).path.endswith("/v1/oauth/authorize")
        elif isinstance(expect, dict):
            assert address
            parts = urlsplit(address)
            assert (parts.path, parse_qs(parts.query)) == (expect["path"], {"next": [expect["next"]]})
        else:
            assert address == expect

    def _cookies(self, answer: TestResponse) -> Iterator[tuple[str, tuple[str, list[str]]]]:
        for line in answer.headers.getlist("Set-Cookie"):
            pair, *attributes = line.split("; ")
            name, value = pair.split("=", 1)
            # Max-Age says the same, and goes first (RFC 6265, section 5.3).
            yield name, (value, [each for each in attributes if not each.startswith("Expires=")])


@pytest.fixture(scope="module")
def boxes() -> Iterator[dict[str, Sandbox]]:
    uris = {
        "": "http://localhost:5000/auth/callback",
        "/prefix": "http://localhost:5000/prefix/auth/callback",
        "https": "https://app.example/auth/callback",
    }
    with (
        sandbox(redirect_uri=uris[""]) as plain,
        sandbox(redirect_uri=uris["/prefix"]) as mounted,
        sandbox(redirect_uri=uris["https"]) as https,
    ):
        yield {"": plain, "/prefix": mounted, "https": https}


@pytest.mark.parametrize("case", WEB["cases"], ids=lambda case: case["name"])
def test_the_glue_answers_as_its_policy_says(case: Json, boxes: dict[str, Sandbox]) -> None:
    assert case.keys() <= {"name", "mount", "https", "steps"}
    player = Player(case, boxes["https" if case.get("https") else case.get("mount", "")])
    for step in case["steps"]:
        try:
            player.play(step)
        except AssertionError as error:
            raise AssertionError(json.dumps(step)) from error


def test_an_app_that_knows_its_root_only_by_configuration_is_reached(boxes: dict[str, Sandbox]) -> None:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="k", APPLICATION_ROOT="/prefix")
    LoopAuth(app, LoopClient(**boxes["/prefix"].options(), store="memory:"))
    assert app.test_client().get("/auth/callback").status_code == 400
    assert app.test_client().get("/callback").status_code == 404
