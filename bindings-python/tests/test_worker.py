"""The worker of the cross-language races, and a race between processes of this language."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, let_expire

from loop_sdk import LoopClient
from loop_sdk.testing import Sandbox, sandbox


class Process:
    """A worker."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child

    def send(self, **command: Any) -> None:
        assert self._child.stdin is not None
        print(json.dumps(command), file=self._child.stdin, flush=True)

    def answer(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        answer: dict[str, Any] = json.loads(line)
        assert "lph_" not in line
        return answer

    def ask(self, **command: Any) -> dict[str, Any]:
        self.send(**command)
        return self.answer()

    def end(self) -> int:
        assert self.ask(op="exit") == {"ok": True}
        return self._child.wait(20)


@pytest.fixture
def workers() -> Iterator[list[Process]]:
    """Four processes, two of them with an event loop."""
    script = str(ROOT / "conformance" / "workers" / "worker.py")
    with ExitStack() as stack:
        found = []
        for kind in ("sync", "async", "sync", "async"):
            child = subprocess.Popen(
                [sys.executable, script, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            found.append(Process(stack.enter_context(child)))
        yield found


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with sandbox(access_token_seconds=4) as running:
        yield running


def test_four_processes_on_one_file_make_one_refresh(workers: list[Process], box: Sandbox, tmp_path: Path) -> None:
    options: dict[str, Any] = {**box.options(), "store": f"sqlite:///{tmp_path / 'grants.db'}"}
    for worker in workers:
        assert worker.ask(op="open", options=options) == {"ok": True}
        assert worker.ask(op="access_token", user_id="nobody") == {"error": "not_connected"}
    begun = LoopClient(**options).authorization_url()
    tokens = LoopClient(**options).handle_callback(box.sign_in(begun.url), begun.browser_secret)
    let_expire(tokens)
    for worker in workers:
        worker.send(op="access_token", user_id=tokens.user_id)
    answers = [worker.answer() for worker in workers]
    assert all(answer == answers[0] for answer in answers)
    old = hashlib.sha256(tokens.access_token.encode()).hexdigest()[:12]
    assert answers[0]["ok"] and answers[0]["token"] != old
    assert len(box.token_requests("refresh_token")) == 1
    listed = workers[1].ask(op="call", method="clinical.list_biomarkers", user_id=tokens.user_id)
    assert listed == {"ok": True, "items": 14}
    assert [worker.end() for worker in workers] == [0] * 4
