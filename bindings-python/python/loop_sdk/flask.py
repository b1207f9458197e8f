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
from typing import Any, ParamSpec, TypeVar
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Flask, Response, current_app, redirect, request, session, url_for
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from loop_sdk._flask_request import (
    below_mount,
    follow_traces,
    is_page_load,
    posted_here,
    return_path,
    wants_page,
)
from loop_sdk._flask_webhooks import LoopWebhooks
from loop_sdk._hidden import Hidden
from loop_sdk._json import json_default
from loop_sdk._web import Links, Place, choose, reply
from loop_sdk._web_policy import HEADERS, MARKER_SECONDS, SESSION_SECONDS, OwnCode
from loop_sdk.client import LoopClient, User
from loop_sdk.errors import InvalidCall, LoopError, SignInRequired

__all__ = ["LoopAuth", "LoopWebhooks"]

P = ParamSpec("P")
R = TypeVar("R", bound=AnyResponse)

#: What the glue keeps in Flask's session: who signed in, when, and with which client.
_SESSION_KEY = "_loop"
#: Marks, in the WSGI environment, a request during which somebody's data was within reach.
_PRIVATE = "loop_sdk.private"


class LoopAuth:
    """Adds `/login`, `/callback`, `/logout` and `/disconnect` to an app, and knows who is signed in.

    `GET /login?next=/path` begins a sign-in and returns to that path. `POST /logout` ends the app's session and leaves
    the grant; `POST /disconnect` ends the grant at Loop, and the session. Both are refused to other sites.

    A LoopError that a view lets out becomes a page for people and JSON for scripts, unless the app has a handler of its
    own. One that means a new sign-in ends the session of the person whose grant it is about, and nobody else's.
    Responses made with somebody's data within reach are not cached, unless the view says otherwise. With an https
    `redirect_uri`, Flask's session cookie becomes Secure (set `SESSION_COOKIE_SECURE` after this for another choice).

    Calls of the SDK that are made while a request is served are sent with its `traceparent`.

    Paths are the app's own: where it is mounted below a path, they begin there.

    Args:
        app: The app; or call `init_app` later.
        loop: The client; one from the environment where it is left out.
        login_path: Where a sign-in begins.
        callback_path: Where the client's `redirect_uri` leads; its path, below the mount point, where it is left out.
        logout_path: Where a form is posted to end the app's session.
        disconnect_path: Where a form is posted to end the grant.
        after_login: Where a person goes who did not come from elsewhere.
        after_logout: Where a person goes who logged out or disconnected.
        on_error: Makes the answer for an error, in place of the glue's own.
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
        after_logout: str = "/",
        on_error: Callable[[LoopError], ResponseReturnValue] | None = None,
        scopes: Iterable[str] | None = None,
    ) -> None:
        self._loop = loop
        self._paths = (login_path, callback_path, logout_path, disconnect_path)
        self._after_login = after_login
        self._after_logout = after_logout
        self._on_error = on_error
        self._scopes = None if scopes is None else list(scopes)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, loop: LoopClient | None = None) -> None:
        """Adds the routes, the error handlers, the session cookie's safe settings, and the JSON form of records."""
        self._loop = loop or self._loop or LoopClient()
        login, callback, logout, disconnect = self._paths
        if callback is None:
            callback = unquote(urlsplit(self.loop.redirect_uri or "").path) or "/callback"
            app.before_request(functools.partial(self._callback_below_mount, callback))
        routes = Blueprint("loop_auth", __name__)
        routes.add_url_rule(login, "login", self._login, methods=["GET"])
        routes.add_url_rule(callback, "callback", self._callback, methods=["GET"], provide_automatic_options=False)
        routes.add_url_rule(logout, "logout", self._logout, methods=["POST"])
        routes.add_url_rule(disconnect, "disconnect", self._disconnect, methods=["POST"])
        app.register_blueprint(routes)
        follow_traces(app)
        app.after_request(self._keep_uncached)
        for kind in (SignInRequired, LoopError):
            if kind not in app.error_handler_spec[None][None]:
                app.register_error_handler(kind, self._failed)
        if self._is_https and not app.config.get("SESSION_COOKIE_SECURE"):
            app.config["SESSION_COOKIE_SECURE"] = True
        if app.config.get("SESSION_COOKIE_SAMESITE") is None:
            app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
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
        kept = self._kept()
        if kept is None:
            return None
        request.environ[_PRIVATE] = True
        return str(kept["user_id"])

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
                return self._failed(SignInRequired("Nobody is signed in.", code="not_connected"))
            # `user_id` marked the response as private. This frame is in the traceback of whatever the view raises.
            given = Hidden(args=args, kwargs=kwargs)
            del args, kwargs
            result: ResponseReturnValue = current_app.ensure_sync(view)(*given["args"], **given["kwargs"])
            return result

        return guarded

    def _login(self) -> ResponseReturnValue:
        if request.method == "HEAD":
            return _only_get()
        _check_secret_key()
        try:
            begun = self.loop.authorization_url(
                scopes=self._scopes,
                browser_secret=request.cookies.get(self._cookie_name),
                app_state=request.args.get("next") or None,
            )
        except LoopError as error:
            return self._answer("sign_in", "bad_next" if error.detail == "app_state" else error)
        response = _go(begun.url)
        self._set_cookie(response, self._cookie_name, begun.browser_secret)
        return response

    def _callback(self) -> ResponseReturnValue:
        if request.method == "HEAD":
            return _only_get()
        _check_secret_key()
        try:
            tokens = self.loop.handle_callback(request.args, request.cookies.get(self._cookie_name))
        except LoopError as error:
            if error.code == "already_completed" and self.user_id is not None:
                return _go(below_mount(self._after_login))
            return self._answer("sign_in", error)
        kept = self._kept()
        if kept is not None and kept["user_id"] != tokens.user_id:
            # Whatever else the app kept belongs to another person.
            session.clear()
        session.pop(_SESSION_KEY, None)
        # Sessions that live on a server get a new id, so that one planted before the sign-in is worth nothing.
        regenerate = getattr(current_app.session_interface, "regenerate", None)
        if regenerate is not None:
            regenerate(session)
        session[_SESSION_KEY] = {"user_id": tokens.user_id, "at": int(time.time()), "client": self._namespace}
        response = _go(tokens.app_state or below_mount(self._after_login))
        # Says to the next request that there ought to be a session by now.
        self._set_cookie(response, self._marker_name, "1", MARKER_SECONDS)
        return response

    def _callback_below_mount(self, whole: str) -> ResponseReturnValue | None:
        """The redirect URI's path is whole; the rules of an app that is mounted somewhere begin below that."""
        mounts = {request.script_root, current_app.config["APPLICATION_ROOT"].rstrip("/")} - {""}
        is_callback = request.method in ("GET", "HEAD") and any(whole == mount + request.path for mount in mounts)
        return self._callback() if is_callback else None

    def _logout(self) -> ResponseReturnValue:
        if not posted_here(self.loop.redirect_uri):
            return self._answer("app", "cross_site_request")
        session.clear()
        return self._without_marker(_go(below_mount(self._after_logout)))

    def _disconnect(self) -> ResponseReturnValue:
        if not posted_here(self.loop.redirect_uri):
            return self._answer("app", "cross_site_request")
        if self.user_id is not None:
            try:
                self.loop.revoke(user_id=self.user_id)
            except LoopError as error:
                # The session lives on, so that the person can press the button again.
                return self._failed(error)
        session.clear()
        return self._without_marker(_go(below_mount(self._after_logout)))

    def _failed(self, error: LoopError) -> ResponseReturnValue:
        """Answers for a view that let an error out, or that nobody may see who is not signed in."""
        if error.detail == "secret_key":
            raise error
        kept = self._kept()
        is_own = error.user_id is None or (kept is not None and kept["user_id"] == error.user_id)
        place: Place = "app" if is_own else "other"
        if not choose(place, error).ends_session:
            return self._answer(place, error)
        session.pop(_SESSION_KEY, None)
        # A browser that signed in just now would go round for ever.
        may_sign_in = self._marker_name not in request.cookies
        if may_sign_in and is_page_load():
            return _go(self._links(place).login)
        return self._answer(place, error if kept or may_sign_in else "session_lost", may_sign_in=may_sign_in)

    def _answer(self, place: Place, problem: LoopError | OwnCode, *, may_sign_in: bool = True) -> ResponseReturnValue:
        if isinstance(problem, LoopError):
            if problem.action in ("fix_call", "call_operator"):
                text = "loop_sdk: %s (%s, request %s)"
                current_app.logger.error(text, problem, problem.code, problem.request_id, exc_info=problem)
            if self._on_error is not None:
                return _keep_private(current_app.make_response(self._on_error(problem)))
        is_page = wants_page()
        sent = reply(place, problem, self._links(place), is_page=is_page, may_sign_in=may_sign_in)
        response = Response(sent.body, sent.status, sent.headers)
        # Whoever has read that it did not work may try again.
        return response if may_sign_in or not is_page else self._without_marker(response)

    def _links(self, place: Place) -> Links:
        # Nobody comes back to a callback: its code is used.
        here = return_path() if place != "sign_in" and is_page_load() else None
        login = url_for("loop_auth.login", next=here)
        return Links(login=login, start=below_mount(self._after_login), here=here)

    def _keep_uncached(self, response: Response) -> Response:
        if _PRIVATE in request.environ:
            response.headers.setdefault("Cache-Control", "no-store")
            if self._marker_name in request.cookies:
                # The session stuck, so the marker has done its work.
                return self._without_marker(response)
        return response

    def _kept(self) -> Hidden | None:
        """What the session says of this client's sign-in, while it is young enough."""
        kept: Any = session.get(_SESSION_KEY)
        if not (isinstance(kept, dict) and kept.keys() >= {"user_id", "at", "client"}):
            return None
        # Another app with the same key, or this app with another environment, knows other people.
        if kept["client"] != self._namespace:
            return None
        if not isinstance(kept["at"], int) or time.time() - kept["at"] > SESSION_SECONDS:
            session.pop(_SESSION_KEY, None)
            return None
        return Hidden(kept)

    def _set_cookie(self, response: AnyResponse, name: str, value: str, max_age: int | None = None) -> None:
        response.set_cookie(name, value, max_age, path="/", secure=self._is_https, httponly=True, samesite="Lax")

    def _without_marker(self, response: R) -> R:
        response.delete_cookie(self._marker_name, path="/", secure=self._is_https, httponly=True, samesite="Lax")
        return response

    @property
    def _namespace(self) -> str | None:
        return self.loop._call.native.namespace

    @property
    def _is_https(self) -> bool:
        return urlsplit(self.loop.redirect_uri or "").scheme == "https"

    @property
    def _cookie_name(self) -> str:
        # The prefix makes browsers refuse the cookie from a sister domain; it needs Secure, which needs https.
        return "__Host-loop_browser" if self._is_https else "loop_browser"

    @property
    def _marker_name(self) -> str:
        return "__Host-loop_signed_in" if self._is_https else "loop_signed_in"


def _go(location: str) -> AnyResponse:
    return _keep_private(redirect(location, 303))


def _keep_private(response: R) -> R:
    # The callback's address has a code in it, and every answer here is one person's own.
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _only_get() -> ResponseReturnValue:
    # Flask adds HEAD to every GET; a link preview that sends it must not begin a sign-in, or spend a code.
    return Response(status=405, headers={"Allow": "GET"})


def _check_secret_key() -> None:
    if not current_app.secret_key:
        raise InvalidCall(
            "LoopAuth keeps who is signed in in Flask's session, which needs a key: set `app.secret_key`.",
            code="missing_option",
            detail="secret_key",
        )


def _with_records(default: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def with_records(value: Any) -> Any:
        try:
            return json_default(value)
        except TypeError:
            return default(value)

    return with_records
