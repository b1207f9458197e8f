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
from urllib.parse import quote, urlsplit

from flask import Blueprint, Flask, Response, current_app, jsonify, redirect, request, session, url_for
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from loop_sdk._json import json_default
from loop_sdk._page import page
from loop_sdk.client import LoopClient, User
from loop_sdk.errors import InvalidCall, LoopError, ScopeRequired, SignInRequired

__all__ = ["LoopAuth"]

P = ParamSpec("P")
R = TypeVar("R", bound=AnyResponse)

#: What the glue keeps in Flask's session: who signed in, when, and with which client.
_SESSION_KEY = "_loop"
#: How long a person stays signed in to the app; their grant lives on.
_SESSION_SECONDS = 12 * 3600
#: A grant that is over this soon after signing in would be over again: a redirect would go round for ever.
_NO_REDIRECT_SECONDS = 30
#: A fallback where nobody knows how long to wait.
_RETRY_AFTER_SECONDS = 5
#: Marks, in the WSGI environment, a request during which somebody's data was within reach.
_PRIVATE = "loop_sdk.private"
_MAX_RETURN_PATH = 2000
_PATH_CHARACTERS = "/:@!$&'()*+,;="
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_OPERATOR_TEXT = "Something is not set up right, and the people who run this site have been told. Try again later."
_ANOTHERS_TEXT = "This needs another person's Loop account, which is not connected, or does not share enough."
_GRANT_IS_OVER = ("not_connected", "grant_ended", "refresh_outcome_unknown")
_STATUS = {"retry": 503, "sign_in_again": 400, "ask_for_scope": 403, "fix_call": 500, "call_operator": 502}


class LoopAuth:
    """Adds `/login`, `/callback`, `/logout` and `/disconnect` to an app, and knows who is signed in.

    `GET /login?next=/path` begins a sign-in and returns to that path. `POST /logout` ends the app's session and leaves
    the grant; `POST /disconnect` ends the grant at Loop, and the session. Both are refused to other sites.

    A LoopError that a view lets out becomes a page for people and JSON for scripts, unless the app has a handler of its
    own. One that means a new sign-in ends the session of the person whose grant it is about, and nobody else's.
    Responses made with somebody's data within reach are not cached, unless the view says otherwise. With an https
    `redirect_uri`, Flask's session cookie becomes Secure (set `SESSION_COOKIE_SECURE` after this for another choice).

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
        """Adds the routes, the error handlers, the session cookie's safe settings, and the JSON form of records."""
        self._loop = loop or self._loop or LoopClient()
        login, callback, logout, disconnect = self._paths
        callback = callback or urlsplit(self.loop.redirect_uri or "").path or "/callback"
        routes = Blueprint("loop_auth", __name__)
        routes.add_url_rule(login, "login", self._login, methods=["GET"])
        routes.add_url_rule(callback, "callback", self._callback, methods=["GET"], provide_automatic_options=False)
        routes.add_url_rule(logout, "logout", self._logout, methods=["POST"])
        routes.add_url_rule(disconnect, "disconnect", self._disconnect, methods=["POST"])
        routes.after_request(_keep_private)
        app.register_blueprint(routes)
        app.after_request(self._keep_uncached)
        handlers: list[tuple[type[LoopError], Callable[[Any], ResponseReturnValue]]] = [
            (SignInRequired, self._grant_is_over),
            (LoopError, self._call_failed),
        ]
        for kind, handler in handlers:
            if kind not in app.error_handler_spec[None][None]:
                app.register_error_handler(kind, handler)
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
                return self._to_login(SignInRequired("Sign in first.", code="not_connected"))
            # `user_id` marked the response as private.
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
            return self._failed(error, "Signing in did not work")
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
        if request.method == "HEAD":
            # Flask adds it to every GET; a link preview that sends it must not spend the code.
            return Response(status=405, headers={"Allow": "GET"})
        _check_secret_key()
        try:
            tokens = self.loop.handle_callback(request.args, request.cookies.get(self._cookie_name))
        except LoopError as error:
            if error.code == "already_completed" and self.user_id is not None:
                return redirect(self._after_login, 303)
            return self._failed(error, "Signing in did not work")
        kept = self._kept()
        if kept is not None and kept["user_id"] != tokens.user_id:
            # Whatever else the app kept belongs to another person.
            session.clear()
        session.pop(_SESSION_KEY, None)
        # Sessions that live on a server get a new id, so that one planted before the sign-in is worth nothing.
        regenerate = getattr(current_app.session_interface, "regenerate", None)
        if regenerate is not None:
            regenerate(session)
        now = int(time.time())
        session[_SESSION_KEY] = {"user_id": tokens.user_id, "at": now, "client": self._namespace}
        response = redirect(tokens.app_state or self._after_login, 303)
        # Says to the next request that there ought to be a session by now.
        response.set_cookie(
            self._marker_name,
            str(now),
            max_age=_NO_REDIRECT_SECONDS,
            path="/",
            secure=self._is_https,
            httponly=True,
            samesite="Lax",
        )
        return response

    def _logout(self) -> ResponseReturnValue:
        if not self._is_same_site():
            return _refused()
        session.clear()
        return self._without_marker(redirect(self._after_login, 303))

    def _disconnect(self) -> ResponseReturnValue:
        if not self._is_same_site():
            return _refused()
        user_id = self.user_id
        if user_id is not None:
            try:
                self.loop.revoke(user_id=user_id)
            except LoopError as error:
                return self._failed(error, "Disconnecting did not work", link=self._after_login, label="Go back")
        session.clear()
        return self._without_marker(redirect(self._after_login, 303))

    def _grant_is_over(self, error: SignInRequired) -> ResponseReturnValue:
        kept = self._kept()
        if self._is_about_another(error):
            return self._call_failed(error)
        session.pop(_SESSION_KEY, None)
        is_fresh = kept is not None and time.time() - kept["at"] < _NO_REDIRECT_SECONDS
        if is_fresh or error.code not in _GRANT_IS_OVER:
            return self._failed(error, "You have to connect again") if _is_person() else _as_json(error, 401)
        return self._to_login(error)

    def _call_failed(self, error: LoopError) -> ResponseReturnValue:
        """Answers for a view that let an error out."""
        if error.detail == "secret_key":
            raise error
        link, label = self._after_login, "Go to the start"
        if isinstance(error, ScopeRequired) and not self._is_about_another(error):
            here = _return_path() if _is_page_load() else None
            link, label = url_for("loop_auth.login", next=here), "Connect again"
        elif error.action == "retry" and _is_page_load():
            link, label = _return_path() or link, "Try again"
        if _is_person():
            return self._failed(error, "That did not work", link=link, label=label, raised_in_view=True)
        self._log(error, raised_in_view=True)
        if self._is_about_another(error):
            return _as_json(error, 409, _ANOTHERS_TEXT, mendable=False)
        return _as_json(error, _STATUS[error.action])

    def _to_login(self, error: SignInRequired) -> ResponseReturnValue:
        if not _is_page_load():
            return self._failed(error, "Sign in first", status=401) if _is_person() else _as_json(error, 401)
        if self._lost_session():
            text = (
                "Your browser did not keep the session of the sign-in that you just finished. "
                "Allow cookies for this site, then try again."
            )
            login = url_for("loop_auth.login")
            html = page(title="You are not signed in", text=text, link=login, label="Try again", note="session_lost")
            return self._without_marker(_page_response(html, 400))
        return redirect(url_for("loop_auth.login", next=_return_path()), 303)

    def _failed(
        self,
        error: LoopError,
        title: str,
        *,
        link: str | None = None,
        label: str = "Try again",
        status: int | None = None,
        raised_in_view: bool = False,
    ) -> ResponseReturnValue:
        self._log(error, raised_in_view=raised_in_view)
        if self._on_error is not None:
            return self._on_error(error)
        status = status or _STATUS[error.action]
        text = _public_text(error)
        if raised_in_view and self._is_about_another(error):
            status, text = 409, _ANOTHERS_TEXT
        elif error.code == "access_denied":
            status, title = 403, "You are not connected"
            text = "You chose not to share your Loop data, so nothing was stored. You can connect whenever you like."
        elif error.detail == "app_state":
            status, text = 400, "The address to return to is not a page of this site."
        note = f"{error.code} · request {error.request_id}" if error.request_id else error.code
        html = page(title=title, text=text, link=link or url_for("loop_auth.login"), label=label, note=note)
        return _with_retry_after(_page_response(html, status), error)

    def _log(self, error: LoopError, *, raised_in_view: bool) -> None:
        if error.action in ("fix_call", "call_operator"):
            current_app.logger.error(
                "loop_sdk: %s (%s, request %s)",
                error,
                error.code,
                error.request_id,
                exc_info=error if raised_in_view else None,
            )

    def _keep_uncached(self, response: Response) -> Response:
        if _PRIVATE in request.environ:
            response.headers.setdefault("Cache-Control", "no-store")
            if self._marker_name in request.cookies:
                # The session stuck, so the marker has done its work.
                return self._without_marker(response)
        return response

    def _is_about_another(self, error: LoopError) -> bool:
        """Whether only somebody else than who is signed in here could mend it."""
        kept = self._kept()
        of_person = error.action in ("sign_in_again", "ask_for_scope") and error.user_id is not None
        return kept is not None and of_person and error.user_id != kept["user_id"]

    def _kept(self) -> dict[str, Any] | None:
        """What the session says of this client's sign-in, while it is young enough."""
        kept: Any = session.get(_SESSION_KEY)
        if not (isinstance(kept, dict) and kept.keys() >= {"user_id", "at", "client"}):
            return None
        # Another app with the same key, or this app with another environment, knows other people.
        if kept["client"] != self._namespace:
            return None
        if not isinstance(kept["at"], int) or time.time() - kept["at"] > _SESSION_SECONDS:
            session.pop(_SESSION_KEY, None)
            return None
        return kept

    def _lost_session(self) -> bool:
        """Whether a sign-in completed just now, with nobody signed in."""
        marker = request.cookies.get(self._marker_name, "")
        is_time = marker.isascii() and marker.isdigit() and len(marker) < 16
        return is_time and self._kept() is None and abs(time.time() - int(marker)) < _NO_REDIRECT_SECONDS

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

    def _is_same_site(self) -> bool:
        """Whether a form was posted by a page of this very site."""
        fetch_site = request.headers.get("Sec-Fetch-Site")
        if fetch_site is not None:
            return fetch_site == "same-origin"
        here = urlsplit(self.loop.redirect_uri or "")
        # Behind a proxy that ends TLS, the app may not know its own scheme; the redirect URI does.
        origins = {request.host_url.rstrip("/"), f"{here.scheme}://{here.netloc}"}
        return request.headers.get("Origin") in origins


def _check_secret_key() -> None:
    if not current_app.secret_key:
        raise InvalidCall(
            "LoopAuth keeps who is signed in in Flask's session, which needs a key: set `app.secret_key`.",
            code="missing_option",
            detail="secret_key",
        )


def _is_person() -> bool:
    """Whether a person will look at the answer, rather than a script."""
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate"
    # A browser names it when it loads a page; `*/*` alone is a script or a command-line tool.
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")


def _is_page_load() -> bool:
    """Whether a person's browser is loading a page, which a redirect may repeat."""
    return request.method in ("GET", "HEAD") and _is_person()


def _return_path() -> str | None:
    """This request's path and query, still percent-encoded; None where no sign-in could come back to it."""
    # `request.url` shows some characters decoded, `%25` among them, and would come back as another address.
    path = quote(request.script_root + request.path, safe=_PATH_CHARACTERS)
    if request.query_string:
        path += "?" + quote(request.query_string, safe=_PATH_CHARACTERS + "?%")
    if len(path) > _MAX_RETURN_PATH or "\\" in path or path.startswith("//"):
        return None
    return path


def _public_text(error: LoopError) -> str:
    """What anybody may read: texts for the operator name files, options and hosts."""
    return _OPERATOR_TEXT if error.action in ("fix_call", "call_operator") else error.message


def _as_json(error: LoopError, status: int, text: str | None = None, *, mendable: bool = True) -> ResponseReturnValue:
    body = {"error": error.code, "message": text or _public_text(error)}
    if mendable and error.action in ("sign_in_again", "ask_for_scope"):
        body["login"] = url_for("loop_auth.login")
    if error.request_id:
        body["request_id"] = error.request_id
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return _with_retry_after(response, error)


def _with_retry_after(response: Response, error: LoopError) -> Response:
    if error.retry_after_ms is not None:
        response.headers["Retry-After"] = str(-(-error.retry_after_ms // 1000))
    elif error.action == "retry":
        response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return response


def _page_response(html: str, status: int) -> Response:
    response = _keep_private(Response(html, status, mimetype="text/html"))
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def _refused() -> ResponseReturnValue:
    text = "The request did not come from a page of this site, so nothing was done."
    html = page(title="Nothing was changed", text=text, link="/", label="Go to the start", note="cross_site_request")
    return _page_response(html, 403)


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
