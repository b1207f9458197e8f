"""What the glue of any web framework answers: a row of the policy, as a page for people or as JSON for scripts."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from loop_sdk._codes import Action
from loop_sdk._web_policy import (
    ANSWERS,
    CHALLENGE,
    HEADERS,
    OWN_CODES,
    PAGE,
    PAGE_HEADERS,
    RETRY_AFTER_SECONDS,
    RETURN_PATH_LIMIT,
    Answer,
    OwnCode,
)
from loop_sdk.errors import LoopError

#: Where it went wrong: at login or callback, elsewhere, or elsewhere and for another person than who is here.
Place = Literal["sign_in", "app", "other"]


class Reply(NamedTuple):
    """An answer, for the framework to send."""

    status: int
    headers: dict[str, str]
    body: str


class Links(NamedTuple):
    """Where a page may lead."""

    login: str
    start: str
    #: The very page that was asked for; None where it can't be asked for again.
    here: str | None = None


def choose(place: Place, problem: LoopError | OwnCode) -> Answer:
    """Returns the row of the policy: of the code, else of its action."""
    code, action = _names(problem)
    rows = (ANSWERS[where].get(name) for where in (place, "app") for name in (code, action))
    return next(row for row in rows if row is not None)


def reply(
    place: Place, problem: LoopError | OwnCode, links: Links, *, is_page: bool, may_sign_in: bool = True
) -> Reply:
    """Returns what to send. `may_sign_in` is False where a script must not send the person to sign in once more."""
    answer = choose(place, problem)
    code, action = _names(problem)
    request_id = problem.request_id if isinstance(problem, LoopError) else None
    headers = dict(HEADERS)
    if answer.retry_after:
        headers["Retry-After"] = str(_wait(problem))
    if answer.status == 401:
        headers["WWW-Authenticate"] = CHALLENGE
    if is_page:
        link = {"login": links.login, "here": links.here or links.start, "start": links.start}[answer.link]
        note = f"{code} · {request_id}" if request_id else code
        parts = {"title": answer.title, "text": answer.text, "link": link, "label": answer.label, "note": note}
        return Reply(
            answer.status, headers | PAGE_HEADERS, re.sub(r"{{(\w+)}}", lambda part: escape(parts[part[1]]), PAGE)
        )
    headers["Content-Type"] = "application/json"
    body = {"error": code, "action": action, "message": answer.text}
    if answer.link == "login" and may_sign_in:
        body["login_url"] = links.login
    if request_id:
        body["request_id"] = request_id
    return Reply(answer.status, headers, json.dumps(body))


def wants_page(fetch_mode: str | None, prefers_html: bool) -> bool:
    """Whether a person will look at the answer, rather than a script. A browser's own word goes before `Accept`."""
    return prefers_html if fetch_mode is None else fetch_mode == "navigate"


def was_posted_here(fetch_site: str | None, origin: str | None, host_url: str, redirect_uri: str | None) -> bool:
    """Whether a form was posted by a page of this very site."""
    if fetch_site is not None:
        return fetch_site == "same-origin"
    here = urlsplit(redirect_uri or "")
    # Behind a proxy that ends TLS, the app may not know its own scheme; the redirect URI does.
    return origin in {host_url.rstrip("/"), f"{here.scheme}://{here.netloc}"}


def return_path(path: str) -> str | None:
    """A path and query as a sign-in can come back to it; None where core would refuse it."""
    is_own = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if is_own and len(path) <= RETURN_PATH_LIMIT else None


def _names(problem: LoopError | OwnCode) -> tuple[str, Action]:
    return (problem.code, problem.action) if isinstance(problem, LoopError) else (problem, OWN_CODES[problem])


def _wait(problem: LoopError | OwnCode) -> int:
    known = problem.retry_after_ms if isinstance(problem, LoopError) else None
    return RETRY_AFTER_SECONDS if known is None else -(-known // 1000)
