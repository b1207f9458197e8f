"""Sign in with Loop in Flask: login, callback, logout, disconnect, and who is signed in.

app = Flask(__name__)
app.secret_key = ...
auth = LoopAuth(app, LoopClient())

@app.get("/results")
@auth.require_user
def results():
    return jsonify(auth.user.clinical.list_biomarkers())
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, jsonify, redirect, request, session, url_for
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue

from loop_sdk._json import json_default
from loop_sdk._page import page
from loop_sdk.client import LoopClient, User
from loop_sdk.errors import InvalidCall, LoopError, SignInRequired

__all__ = ["LoopAuth"]

P = ParamSpec("P")

#: What the glue keeps in Flask's session: who signed in, and when.
_SESSION_KEY = "_loop"
#: A grant that is over this soon after signing in would be over again: a redirect would go round for ever.
_NO_REDIRECT_SECONDS = 30
_GRANT_IS_OVER = ("not_connected", "grant_ended", "refresh_outcome_unknown")
_STATUS = {"retry": 503, "sign_in_again": 400, "ask_for_scope": 403, "fix_call": 500, "call_operator": 502}


class LoopAuth:
    """Adds `/login`, `/callback`, `/logout` and `/disconnect` to an app, and knows who is signed in.

    `GET /login?next=/path` begins a sign-in and returns to that path. `POST /logout` ends the app's session and leaves
    the grant; `POST /disconnect` ends the grant at Loop, and the session. Both are refused to other sites.

    Args:
        app: The app; or call `init_app` later.
        loop: The client; one from the environment where it is left out.
        login_path: Where a sign-in begins.
        callback_path: The path of the client's `redirect_uri` where it is left out.
        logout_path: Where a form is posted to end the app's session.
        disconnect_path: Where a form is posted to end the grant.
        after_login: Where a person goes who did not come from elsewhere.
        on_error: Makes the page for an error, in place of the glue's own.
        scopes: What to ask for; the client's scopes where it is left out.
    """

    def __init__(
        self,
        app: Flask | None = None,
        loop: LoopClient | None = None,
        *,
        login_path: str = "/login",
        callback_path: str | None = None,
        logout_path: str = "/logout",
        disconnect_path: str = "/disconnect",
        after_login: str = "/",
        on_error: Callable[[LoopError], ResponseReturnValue] | None = None,
        scopes: Iterable[str] | None = None,
    ) -> None:
        self._loop = loop
        self._paths = (login_path, callback_path, logout_path, disconnect_path)
        self._after_login = after_login
        self._on_error = on_error
        self._scopes = None if scopes is None else list(scopes)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, loop: LoopClient | None = None) -> None:
        """Adds the routes, the error handler for an ended grant, and the JSON form of records."""
        self._loop = loop or self._loop or LoopClient()
        login, callback, logout, disconnect = self._paths
        callback = callback or urlsplit(self.loop.redirect_uri or "").path or "/callback"
        routes = Blueprint("loop_auth", __name__)
        routes.add_url_rule(login, "login", self._login, methods=["GET"])
        routes.add_url_rule(callback, "callback", self._callback, methods=["GET"])
        routes.add_url_rule(logout, "logout", self._logout, methods=["POST"])
        routes.add_url_rule(disconnect, "disconnect", self._disconnect, methods=["POST"])
        routes.after_request(_keep_private)
        app.register_blueprint(routes)
        app.register_error_handler(SignInRequired, self._grant_is_over)
        app.extensions["loop_auth"] = self
        if isinstance(app.json, DefaultJSONProvider):
            app.json.default = _with_records(app.json.default)

    @property
    def loop(self) -> LoopClient:
        """The client."""
        if self._loop is None:
            raise RuntimeError("LoopAuth has no app yet: call init_app first")
        return self._loop

    @property
    def user_id(self) -> str | None:
        """Who is signed in; None for nobody."""
        kept = _kept()
        return None if kept is None else str(kept["user_id"])

    @property
    def user(self) -> User:
        """The data of who is signed in. With nobody signed in, SignInRequired, which leads the person to sign in."""
        user_id = self.user_id
        if user_id is None:
            raise SignInRequired("Nobody is signed in.", code="not_connected")
        return self.loop.user(user_id)

    def require_user(self, view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        """Lets only signed-in people see a view: others are sent to sign in and come back, or get 401 as JSON."""

        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if self.user_id is None:
                return self._to_login(SignInRequired("Sign in first.", code="not_connected"))
            result: ResponseReturnValue = current_app.ensure_sync(view)(*args, **kwargs)
            return result

        return guarded

    def _login(self) -> ResponseReturnValue:
        _check_secret_key()
        try:
            begun = self.loop.authorization_url(
                scopes=self._scopes,
                browser_secret=request.cookies.get(self._cookie_name),
                app_state=request.args.get("next") or None,
            )
        except LoopError as error:
            return self._failed(error)
        response = redirect(begun.url, 303)
        response.set_cookie(
            self._cookie_name,
            begun.browser_secret,
            path="/",
            secure=self._is_https,
            httponly=True,
            samesite="Lax",
        )
        return response

    def _callback(self) -> ResponseReturnValue:
        _check_secret_key()
        try:
            tokens = self.loop.handle_callback(request.args, request.cookies.get(self._cookie_name))
        except LoopError as error:
            if error.code == "already_completed" and self.user_id is not None:
                return redirect(self._after_login, 303)
            return self._failed(error)
        kept = _kept()
        if kept is not None and kept["user_id"] != tokens.user_id:
            # Whatever else the app kept belongs to another person.
            session.clear()
        session.pop(_SESSION_KEY, None)
        # Sessions that live on a server get a new id, so that one planted before the sign-in is worth nothing.
        regenerate = getattr(current_app.session_interface, "regenerate", None)
        if regenerate is not None:
            regenerate(session)
        session[_SESSION_KEY] = {"user_id": tokens.user_id, "at": int(time.time())}
        return redirect(tokens.app_state or self._after_login, 303)

    def _logout(self) -> ResponseReturnValue:
        if not self._is_same_site():
            return _refused()
        session.clear()
        return redirect(self._after_login, 303)

    def _disconnect(self) -> ResponseReturnValue:
        if not self._is_same_site():
            return _refused()
        user_id = self.user_id
        if user_id is not None:
            try:
                self.loop.revoke(user_id=user_id)
            except LoopError as error:
                return self._failed(error, link=self._after_login, label="Go back")
        session.clear()
        return redirect(self._after_login, 303)

    def _grant_is_over(self, error: SignInRequired) -> ResponseReturnValue:
        kept = session.pop(_SESSION_KEY, None)
        is_fresh = kept is not None and time.time() - kept["at"] < _NO_REDIRECT_SECONDS
        if is_fresh or error.code not in _GRANT_IS_OVER:
            return self._failed(error) if _is_page_load() else _as_json(error)
        return self._to_login(error)

    def _to_login(self, error: SignInRequired) -> ResponseReturnValue:
        if not _is_page_load():
            return _as_json(error)
        here = request.script_root + request.full_path.rstrip("?")
        return redirect(url_for("loop_auth.login", next=here), 303)

    def _failed(self, error: LoopError, link: str | None = None, label: str = "Try again") -> ResponseReturnValue:
        if error.action in ("fix_call", "call_operator"):
            current_app.logger.error("loop_sdk: %s (%s, request %s)", error, error.code, error.request_id)
        if self._on_error is not None:
            return self._on_error(error)
        status = _STATUS[error.action]
        title, text = "Signing in did not work", error.message
        if error.code == "access_denied":
            status, title = 403, "You are not connected"
            text = "You chose not to share your Loop data, so nothing was stored. You can connect whenever you like."
        elif error.detail == "app_state":
            status, text = 400, "The address to return to is not a page of this site."
        elif link is not None:
            title = "Disconnecting did not work"
        note = f"{error.code} · request {error.request_id}" if error.request_id else error.code
        html = page(title=title, text=text, link=link or url_for("loop_auth.login"), label=label, note=note)
        response = Response(html, status, mimetype="text/html")
        if error.retry_after_ms is not None:
            response.headers["Retry-After"] = str(-(-error.retry_after_ms // 1000))
        return response

    @property
    def _is_https(self) -> bool:
        return urlsplit(self.loop.redirect_uri or "").scheme == "https"

    @property
    def _cookie_name(self) -> str:
        # The prefix makes browsers refuse the cookie from a sister domain; it needs Secure, which needs https.
        return "__Host-loop_browser" if self._is_https else "loop_browser"

    def _is_same_site(self) -> bool:
        """Whether a form was posted by a page of this very site."""
        fetch_site = request.headers.get("Sec-Fetch-Site")
        if fetch_site is not None:
            return fetch_site == "same-origin"
        here = urlsplit(self.loop.redirect_uri or "")
        # Behind a proxy that ends TLS, the app may not know its own scheme; the redirect URI does.
        origins = {request.host_url.rstrip("/"), f"{here.scheme}://{here.netloc}"}
        return request.headers.get("Origin") in origins


def _kept() -> dict[str, Any] | None:
    kept: Any = session.get(_SESSION_KEY)
    return kept if isinstance(kept, dict) and "user_id" in kept and "at" in kept else None


def _check_secret_key() -> None:
    if not current_app.secret_key:
        raise InvalidCall(
            "LoopAuth keeps who is signed in in Flask's session, which needs a key: set `app.secret_key`.",
            code="missing_option",
            detail="secret_key",
        )


def _is_page_load() -> bool:
    """Whether a person's browser is loading a page, rather than a script fetching data."""
    if request.method not in ("GET", "HEAD"):
        return False
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate"
    # A browser names it when it loads a page; `*/*` alone is a script or a command-line tool.
    return "text/html" in request.headers.get("Accept", "")


def _as_json(error: LoopError) -> ResponseReturnValue:
    body = {"error": error.code, "message": error.message, "login": url_for("loop_auth.login")}
    return jsonify(body), 401


def _refused() -> ResponseReturnValue:
    text = "The request did not come from a page of this site, so nothing was done."
    html = page(title="Nothing was changed", text=text, link="/", label="Go to the start", note="cross_site_request")
    return Response(html, 403, mimetype="text/html")


def _keep_private(response: Response) -> Response:
    # The callback's address has a code in it, and every answer here is one person's own.
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _with_records(default: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def with_records(value: Any) -> Any:
        try:
            return json_default(value)
        except TypeError:
            return default(value)

    return with_records
