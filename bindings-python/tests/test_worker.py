"""The worker of the cross-language races, and a race between processes of this language."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, refreshes

from loop_sdk.testing import Sandbox


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
        return self._child.wait(60)


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


def test_four_processes_on_one_file_make_one_refresh_a_round(
    workers: list[Process], loop_sandbox: Sandbox, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path / 'grants.db'}"
    options: dict[str, Any] = {**loop_sandbox.options(), "store": store, "token_requests_per_minute": 100_000}
    seen: set[str] = set()
    for number in range(20):
        for worker in workers:
            # A new client knows no access token of the round before, which would still do.
            assert worker.ask(op="open", options=options) == {"ok": True}
            assert worker.ask(op="access_token", user_id="nobody") == {"error": "not_connected"}
        grant, before = loop_sandbox.due_grant(), refreshes(loop_sandbox)
        assert workers[number % 4].ask(op="call", method="import_grant", replace=True, **grant)["ok"]
        if number % 2:
            # All of them arrive while the one request is on its way.
            loop_sandbox.token_fault("delay", ms=50, when="before", grant_type="refresh_token")
        for worker in workers:
            worker.send(op="access_token", user_id=grant["user_id"])
        answers = [worker.answer() for worker in workers]
        assert all(answer == answers[0] for answer in answers) and answers[0]["ok"]
        assert refreshes(loop_sandbox) - before == 1, f"round {number}"
        seen.add(answers[0]["token"])
    assert len(seen) == 20
    listed = workers[1].ask(op="call", method="clinical.list_biomarkers", user_id=grant["user_id"])
    assert listed == {"ok": True, "count": 14}
    assert (loop_sandbox.stats()["replays"], loop_sandbox.stats()["alerts"]) == (0, 0)
    assert [worker.end() for worker in workers] == [0] * 4
