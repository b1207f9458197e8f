"""What a request to the Flask glue says: who looks at the answer, where from, and where to come back to."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from flask import request

_MAX_RETURN_PATH = 2000
_PATH_CHARACTERS = "/:@!$&'()*+,;="


def is_person() -> bool:
    """Whether a person will look at the answer, rather than a script."""
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate"
    # A browser names it when it loads a page; `*/*` alone is a script or a command-line tool.
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")


def is_page_load() -> bool:
    """Whether a person's browser is loading a page, which a redirect may repeat."""
    return request.method in ("GET", "HEAD") and is_person()


def return_path() -> str | None:
    """This request's path and query, still percent-encoded; None where no sign-in could come back to it."""
    # `request.url` shows some characters decoded, `%25` among them, and would come back as another address.
    path = quote(request.script_root + request.path, safe=_PATH_CHARACTERS)
    if request.query_string:
        path += "?" + quote(request.query_string, safe=_PATH_CHARACTERS + "?%")
    if len(path) > _MAX_RETURN_PATH or "\\" in path or path.startswith("//"):
        return None
    return path


def was_posted_here(redirect_uri: str | None) -> bool:
    """Whether a form was posted by a page of this very site."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    here = urlsplit(redirect_uri or "")
    # Behind a proxy that ends TLS, the app may not know its own scheme; the redirect URI does.
    origins = {request.host_url.rstrip("/"), f"{here.scheme}://{here.netloc}"}
    return request.headers.get("Origin") in origins
