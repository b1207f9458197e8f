"""The package, the examples and these tests are typed: mypy --strict has nothing to say, and finds mistakes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

MISTAKES = """
from datetime import datetime
from loop_sdk import AsyncLoopClient, Biomarker, LoopClient, Page
loop = LoopClient()
page: Page[Biomarker] = loop.clinical.list_biomarkers(user_id="u")
value: float = page[0].value
low: float = page[0].reference_low  # expect: assignment
page[0].valeu  # expect: attr-defined
loop.clinical.list_biomarkers()  # expect: call-arg
loop.clinical.get_protocol(5, user_id="u")  # expect: arg-type
loop.user("u").clinical.list_biomarkers(user_id="u")  # expect: call-arg
names: list[str] = [biomarker.biomarker_name for biomarker in page]
later = AsyncLoopClient(on_event=lambda event: print(event.kind), client_secret=lambda: ["new", "old"])
AsyncLoopClient(on_event=lambda event: print(event.token))  # expect: attr-defined
AsyncLoopClient(store=5)  # expect: arg-type
class Half:
    def load(self, key: str) -> None: ...
LoopClient(store=Half())  # expect: arg-type
for status in loop.grants():
    until: datetime | None = status.refresh_expires_at
async def main() -> None:
    page: Page[Biomarker] = await later.clinical.list_biomarkers(user_id="u")
    later.clinical.list_biomarkers(user_id="u").items  # expect: attr-defined
    await later.user("u").clinical.list_biomarkers(user_id="u")  # expect: call-arg
    token: str = await later.access_token(user_id="u")
    async for status in await later.grants():
        connected: bool = status.connected
    for status in await later.grants():  # expect: attr-defined
        pass
"""


def mypy(*arguments: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "bindings-python" / "pyproject.toml")]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, cwd=ROOT / "bindings-python")


def test_everything_passes_mypy_strict() -> None:
    done = mypy()
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_type_checker_finds_mistakes(tmp_path: Path) -> None:
    file = tmp_path / "mistakes.py"
    file.write_text(MISTAKES)
    found = mypy(str(file)).stdout
    for number, line in enumerate(MISTAKES.splitlines(), 1):
        _, _, expected = line.partition("# expect: ")
        hit = [report for report in found.splitlines() if f"mistakes.py:{number}: error" in report]
        assert bool(hit) == bool(expected), (line, hit)
        assert not expected or f"[{expected}]" in hit[0]
