"""Starts the sandbox for tests: the Loop platform on this machine, steered from Python.

    with sandbox(redirect_uri="http://localhost:5000/callback") as box:
        loop = LoopClient(**box.options(), store="memory:")
        begun = loop.authorization_url()
        tokens = loop.handle_callback(box.sign_in(begun.url, person="ada"), begun.browser_secret)

It needs the program of the package `loop-sandbox`. pytest finds the fixture `loop_sandbox` by itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, TypedDict
from urllib.parse import parse_qs, urlencode, urlsplit

from loop_sdk import _sandbox
from loop_sdk._sandbox import SandboxMissing

__all__ = ["DueGrant", "Options", "Sandbox", "SandboxError", "SandboxMissing", "sandbox"]


class SandboxError(RuntimeError):
    """The sandbox did not start, or refused what a test asked of it."""


class Options(TypedDict):
    """What a LoopClient needs to talk to a sandbox."""

    client_id: str
    client_secret: str | None
    redirect_uri: str
    scopes: list[str]
    environment: str


class MachineOptions(TypedDict):
    """What an M2MClient takes."""

    client_id: str
    client_secret: str
    environment: str


class DueGrant(TypedDict):
    """What `import_grant` needs to take over a grant whose first use is a refresh."""

    user_id: str
    refresh_token: str


class Sandbox:
    """A running sandbox with one registered app."""

    def __init__(self, started: dict[str, Any]) -> None:
        #: Where its home page is.
        self.base_url: str = started["base_url"]
        #: For the option `environment`.
        self.environment: str = started["environment"]
        #: The registered app's id.
        self.client_id: str = started["client_id"]
        #: The registered app's secret.
        self.client_secret: str | None = started["client_secret"]
        #: The registered redirect URI.
        self.redirect_uri: str = started["redirect_uri"]
        #: What the app may ask for.
        self.scopes: tuple[str, ...] = tuple(started["scopes"].split())
        # A proxy of the environment has no business with this machine's own loopback.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def __repr__(self) -> str:
        return f"<Sandbox at {self.base_url}>"

    def options(self) -> Options:
        """Returns the keyword arguments of a LoopClient for the registered app."""
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "redirect_uri": self.redirect_uri,
            "scopes": list(self.scopes),
            "environment": self.environment,
        }

    def variables(self) -> dict[str, str]:
        """Returns the same as LOOP_* environment variables, for another process."""
        return {
            "LOOP_CLIENT_ID": self.client_id,
            "LOOP_CLIENT_SECRET": self.client_secret or "",
            "LOOP_REDIRECT_URI": self.redirect_uri,
            "LOOP_SCOPES": " ".join(self.scopes),
            "LOOP_ENVIRONMENT": self.environment,
        }

    def machine_options(
        self, scopes: Iterable[str] = ("admin:identity", "admin:clinical", "admin:payments")
    ) -> MachineOptions:
        """Registers a machine and returns the keyword arguments of its M2MClient."""
        order = {"client_name": "Test machine", "redirect_uris": [], "allowed_scopes": list(scopes)}
        made = self._post("clients", order)
        return {
            "client_id": made["client"]["client_id"],
            "client_secret": made["client_secret"],
            "environment": self.environment,
        }

    def api_fault(self, kind: str, **more: Any) -> None:
        """Makes an API route answer wrongly: as `token_fault`, and with `service`, `method`, `path`, `probability`."""
        self._post("api-faults", {"kind": kind, **more})

    def sign_in(
        self, authorization_url: str, person: str = "ada", allow: bool = True, untick: Iterable[str] = ()
    ) -> str:
        """Goes through the sign-in and consent pages as a test person, and returns the callback's URL.

        `allow=False` clicks Deny; `untick` leaves scopes out.
        """
        order = {
            "authorization_url": authorization_url,
            "person": person,
            "allow": allow,
            "untick": list(untick),
        }
        callback_url: str = self._post("sign-in", order)["callback_url"]
        return callback_url

    def due_grant(self, person: str = "ada", scopes: Iterable[str] | None = None) -> DueGrant:
        """Signs a person in without the SDK, and returns a grant whose first use has to refresh.

        `loop.import_grant(**box.due_grant(), replace=True)`: no access token comes along, so nothing has to expire
        first, and the refresh brings tokens that live as long as usual. Like every sign-in, it ends the person's
        earlier grant.
        """
        verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        endpoint = self.environment.replace("{service}", "identity") + "/v1/oauth/"
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(dict.fromkeys(["openid", *(self.scopes if scopes is None else scopes)])),
            "state": secrets.token_urlsafe(32),
            "nonce": secrets.token_urlsafe(32),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        callback_url = self.sign_in(f"{endpoint}authorize?{urlencode(asked)}", person)
        exchange = {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(callback_url).query)["code"][0],
            "redirect_uri": self.redirect_uri,
            "client_id": self.client_id,
            "code_verifier": verifier,
        }
        if self.client_secret:
            exchange["client_secret"] = self.client_secret
        with self._open(f"{endpoint}token", urlencode(exchange).encode(), timeout=30) as answer:
            tokens = json.loads(answer.read())
        claims = tokens["id_token"].split(".")[1]
        user_id = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]
        return {"user_id": user_id, "refresh_token": tokens["refresh_token"]}

    def journal(self) -> list[dict[str, Any]]:
        """Returns every request that the sandbox received, oldest first, secrets hidden."""
        entries: list[dict[str, Any]] = self._send("GET", "journal", None)
        return entries

    def clear_journal(self) -> None:
        """Forgets the requests so far."""
        self._send("DELETE", "journal", None)

    def token_requests(self, grant_type: str) -> list[dict[str, Any]]:
        """Returns the journal's token requests of one kind: `authorization_code` or `refresh_token`."""
        return [entry for entry in self.journal() if entry.get("grant_type") == grant_type]

    def next_id_token(self, kind: str) -> None:
        """Makes the next id_token wrong: `wrong_issuer`, `wrong_audience`, `wrong_nonce`, `missing_nonce`,
        `wrong_signature`, `alg_none`, `alg_hs256`, `unknown_kid`, `expired`, `issued_in_future`, `malformed`,
        `missing`.
        """
        self._post("id-token", {"next": kind})

    def next_token_answer(self, status: int, body: str = "", content_type: str | None = None) -> None:
        """Makes the token endpoint answer its next request with this, and do nothing."""
        self._post("next-token-answer", {"status": status, "body": body, "content_type": content_type})

    def token_fault(self, kind: str, **more: Any) -> None:
        """Makes the token endpoint fail once, `when="before"` or `when="after"` its work: `no_answer`, `hang`,
        `delay`, `reset`, `truncate`, `status`, `content_type`, `drop_refresh_token`, `garbage_200`. The docs of the
        sandbox say what each takes.
        """
        self._post("token-faults", {"kind": kind, **more})

    def stats(self) -> dict[str, int]:
        """Returns counters of what the sandbox received and did, for instance `refreshes` and `replays`."""
        counters: dict[str, int] = self._send("GET", "stats", None)
        return counters

    def switch(self, **rules: Any) -> None:
        """Changes rules, for instance `rotation="grace:30"` or `token_rate_limit=5`."""
        self._post("switches", rules)

    def advance_clock(self, seconds: int) -> None:
        """Moves the sandbox's clock."""
        self._post("clock", {"advance_seconds": seconds})

    def revoke_grant(self, user_id: str) -> None:
        """Ends a grant as the person does on Loop's page of connected apps."""
        self._post("revoke-grant", {"user_id": user_id, "client_id": self.client_id})

    def _post(self, lever: str, order: dict[str, Any]) -> Any:
        return self._send("POST", lever, order)

    def _send(self, method: str, lever: str, order: dict[str, Any] | None) -> Any:
        request = urllib.request.Request(f"{self.base_url}/_sandbox/{lever}", method=method)
        if order is not None:
            request.add_header("content-type", "application/json")
            request.data = json.dumps(order).encode()
        try:
            with self._open(request, timeout=30) as answer:
                body = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise SandboxError(f"{lever}: {_message(error.read())}") from None
        return json.loads(body) if body else None


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, LookupError, TypeError):
        return body.decode(errors="replace")


@contextmanager
def sandbox(
    *,
    redirect_uri: str = "http://localhost:3000/callback",
    scopes: str | Iterable[str] | None = None,
    access_token_seconds: int | None = None,
    database: str | os.PathLike[str] | None = None,
    arguments: Iterable[str] = (),
) -> Generator[Sandbox, None, None]:
    """Runs a sandbox with one registered app until the block ends.

    `arguments` are further ones of `loop-sandbox serve`. It takes any free port, and ends with this process, however
    this process ends.
    """
    command = [_sandbox.find(), "serve", "--port", "0", "--json", "--exit-with-stdin", "--redirect-uri", redirect_uri]
    if scopes is not None:
        command += ["--scopes", scopes if isinstance(scopes, str) else " ".join(scopes)]
    if access_token_seconds is not None:
        command += ["--access-token-seconds", str(access_token_seconds)]
    if database is not None:
        command += ["--database", os.fspath(database)]
    # A file and not a pipe: nobody reads while the sandbox runs, and a full pipe would stop it.
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [*command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints
        )
        with process:
            assert process.stdin is not None and process.stdout is not None
            try:
                line = process.stdout.readline()
                if not line:
                    process.wait()
                    complaints.seek(0)
                    why = complaints.read().decode(errors="replace").strip()
                    raise SandboxError(f"The sandbox did not start: {why or f'exit code {process.returncode}'}")
                yield Sandbox(json.loads(line))
            finally:
                process.stdin.close()
                try:
                    process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    process.kill()
