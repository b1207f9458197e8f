"""The Python code of the docs and of the README runs as printed, against the sandbox, and passes mypy --strict."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import ROOT
from test_types import mypy

from loop_sdk import LoopClient
from loop_sdk.testing import Sandbox, sandbox

GUIDE = ROOT / "docs" / "src" / "quickstart-python.md"


def block(file: Path, containing: str) -> str:
    """The one Python block of a page that contains a text."""
    blocks: list[str] = re.findall(r"```python\n(.*?)```", file.read_text(), re.DOTALL)
    found = [code for code in blocks if containing in code]
    assert len(found) == 1, f"{len(found)} blocks of {file.name} contain {containing}"
    return found[0]


def variables(running: Sandbox, monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    for name, value in {
        "LOOP_ENVIRONMENT": running.environment,
        "LOOP_CLIENT_ID": running.client_id,
        "LOOP_CLIENT_SECRET": running.client_secret,
        "LOOP_REDIRECT_URI": running.redirect_uri,
        "LOOP_SCOPES": "read:biomarkers",
        "LOOP_STORE": store,
    }.items():
        monkeypatch.setenv(name, str(value))


def run(code: str, name: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": name}
    exec(compile(code, f"<{name}>", "exec"), names)
    return names


@pytest.mark.parametrize("page", [GUIDE, ROOT / "README.md"], ids=lambda page: page.name)
def test_the_flask_app_of_the_docs_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sandbox() as running:
        variables(running, monkeypatch, "memory:")
        browser = run(block(page, "LoopAuth("), "docs_app")["app"].test_client()
        assert browser.get("/", headers={"Accept": "text/html"}).status_code == 303
        begun = browser.get("/login?next=/")
        callback = urlsplit(running.sign_in(begun.headers["Location"]))
        answer = browser.get(f"{callback.path}?{callback.query}", follow_redirects=True)
        assert answer.status_code == 200
        assert "Ferritin" in answer.text


def test_the_platforms_snippet_in_python_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with sandbox(redirect_uri="https://your-app.example.com/auth/loop/callback") as running:
        variables(running, monkeypatch, f"sqlite:{tmp_path / 'grants.db'}")
        begun = LoopClient().authorization_url()
        query = {name: values[0] for name, values in parse_qs(urlsplit(running.sign_in(begun.url)).query).items()}
        page = run(block(GUIDE, "exchange_code("), "docs_snippet")["callback"](query)
        assert len(page) >= 10


def test_the_asyncio_app_of_the_docs_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with sandbox() as running:
        variables(running, monkeypatch, "memory:")
        app = run(block(GUIDE, "Starlette("), "docs_asyncio")["app"]

        async def main() -> None:
            status, headers, _ = await get(app, "/login", "", "")
            assert status == 303
            callback = urlsplit(await asyncio.to_thread(running.sign_in, headers["location"]))
            status, _, body = await get(app, callback.path, callback.query, headers["set-cookie"].split(";")[0])
            assert status == 200 and "Ferritin" in body

        asyncio.run(main())


async def get(app: Any, path: str, query: str, cookie: str) -> tuple[int, dict[str, str], str]:
    """One request to an ASGI app, as a server makes it."""
    sent: list[dict[str, Any]] = []
    headers = [(b"host", b"localhost:3000"), (b"cookie", cookie.encode())]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers}
    scope |= {"scheme": "http", "server": ("localhost", 3000), "root_path": "", "http_version": "1.1"}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent).decode()


def test_the_guide_passes_mypy_strict(tmp_path: Path) -> None:
    texts = ["LoopAuth(", "exchange_code(", "Starlette(", "ScopeRequired", "class Grants"]
    files = [tmp_path / f"block_{number}.py" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(block(GUIDE, text))
    done = mypy(*map(str, files))
    assert done.returncode == 0, done.stdout
