"""Drives a LoopClient for a harness: one JSON command a line in, one JSON answer a line out.

{"op": "open", "options": {...}}                       the options of LoopClient
{"op": "call", "method": "clinical.list_biomarkers", "user_id": "u", ...}   an operation, or a method of the client
{"op": "access_token", "user_id": "u"}                 answers with a digest: tokens are never printed
{"op": "exit"}                                         ends as a program does that has nothing left to do

Answers: {"ok": true, ...} or {"error": code}, with the command's `id` if it has one. SIGTERM ends it as apps do it: a
handler that says {"told": "SIGTERM"} and calls `sys.exit`. `worker.mjs` does the same with Node, and `kotlin/` with
Kotlin. With the argument `async` it is an AsyncLoopClient on an event loop of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
import os
import signal
import sys
from typing import Any

from loop_sdk import AsyncLoopClient, LoopClient, LoopError


def digest(token: str) -> str:
    """Returns what tells two tokens apart, and tells nothing else."""
    return hashlib.sha256(token.encode()).hexdigest()[:12]


class Worker:
    """One client, and the commands for it."""

    def __init__(self, kind: type[LoopClient] | type[AsyncLoopClient]) -> None:
        self.kind = kind
        self.loop: Any = None

    async def run(self, command: dict[str, Any]) -> dict[str, Any]:
        """Does what a command says and returns the answer."""
        op, number = command.pop("op"), command.pop("id", None)
        answer = await self.answer(op, command)
        return answer if number is None else {**answer, "id": number}

    async def answer(self, op: str, command: dict[str, Any]) -> dict[str, Any]:
        """Does one operation; what is left of the command are its arguments."""
        try:
            if op == "open":
                self.loop = self.kind(**command["options"])
                return {"ok": True}
            if op == "access_token":
                return {"ok": True, "token": digest(await self.call("access_token", command))}
            if op == "call":
                result = await self.call(command.pop("method"), command)
                return {"ok": True, "count": len(result) if hasattr(result, "__len__") else None}
            if op == "exit":
                return {"ok": True}
            return {"error": "harness", "why": f"there is no command {op}"}
        except LoopError as error:
            return {"error": error.code}

    async def call(self, method: str, arguments: dict[str, Any]) -> Any:
        """Calls a method by its dotted name."""
        target = self.loop
        for name in method.split("."):
            target = getattr(target, name)
        result = target(**arguments)
        return await result if inspect.isawaitable(result) else result


def end(_signal: int, _frame: object) -> None:
    """Ends the process from wherever it is; the SDK's own exit hook does the rest."""
    # Not `print`: the signal may come in the middle of one.
    os.write(sys.stdout.fileno(), b'{"told": "SIGTERM"}\n')
    sys.exit(0)


async def main() -> None:
    """Answers until it is told to exit, or nobody is left to tell."""
    worker = Worker(AsyncLoopClient if "async" in sys.argv[1:] else LoopClient)
    # Reading blocks the event loop, which has nothing else to do meanwhile.
    for line in sys.stdin:
        command = json.loads(line)
        is_last = command["op"] == "exit"
        print(json.dumps(await worker.run(command)), flush=True)
        if is_last:
            break


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    asyncio.run(main())
