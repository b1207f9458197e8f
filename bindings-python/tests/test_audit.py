"""The audit log: a call that its caller leaves is in it, and a logger that drops entries counts as broken."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest

from loop_sdk import AsyncLoopClient, AuditEntry, LoopClient, LoopError
from loop_sdk.testing import Sandbox

Silent = tuple[str, threading.Event]


class Kept:
    """A log, and when its next entry has come."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self._come = threading.Semaphore(0)

    def __call__(self, entry: AuditEntry) -> None:
        self.entries.append(entry)
        self._come.release()

    def outcomes(self, number: int) -> list[str]:
        """Waits for so many."""
        for _ in range(number):
            assert self._come.acquire(timeout=20)
        return [entry.outcome for entry in self.entries]


def grant() -> dict[str, object]:
    return {"user_id": "u", "refresh_token": "r", "access_token": "a", "expires_at": time.time() + 3600}


def test_a_call_that_runs_out_of_time_is_in_the_log(silent_server: Silent) -> None:
    log = Kept()
    uri = "http://localhost:3000/callback"
    loop = LoopClient("c", "s", uri, environment=silent_server[0], store="memory:", audit_log=log, audit_required=True)
    loop.import_grant(**grant())  # type: ignore[arg-type]
    with pytest.raises(LoopError) as write:
        loop.clinical.compute_health_score(user_id="u", patient_id="u", brand_id="b", timeout=0.3)
    assert write.value.code == "write_outcome_unknown"
    with pytest.raises(LoopError):
        loop.clinical.list_biomarkers(user_id="u", timeout=0.3)
    assert log.outcomes(4) == ["begun", "write_outcome_unknown", "begun", "timeout"]


def test_a_task_that_is_cancelled_is_in_the_log(silent_server: Silent) -> None:
    log = Kept()
    uri = "http://localhost:3000/callback"

    async def run() -> None:
        loop = AsyncLoopClient("c", "s", uri, environment=silent_server[0], store="memory:", audit_log=log)
        await loop.import_grant(**grant())  # type: ignore[arg-type]
        write = loop.clinical.compute_health_score(user_id="u", patient_id="u", brand_id="b")
        task = asyncio.create_task(write)
        assert await asyncio.to_thread(silent_server[1].wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(loop.clinical.list_biomarkers(user_id="u"), 0.2)

    asyncio.run(run())
    assert log.outcomes(2) == ["cancelled", "cancelled"]


@pytest.mark.parametrize(("level", "handled"), [(logging.WARNING, True), (logging.INFO, False)])
def test_a_required_logger_that_drops_entries_lets_no_call_through(
    loop_sandbox: Sandbox, level: int, handled: bool
) -> None:
    logger = logging.Logger("audit")
    logger.setLevel(level)
    if handled:
        logger.addHandler(logging.NullHandler())
    loop = LoopClient(**loop_sandbox.options(), store="memory:", audit_log=logger, audit_required=True)
    loop.import_grant(**grant())  # type: ignore[arg-type]
    with pytest.raises(LoopError) as failed:
        loop.clinical.list_biomarkers(user_id="u")
    assert failed.value.code == "audit_failed"
    assert not loop_sandbox.journal()
