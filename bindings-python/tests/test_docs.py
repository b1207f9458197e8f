"""The Python code of the docs and of the README runs as printed, against the sandbox, and passes mypy --strict."""

from __future__ import annotations

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


def test_the_guide_passes_mypy_strict(tmp_path: Path) -> None:
    for number, text in enumerate(["LoopAuth(", "exchange_code("]):
        file = tmp_path / f"block_{number}.py"
        file.write_text(block(GUIDE, text))
        done = mypy(str(file))
        assert done.returncode == 0, done.stdout
