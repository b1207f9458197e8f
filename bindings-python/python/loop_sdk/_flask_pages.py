"""What the Flask glue answers when something is wrong: pages for people, JSON for scripts, and who may keep them."""

from __future__ import annotations

from flask import Response, jsonify, url_for
from flask.typing import ResponseReturnValue

from loop_sdk._page import page
from loop_sdk.errors import LoopError

#: A fallback where nobody knows how long to wait.
_RETRY_AFTER_SECONDS = 5
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_OPERATOR_TEXT = "Something is not set up right, and the people who run this site have been told. Try again later."


def public_text(error: LoopError) -> str:
    """What anybody may read: texts for the operator name files, options and hosts."""
    return _OPERATOR_TEXT if error.action in ("fix_call", "call_operator") else error.message


def as_json(error: LoopError, status: int, text: str | None = None, *, mendable: bool = True) -> ResponseReturnValue:
    body = {"error": error.code, "message": text or public_text(error)}
    if mendable and error.action in ("sign_in_again", "ask_for_scope"):
        body["login"] = url_for("loop_auth.login")
    if error.request_id:
        body["request_id"] = error.request_id
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return with_retry_after(response, error)


def with_retry_after(response: Response, error: LoopError) -> Response:
    if error.retry_after_ms is not None:
        response.headers["Retry-After"] = str(-(-error.retry_after_ms // 1000))
    elif error.action == "retry":
        response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return response


def page_response(html: str, status: int) -> Response:
    response = keep_private(Response(html, status, mimetype="text/html"))
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def refused() -> ResponseReturnValue:
    text = "The request did not come from a page of this site, so nothing was done."
    html = page(title="Nothing was changed", text=text, link="/", label="Go to the start", note="cross_site_request")
    return page_response(html, 403)


def keep_private(response: Response) -> Response:
    # The callback's address has a code in it, and every answer here is one person's own.
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
