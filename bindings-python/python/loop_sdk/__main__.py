"""The package's commands: `demo` walks the quickstart in front of your eyes, `store-schema` prints Postgres's table."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

from loop_sdk import _native, _sandbox

USAGE = """usage: python -m loop_sdk demo [--plain]
       python -m loop_sdk store-schema

  demo          starts the sandbox and walks the six steps of the quickstart in Python
  --plain       no colours, also on a terminal
  store-schema  prints the table that a Postgres store needs, as SQL to run once"""


def main(arguments: list[str]) -> int:
    """Runs the command and returns the process's exit code."""
    if arguments in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    if arguments == ["store-schema"]:
        print(_native._schema(), end="")
        return 0
    if not arguments or arguments[0] != "demo":
        print(USAGE, file=sys.stderr)
        return 2
    try:
        sandbox = _sandbox.find()
    except _sandbox.SandboxMissing as error:
        print(error, file=sys.stderr)
        return 1
    walker = [sys.executable, "-m", "loop_sdk._walk"]
    # The sandbox gives the command to the platform's shell.
    command = subprocess.list2cmdline(walker) if os.name == "nt" else shlex.join(walker)
    try:
        return subprocess.call([sandbox, "demo", "--walker", f"Python={command}", *arguments[1:]])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
