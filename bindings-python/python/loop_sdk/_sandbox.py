"""Finds the sandbox's program."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


class SandboxMissing(RuntimeError):
    """The sandbox is not installed."""


def find() -> str:
    """Returns the path of `loop-sandbox`: from LOOP_SANDBOX, beside this Python, or on PATH."""
    named = os.environ.get("LOOP_SANDBOX", "").strip()
    if named:
        if Path(named).is_file():
            return named
        raise SandboxMissing(f"LOOP_SANDBOX names {named}, and there is no such file.")
    # `which` knows a platform's endings; a virtual environment that is not activated is not on PATH.
    for folder in (str(Path(sys.executable).parent), None):
        found = shutil.which("loop-sandbox", path=folder)
        if found:
            return found
    raise SandboxMissing("The sandbox is not installed: pip install loop-sandbox (or set LOOP_SANDBOX to its program).")
