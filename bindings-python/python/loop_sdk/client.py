"""`LoopClient`: sign a person in, keep the grant, call Loop for them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, cast

from loop_sdk import results
from loop_sdk._arguments import Arguments
from loop_sdk._native import Client
from loop_sdk._services import Services, UserServices
from loop_sdk.results import ApiResponse, Authorization, Tokens

__all__ = ["LoopClient", "User"]

# The `del` statements below, before anything that may raise: a traceback that shows local variables, as error trackers
# make them, shows no secret.


class _Caller:
    """Calls the native client. It is no method of LoopClient, so that no reference leads in a circle."""

    __slots__ = ("native",)

    def __init__(self, native: Client) -> None:
        self.native: Client = native

    def __call__(self, method: str, arguments: Arguments, timeout: float | None) -> Any:
        return self.native.call(method, arguments.encode(), timeout)

    def json(self, method: str, arguments: Arguments, timeout: float | None) -> Any:
        return json.loads(self.native.call(method, arguments.encode(), timeout))


class LoopClient(Services):
    """A client of Loop for one registered app. Threads may share it, and it survives a fork.

    What is not passed comes from the environment: `LOOP_CLIENT_ID`, `LOOP_CLIENT_SECRET`, `LOOP_REDIRECT_URI`,
    `LOOP_SCOPES` (separated by spaces), `LOOP_ENVIRONMENT`, `LOOP_STORE`.

    Every call takes a `timeout` in seconds; when it is over, `RetryLater` with the code `timeout` is raised, and a
    refresh that was under way goes on. Ctrl-C ends the wait the same way.

    Args:
        client_id: The app's public id.
        client_secret: The secret of a confidential app; public apps have none.
        redirect_uri: Where Loop sends the person back, exactly as registered.
        scopes: What to ask for where a sign-in names nothing.
        environment: `production` (the default), `staging`, `dev`, `sandbox`, a base URL with `{service}` in it, or a
            dict with `issuer` for any other OpenID provider.
        store: Where grants are kept: `sqlite:///path` or `memory:`. Without it, a SQLite file in the user's data
            directory.
        identify: Whether sign-ins ask for `openid` and return the person's id.
        check_browser: Whether a callback must come from the browser that began.
        timeout: The time limit of an API call with its retries, in seconds; 30 unless said otherwise.

    Raises:
        InvalidCall: An option is wrong or missing; `detail` is its name.
    """

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        redirect_uri: str | None = None,
        scopes: str | Iterable[str] | None = None,
        *,
        environment: str | Mapping[str, str] | None = None,
        store: str | None = None,
        identify: bool | None = None,
        check_browser: bool | None = None,
        timeout: float | None = None,
    ) -> None:
        options = Arguments(
            client_id=client_id,
            client_secret=client_secret,
            redirect_uri=redirect_uri,
            scopes=scopes,
            environment=environment,
            store=store,
            identify=identify,
            check_browser=check_browser,
            timeout=timeout,
        )
        # URLs may have a password in them.
        del client_secret, redirect_uri, environment, store
        options.words("scopes")
        options.plain("environment")
        language = f"python/{sys.version_info.major}.{sys.version_info.minor}"
        self._call = _Caller(Client(options.encode(), language))
        super().__init__(self._call)

    def __repr__(self) -> str:
        return "<LoopClient>"

    @property
    def redirect_uri(self) -> str | None:
        """Where Loop sends the person back, as passed or from the environment."""
        return self._call.native.redirect_uri

    def user(self, user_id: str) -> User:
        """Returns a facade that makes every call for this person."""
        return User(self._call, user_id)

    def authorization_url(
        self,
        *,
        scopes: str | Iterable[str] | None = None,
        user_id: str | None = None,
        browser_secret: str | None = None,
        app_state: str | None = None,
        prompt: str | None = None,
        login_hint: str | None = None,
        check_browser: bool | None = None,
        timeout: float | None = None,
    ) -> Authorization:
        """Begins a sign-in, which has to be finished within ten minutes, in any process that shares the store.

        Args:
            scopes: The scopes; the client's own where it is left out.
            user_id: Who is expected to sign in; anybody else is then refused. Needed where `identify` is false.
            browser_secret: The browser's secret from an earlier sign-in, from its cookie; its tabs share one.
            app_state: A path on your own site to return to; it comes back with the tokens.
            prompt: OpenID Connect's `prompt`: `login`, `consent`, `none`, `select_account`.
            login_hint: An e-mail address that the sign-in page may fill in.
            check_browser: Overrides the client's `check_browser` for this sign-in.
            timeout: In seconds.
        """
        arguments = Arguments(
            scopes=scopes,
            user_id=user_id,
            browser_secret=browser_secret,
            app_state=app_state,
            prompt=prompt,
            login_hint=login_hint,
            check_browser=check_browser,
        )
        del browser_secret, app_state, login_hint
        arguments.words("scopes")
        return Authorization(**self._call.json("authorization_url", arguments, timeout))

    def handle_callback(
        self,
        url_or_query: str | Mapping[str, str | Sequence[str]],
        browser_secret: str | None = None,
        *,
        timeout: float | None = None,
    ) -> Tokens:
        """Finishes a sign-in from the URL that the person's browser came back to, and returns who signed in.

        `url_or_query` is the URL, its query, or the parsed query of a web framework (Flask's `request.args`).
        `browser_secret` is the one that `authorization_url` returned for this browser: without it, anybody could make
        a person finish a stranger's sign-in.
        """
        arguments = Arguments(url_or_query=url_or_query, browser_secret=browser_secret)
        del url_or_query, browser_secret
        arguments.query("url_or_query")
        return results.tokens(self._call.json("handle_callback", arguments, timeout))

    def exchange_code(
        self,
        code: str | Sequence[str] | None,
        state: str | Sequence[str] | None,
        *,
        timeout: float | None = None,
    ) -> Tokens:
        """Finishes a sign-in from `code` and `state` alone, as the quickstart does.

        It can't tell which browser it serves: compare `state` with the one in the browser's session first, or use
        `handle_callback`.
        """
        arguments = Arguments(code=code, state=state)
        del code, state
        return results.tokens(self._call.json("exchange_code", arguments, timeout))

    def access_token(self, *, user_id: str, timeout: float | None = None) -> str:
        """Returns a fresh access token, for HTTP calls that the SDK does not make."""
        return cast(str, self._call.json("access_token", Arguments(user_id=user_id), timeout))

    def import_grant(
        self,
        *,
        user_id: str,
        refresh_token: str,
        access_token: str | None = None,
        expires_at: datetime | float | None = None,
        scopes: str | Iterable[str] | None = None,
        replace: bool = False,
        timeout: float | None = None,
    ) -> Literal["imported", "already_held", "known_spent"]:
        """Brings a grant that the app already holds, whose former owner must not use it any more.

        It may run at every start: what is held or spent is left alone, and the result says so.

        Args:
            user_id: Who it belongs to.
            refresh_token: The newest one.
            access_token: Spares the first refresh while it lives.
            expires_at: When the access token ends: a datetime with its time zone, or seconds since the epoch.
            scopes: What was granted, where known.
            replace: Whether a live grant of this user may be replaced.
            timeout: In seconds.
        """
        arguments = Arguments(
            user_id=user_id,
            refresh_token=refresh_token,
            access_token=access_token,
            expires_at=expires_at,
            scopes=scopes,
            replace=replace,
        )
        del refresh_token, access_token
        arguments.epoch_seconds("expires_at")
        arguments.words("scopes")
        outcome = self._call.json("import_grant", arguments, timeout)
        return cast("Literal['imported', 'already_held', 'known_spent']", outcome)

    def revoke(self, *, user_id: str, timeout: float | None = None) -> None:
        """Disconnects: nobody uses the grant from now on, Loop is told, the secrets are forgotten.

        Ending the app's own session is another thing, and leaves the grant. A user without a grant is no error.
        """
        self._call.json("revoke", Arguments(user_id=user_id), timeout)

    def request(
        self,
        *,
        user_id: str,
        service: str,
        path: str,
        method: str = "GET",
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        timeout: float | None = None,
    ) -> ApiResponse:
        """Sends any request to one of Loop's services with this user's access token.

        `service` is for instance `clinical`, `path` for instance `/v1/check-ins`; `body` is sent as JSON.
        """
        arguments = Arguments(user_id=user_id, service=service, method=method, path=path, query=query, body=body)
        del path, query, body
        arguments.plain("query")
        return ApiResponse(**self._call.json("request", arguments, timeout))


class User(UserServices):
    """One person's data, through one client."""

    def __init__(self, call: _Caller, user_id: str) -> None:
        super().__init__(call, user_id)
        #: The person's id, as a sign-in returned it.
        self.user_id = user_id

    def __repr__(self) -> str:
        return "<User: use .user_id>"
