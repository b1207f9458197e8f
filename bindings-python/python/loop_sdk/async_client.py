"""`AsyncLoopClient` for asyncio. Written by `cargo xtask codegen` from `client.py`; do not edit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, cast

from loop_sdk import results
from loop_sdk._arguments import Arguments
from loop_sdk._caller_async import AsyncCaller
from loop_sdk._open import Secret, open_client
from loop_sdk._request_async import AsyncRequests
from loop_sdk._services_async import AsyncServices, AsyncUserServices
from loop_sdk.audit import AuditLog
from loop_sdk.events import Event
from loop_sdk.results import ApiResponse, Authorization, AsyncGrants, KeptAlive, Status, Tokens
from loop_sdk.store import TokenStore

__all__ = ["AsyncLoopClient", "AsyncUser"]

#: What to do with a delivery of a webhook.
EventClaim = Literal["new", "done", "under_way"]

# The `del` statements below, before anything that may raise: a traceback that shows local variables, as error trackers
# make them, shows no secret and no person.


class AsyncLoopClient(AsyncServices):
    """A client of Loop for one registered app. Event loops and threads may share it, and it survives a fork.

    What is not passed comes from the environment: `LOOP_CLIENT_ID`, `LOOP_CLIENT_SECRET`, `LOOP_REDIRECT_URI`,
    `LOOP_SCOPES` (separated by spaces), `LOOP_ENVIRONMENT`, `LOOP_STORE`.

    Every call takes a `timeout` in seconds; when it is over, `RetryLater` with the code `timeout` is raised, and a
    refresh that was under way goes on. Cancelling the task ends its wait the same way.

    Args:
        client_id: The app's public id.
        client_secret: The secret of a confidential app; public apps have none. While it is rotated, a list of two with
            the newest first, or a function, sync or async, that returns either and is asked when a secret is needed.
        redirect_uri: Where Loop sends the person back, exactly as registered.
        scopes: What to ask for where a sign-in names nothing.
        environment: `production` (the default), `staging`, `dev`, `sandbox`, a base URL with `{service}` in it, or a
            dict with `issuer` for any other OpenID provider.
        store: Where grants are kept: a URL, such as `sqlite:///path` or `memory:`, or an object of your own, see
            `loop_sdk.store`. Without it, a SQLite file in the user's data directory.
        store_key: Encrypts what is stored.
        profile: What the server does with a refresh token that comes twice: `strict` (Loop, and the default),
            `introspect`, `grace:SECONDS`, `replay`.
        token_requests_per_minute: What the token endpoint allows this app, over all of its processes; 60 for Loop.
        retry_unknown_refresh: Sends a refresh once more whose answer was lost. Under `strict` that may end the grant.
        on_event: A function that is told of each `Event`, on a thread of the SDK that does nothing else. What it
            raises is logged by its class and goes nowhere.
        audit_log: Records every call of an API: who, why, whose data, which operation, how many records, with which
            outcome; never a value. A function, sync or async, that takes an `AuditEntry`, a `logging.Logger`, or the
            path of a file that gets a JSON object a line.
        audit_required: Fails a call, before anything is sent, whose entry can't be recorded.
        identify: Whether sign-ins ask for `openid` and return the person's id.
        check_browser: Whether a callback must come from the browser that began.
        timeout: The time limit of an API call with its retries, in seconds; 30 unless said otherwise.

    Raises:
        InvalidCall: An option is wrong or missing; `detail` is its name.
    """

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: Secret | None = None,
        redirect_uri: str | None = None,
        scopes: str | Iterable[str] | None = None,
        *,
        environment: str | Mapping[str, str] | None = None,
        store: str | TokenStore | None = None,
        store_key: str | None = None,
        profile: str | None = None,
        token_requests_per_minute: int | None = None,
        retry_unknown_refresh: bool | None = None,
        on_event: Callable[[Event], object] | None = None,
        audit_log: AuditLog | None = None,
        audit_required: bool | None = None,
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
            store_key=store_key,
            profile=profile,
            token_requests_per_minute=token_requests_per_minute,
            retry_unknown_refresh=retry_unknown_refresh,
            on_event=on_event,
            audit_log=audit_log,
            audit_required=audit_required,
            identify=identify,
            check_browser=check_browser,
            timeout=timeout,
        )
        # URLs may have a password in them.
        del client_secret, redirect_uri, environment, store, store_key
        self._call = AsyncCaller(open_client(options), AsyncLoopClient)
        super().__init__(self._call)

    @classmethod
    def over(cls, call: AsyncCaller) -> AsyncLoopClient:
        """Returns a client of an open connection; for the SDK's own use."""
        client = cls.__new__(cls)
        client._call = call
        AsyncServices.__init__(client, call)
        return client

    def __repr__(self) -> str:
        return "<AsyncLoopClient>"

    @property
    def redirect_uri(self) -> str | None:
        """Where Loop sends the person back, as passed or from the environment."""
        return self._call.native.redirect_uri

    def user(
        self, user_id: str, *, actor: str | None = None, purpose: str | None = None, traceparent: str | None = None
    ) -> AsyncUser:
        """Returns a facade that makes every call for this person.

        Args:
            user_id: The person's id, as a sign-in returned it.
            actor: Who calls, for the audit log: a clinician's id, or the name of a job.
            purpose: Why, for the audit log: for instance `treatment`.
            traceparent: The trace that the calls belong to: the header of W3C Trace Context. `loop_sdk.flask` finds it
                by itself.
        """
        context = Arguments(user_id=user_id, actor=actor, purpose=purpose, traceparent=traceparent)
        return AsyncUser(self._call, context)

    async def authorization_url(
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
        del user_id, browser_secret, app_state, login_hint
        arguments.words("scopes")
        return Authorization(**await self._call.json("authorization_url", arguments, timeout))

    async def sign_in_again(
        self,
        *,
        user_id: str | None = None,
        missing_scopes: Iterable[str] = (),
        scopes: str | Iterable[str] | None = None,
        browser_secret: str | None = None,
        app_state: str | None = None,
        prompt: str | None = None,
        login_hint: str | None = None,
        check_browser: bool | None = None,
        timeout: float | None = None,
    ) -> Authorization:
        """Begins the sign-in that mends a grant: with the scopes that this person had, and those that are missing.

        `user_id` and `missing_scopes` are the error's, whose own `authorization_url()` does the same. The others are
        those of `authorization_url`.
        """
        arguments = Arguments(
            user_id=user_id,
            missing_scopes=missing_scopes,
            scopes=scopes,
            browser_secret=browser_secret,
            app_state=app_state,
            prompt=prompt,
            login_hint=login_hint,
            check_browser=check_browser,
        )
        del user_id, browser_secret, app_state, login_hint
        arguments.words("scopes")
        arguments.words("missing_scopes")
        return Authorization(**await self._call.json("sign_in_again", arguments, timeout))

    async def handle_callback(
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
        return results.tokens(await self._call.json("handle_callback", arguments, timeout))

    async def exchange_code(
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
        return results.tokens(await self._call.json("exchange_code", arguments, timeout))

    async def access_token(self, *, user_id: str, timeout: float | None = None) -> str:
        """Returns a fresh access token, for HTTP calls that the SDK does not make."""
        arguments = Arguments(user_id=user_id)
        del user_id
        return cast(str, await self._call.json("access_token", arguments, timeout))

    async def import_grant(
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
        del user_id, refresh_token, access_token, expires_at
        arguments.epoch_seconds("expires_at")
        arguments.words("scopes")
        outcome = await self._call.json("import_grant", arguments, timeout)
        return cast("Literal['imported', 'already_held', 'known_spent']", outcome)

    async def status(self, *, user_id: str, timeout: float | None = None) -> Status:
        """Returns where a person stands: connected or not, with which scopes, until when, and what to do next.

        It reads the store and sends nothing.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        return results.status(await self._call.json("status", arguments, timeout))

    async def grants(self, *, cursor: str | None = None, limit: int | None = None, timeout: float | None = None) -> AsyncGrants:
        """Lists the stored grants, a page at a time; `async for` over the result goes on through the later pages.

        Args:
            cursor: The `next_cursor` of the page before.
            limit: The most grants of a page, 1 to 1000; 100 unless said otherwise.
            timeout: In seconds, for each page.
        """
        fields = await self._call.json("grants", Arguments(cursor=cursor, limit=limit), timeout)
        return AsyncGrants(fields, lambda cursor: self.grants(cursor=cursor, limit=limit, timeout=timeout))

    async def keep_alive(self, *, timeout: float | None = None) -> KeptAlive:
        """Refreshes the grants that would lapse after 90 quiet days, spread and paced: for a daily job."""
        return results.kept_alive(await self._call.json("keep_alive", Arguments(), timeout))

    async def drain(self, *, timeout: float | None = None) -> bool:
        """Waits until no refresh is under way and all tokens are saved; False where `timeout`, in seconds, came first.

        For a server that stops: first no more calls, then this. The end of the process waits by itself, for ten seconds
        at most.
        """
        drained = await self._call.json("drain", Arguments(timeout=timeout), None)
        return cast(bool, drained["settled"])

    async def claim_event(self, event_id: str, *, timeout: float | None = None) -> EventClaim:
        """Says whether a webhook's event is to be handled, and keeps all others from doing so meanwhile.

        `new`: do it, then call `finish_event` or `abandon_event`. `done`: answer 200. `under_way`: answer 503, so that
        it comes again. `loop_sdk.flask.LoopWebhooks` does all of it.
        """
        arguments = Arguments(event_id=event_id)
        del event_id
        claim = await self._call.json("claim_event", arguments, timeout)
        return cast("EventClaim", claim)

    async def finish_event(self, event_id: str, *, timeout: float | None = None) -> None:
        """The event is handled: whenever it comes again, it is done."""
        arguments = Arguments(event_id=event_id)
        del event_id
        await self._call.json("finish_event", arguments, timeout)

    async def abandon_event(self, event_id: str, *, timeout: float | None = None) -> None:
        """The event could not be handled: the next delivery is to try again."""
        arguments = Arguments(event_id=event_id)
        del event_id
        await self._call.json("abandon_event", arguments, timeout)

    async def revoke(self, *, user_id: str, timeout: float | None = None) -> None:
        """Disconnects: nobody uses the grant from now on, Loop is told, the secrets are forgotten.

        Ending the app's own session is another thing, and leaves the grant. A user without a grant is no error.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        await self._call.json("revoke", arguments, timeout)

    async def request(
        self,
        *,
        user_id: str,
        service: str,
        path: str,
        method: str = "GET",
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> ApiResponse:
        """Sends any request to one of Loop's services with this user's access token, as `AsyncUser.request` does."""
        arguments = Arguments(
            user_id=user_id,
            service=service,
            method=method,
            path=path,
            query=query,
            body=body,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        del user_id, path, query, body, idempotency_key
        return await self.user(arguments.pop("user_id")).request(**arguments)


class AsyncUser(AsyncUserServices, AsyncRequests):
    """One person's data, through one client."""

    def __init__(self, call: AsyncCaller, context: Arguments) -> None:
        super().__init__(call, context)
        self._call = call
        self._context = context

    @property
    def user_id(self) -> str:
        """The person's id, as a sign-in returned it."""
        return cast(str, self._context["user_id"])

    def __repr__(self) -> str:
        return "<AsyncUser: use .user_id>"
