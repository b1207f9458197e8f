"""`python -m loop_sdk`: the demo, the table of a Postgres store, and what is missing for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loop_sdk", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **variables})


def test_the_demo_walks_all_six_steps() -> None:
    done = run("demo", "--plain")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all six steps" in done.stdout and "Ferritin" in done.stdout
    for secret in ("lph_at_0", "lph_rt_0", "Bearer lph"):
        assert secret not in done.stdout


def test_a_missing_sandbox_is_named(tmp_path: Path) -> None:
    done = run("demo", LOOP_SANDBOX=str(tmp_path / "none"))
    assert done.returncode == 1 and "LOOP_SANDBOX" in done.stderr and "Traceback" not in done.stderr


def test_other_commands_are_explained() -> None:
    assert run().returncode == 2 and "usage" in run("serve").stderr
    shown = run("--help")
    assert shown.returncode == 0 and "store-schema" in shown.stdout


def test_the_table_of_a_postgres_store_is_printed() -> None:
    done = run("store-schema")
    assert (done.returncode, done.stderr) == (0, "")
    assert "CREATE TABLE IF NOT EXISTS loop_entry (" in done.stdout
