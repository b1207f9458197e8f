"""What a request to the Flask glue says: who looks at the answer, where from, where to come back to, in which trace."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, current_app, has_request_context, request

from loop_sdk import _trace, _web

#: Marks, among an app's extensions, that calls of the SDK belong to the trace of the request that it serves.
_TRACED = "loop_trace"
_PATH_CHARACTERS = "/:@!$&'()*+,;="


def wants_page() -> bool:
    """Whether a person will look at the answer, rather than a script."""
    # Named first, JSON is what `*/*` gets.
    best = request.accept_mimetypes.best_match(["application/json", "text/html"])
    return _web.wants_page(request.headers.get("Sec-Fetch-Mode"), best == "text/html")


def is_page_load() -> bool:
    """Whether a person's browser is loading a page, which a redirect may repeat."""
    return request.method in ("GET", "HEAD") and wants_page()


def return_path() -> str | None:
    """This request's path and query, still percent-encoded; None where no sign-in could come back to it."""
    # `request.url` shows some characters decoded, `%25` among them, and would come back as another address.
    path = quote(request.script_root + request.path, safe=_PATH_CHARACTERS)
    if request.query_string:
        path += "?" + quote(request.query_string, safe=_PATH_CHARACTERS + "?%")
    return _web.return_path(path)


def below_mount(path: str) -> str:
    """One of the app's paths, as the browser sees it."""
    return request.script_root + path if path.startswith("/") else path


def posted_here(redirect_uri: str | None) -> bool:
    """Whether a form was posted by a page of this very site."""
    headers = request.headers
    return _web.was_posted_here(headers.get("Sec-Fetch-Site"), headers.get("Origin"), request.host_url, redirect_uri)


def follow_traces(app: Flask) -> None:
    """Sends what the SDK is asked for, while this app serves a request, with the `traceparent` of that request."""
    app.extensions[_TRACED] = True
    _trace.incoming = _traceparent


def _traceparent() -> str | None:
    # Flask knows which request is served here, in a thread and in a coroutine, and forgets it at its end. Servers make
    # one text of a header that came twice, which core takes for none.
    is_served = has_request_context() and _TRACED in current_app.extensions
    return request.headers.get("traceparent") if is_served else None
