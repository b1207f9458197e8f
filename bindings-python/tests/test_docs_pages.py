"""The Python code of the docs' other pages runs as printed, and passes mypy --strict."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from pathlib import Path

import pytest
from conftest import ROOT
from test_docs import block, run, variables
from test_types import mypy

from loop_sdk import LoopClient, scopes
from loop_sdk.testing import Sandbox, sandbox

PAGES = ROOT / "docs" / "src"
OWN = ["calls.md", "webhooks.md", "m2m.md", "audit-log.md", "safe-view.md", "scopes.md"]
SECRET = "whsec_docs"


def signed_in(running: Sandbox, asked: list[str]) -> tuple[LoopClient, str]:
    loop = LoopClient(**running.options(), store="memory:")
    begun = loop.authorization_url(scopes=asked)
    return loop, loop.handle_callback(running.sign_in(begun.url), begun.browser_secret).user_id


def delivery(event_id: str = "evt_1", kind: str = "a.b.c.v1") -> tuple[bytes, dict[str, str]]:
    event = {"id": event_id, "type": kind, "user_id": "u", "client_id": "c", "occurred_at": "2026-05-22T12:34:56Z"}
    body = json.dumps({**event, "data": {}}).encode()
    return body, {"X-Loop-Signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


ALL = [scope for scope in vars(scopes).values() if isinstance(scope, str) and re.match("(read|write|manage):", scope)]


def test_the_page_on_calls() -> None:
    with sandbox(scopes=ALL) as running:
        loop, user_id = signed_in(running, ALL)
        request = run(block(PAGES / "calls.md", "def next_check_in"), "docs_request")["next_check_in"]
        assert request(loop, user_id, "2026-01-01T00:00:00Z").status == 200
        upload = run(block(PAGES / "calls.md", "def upload"), "docs_upload")["upload"]
        before = running.stats()["api_writes_done"]
        running.api_fault("no_answer", when="after", method="POST", times=4)
        assert upload(loop, user_id, b"%PDF-1.4", "report-1") is None
        running._send("DELETE", "api-faults", None)
        report = upload(loop, user_id, b"%PDF-1.4", "report-1")
        assert report is not None and report.content_type == "application/pdf"
        assert running.stats()["api_writes_done"] == before + 1


def test_the_page_on_scopes() -> None:
    with sandbox(scopes=ALL) as running:
        loop, user_id = signed_in(running, ["read:biomarkers"])
        said = run(block(PAGES / "scopes.md", "ScopeRequired"), "docs_scopes")["notifications"](loop, user_id)
        assert said.startswith("Allow it here: http") and "manage%3Apreferences" in said


def test_the_page_on_the_safe_view() -> None:
    with sandbox(scopes=ALL) as running:
        loop, user_id = signed_in(running, ALL)
        orders = loop.integrations.list_lab_orders(user_id=user_id)
        order = run(block(PAGES / "safe-view.md", "safe_view("), "docs_safe")["order_for_the_log"]
        shown = order(loop, user_id, orders[0].id)
        print(shown)
        assert (shown["type"], shown["patient_id"]) == ("LabOrder", "[hidden]") and shown["status"] != "[hidden]"


def test_the_page_on_the_audit_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with sandbox(scopes=ALL) as running:
        variables(running, monkeypatch, f"sqlite:{tmp_path / 'grants.db'}")
        loop = LoopClient()
        begun = loop.authorization_url()
        user_id = loop.handle_callback(running.sign_in(begun.url), begun.browser_secret).user_id
        page = run(block(PAGES / "audit-log.md", "audit_required"), "docs_audit")
        page["score"](user_id, "clinician-7")
        log = tmp_path / "audit.jsonl"
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        assert [(e["outcome"], e["actor"], e["purpose"]) for e in entries] == [
            ("begun", "clinician-7", "treatment"),
            ("ok", "clinician-7", "treatment"),
        ]
        assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("page", [PAGES / "m2m.md", ROOT / "README.md"], ids=lambda page: page.name)
def test_the_machine_of_the_docs(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with sandbox() as running:
        machine = running.machine_options()
        monkeypatch.setenv("LOOP_ENVIRONMENT", machine["environment"])
        monkeypatch.setenv("LOOP_SERVICE_CLIENT_ID", machine["client_id"])
        monkeypatch.setenv("LOOP_SERVICE_CLIENT_SECRET", machine["client_secret"])
        found = run(block(page, "M2MClient()"), "docs_machine")
        if "results" in found:
            _, user_id = signed_in(running, ["read:biomarkers"])
            assert len(found["results"](user_id)) > 10
        else:
            assert "markers can be ordered" in capsys.readouterr().out


@pytest.mark.parametrize("page", [PAGES / "webhooks.md", ROOT / "README.md"], ids=lambda page: page.name)
def test_the_flask_webhooks_of_the_docs(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with sandbox() as running:
        variables(running, monkeypatch, "memory:")
        monkeypatch.setenv("LOOP_WEBHOOK_SECRET", SECRET)
        browser = run(block(page, "LoopWebhooks("), "docs_webhooks")["app"].test_client()
        body, headers = delivery(kind="clinical.bloodwork.uploaded.v1")
        for _ in range(2):
            assert browser.post("/webhooks/loop", data=body, headers=headers).status_code == 200
        assert browser.post("/webhooks/loop", data=body + b" ", headers=headers).status_code == 401
        assert capsys.readouterr().out.count("evt_1") == 1


def test_webhooks_without_a_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    with sandbox() as running:
        variables(running, monkeypatch, "memory:")
        monkeypatch.setenv("LOOP_WEBHOOK_SECRET", SECRET)
        receive = run(block(PAGES / "webhooks.md", "def receive"), "docs_receive")["receive"]
        loop = LoopClient()
        assert [receive(loop, *delivery()) for _ in range(2)] == [200, 200]
        assert loop.claim_event("evt_2") == "new"
        assert receive(loop, *delivery("evt_2")) == 503
        assert receive(loop, b"{}", {}) == 401
        nothing = hmac.new(SECRET.encode(), b"{}", hashlib.sha256).hexdigest()
        assert receive(loop, b"{}", {"X-Loop-Signature": nothing}) == 400


def test_the_pages_pass_mypy_strict(tmp_path: Path) -> None:
    files = []
    for page in OWN:
        for number, code in enumerate(re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(), re.DOTALL)):
            files.append(tmp_path / f"{page[:-3].replace('-', '_')}_{number}.py")
            files[-1].write_text(code)
    assert len(files) == 8
    done = mypy(*map(str, files))
    assert done.returncode == 0, done.stdout
