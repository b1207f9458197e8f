"""What a request to the Flask glue says: who looks at the answer, where from, and where to come back to."""

from __future__ import annotations

from urllib.parse import quote

from flask import request

from loop_sdk import _web

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
