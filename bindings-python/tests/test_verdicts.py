"""Every answer of `conformance/verdicts.json`, as bytes on a connection: what the caller hears, and what may follow."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import IS_PROOF, ROOT

from loop_sdk import AsyncLoopClient, LoopClient, LoopError

#: Larger answers take longer than a test should: the full proof sends them too.
LARGEST = 2_000_000
AT_ONCE = 16
#: For so long at the least nobody asks again after a refusal that is the operator's. A machine on which the second call
#: ends later has shown nothing of it.
PAUSE = 4.0

Case = dict[str, Any]
#: What a call heard, and how many requests it made.
Heard = tuple[str, int]
#: That of both calls, and how many seconds they took.
Played = tuple[list[Heard], float]


class Endpoint:
    """A token endpoint that gives the same answer to everybody, and counts."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.environment = f"http://127.0.0.1:{port}/{{service}}"
        self.requests = 0
        #: What went wrong in here, where no test would see it.
        self.trouble: BaseException | None = None
        # A port that refuses is held: one that is free may be another endpoint's a moment later.
        if answer["transport"] != "refused":
            self._listener.listen()
            threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            try:
                with connection:
                    read_request(connection)
                    self.requests += 1
                    self._respond(connection)
            except BaseException as error:
                self.trouble = error
                return

    def _respond(self, connection: socket.socket) -> None:
        answer = self._answer
        if answer["status"] is not None:
            body = (answer["body"] or "").encode() + b" " * answer.get("padding", 0)
            missing = 100 if answer["transport"] else 0
            head = [f"HTTP/1.1 {answer['status']} X", "connection: close"]
            head += [f"{name}: {value}" for name, value in answer["headers"].items()]
            head += [f"content-length: {len(body) + missing}", "", ""]
            # Whoever finds the answer too long hangs up.
            with contextlib.suppress(ConnectionError):
                connection.sendall("\r\n".join(head).encode() + body)
        if answer["transport"] == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def read_request(connection: socket.socket) -> None:
    received = b""
    while True:
        head, found, body = received.partition(b"\r\n\r\n")
        if found:
            length = re.search(rb"(?im)^content-length: *(\d+)", head)
            if len(body) >= int(length[1] if length else 0):
                return
        chunk = connection.recv(4096)
        assert chunk, "the request ended early"
        received += chunk


def expected(case: Case) -> list[Heard]:
    """What both calls hear."""
    code = case["code"] or "granted"
    verdict, wait = case["verdict"], case["retry_after_ms"] or 0
    if verdict == "granted":
        # A token that is over when it arrives serves one call.
        return [(code, 1), (code, int(case.get("next_requests") == 1))]
    if verdict in ("ambiguous", "rejected", "client", "operator"):
        return [(code, 1), (code, 0)]
    assert verdict == "retry", f"{verdict} is no verdict"
    if code == "unreachable":
        return [(code, 0), (code, 0)]
    # A longer pause is the caller's to make, and holds for everybody: whatever the reason was.
    return [(code, 1), ("rate_limited", 0)] if wait > 5000 else [(code, 3), (code, 3)]


def played() -> tuple[list[Case], list[Case]]:
    """The cases to play, and those that are left to the full proof."""
    table: list[Case] = json.loads((ROOT / "conformance" / "verdicts.json").read_text())
    assert len(table) >= 60
    chosen = [case for case in table if IS_PROOF or case["answer"].get("padding", 0) <= LARGEST]
    return chosen, [case for case in table if case not in chosen]


@contextlib.contextmanager
def endpoint(case: Case) -> Iterator[tuple[Endpoint, dict[str, Any]]]:
    """Its server, and the options of a client of that."""
    server = Endpoint(case["answer"])
    options = {
        "client_id": "client_1",
        "client_secret": "secret_1",
        "environment": server.environment,
        "store": "memory:",
    }
    try:
        yield server, options
    finally:
        server.close()
    assert server.trouble is None, f"{case['name']}: {server.trouble!r}"


def play(case: Case) -> Played:
    heard = []
    with endpoint(case) as (server, options):
        loop = LoopClient(**options)
        loop.import_grant(user_id="u", refresh_token="r0")
        started = time.monotonic()
        for _ in range(2):
            before, said = server.requests, "granted"
            try:
                loop.access_token(user_id="u")
            except LoopError as error:
                said = error.code
            heard.append((said, server.requests - before))
    return heard, time.monotonic() - started


async def play_async(case: Case) -> Played:
    heard = []
    with endpoint(case) as (server, options):
        # It takes long on a slow machine, and would hold up all the other cases.
        client = await asyncio.to_thread(AsyncLoopClient, **options)
        await client.import_grant(user_id="u", refresh_token="r0")
        started = time.monotonic()
        for _ in range(2):
            before, said = server.requests, "granted"
            try:
                await client.access_token(user_id="u")
            except LoopError as error:
                said = error.code
            heard.append((said, server.requests - before))
    return heard, time.monotonic() - started


def in_threads(cases: list[Case]) -> list[Played]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(play, cases))


def in_tasks(cases: list[Case]) -> list[Played]:
    async def main() -> list[Played]:
        places = asyncio.Semaphore(AT_ONCE)

        async def one(case: Case) -> Played:
            async with places:
                return await play_async(case)

        return await asyncio.gather(*(one(case) for case in cases))

    return asyncio.run(main())


@pytest.mark.parametrize("run", [in_threads, in_tasks])
def test_every_answer_has_the_verdict_of_the_table(run: Callable[[list[Case]], list[Played]]) -> None:
    cases, left = played()
    for case in left:
        # Any other reason to leave one out is a failure.
        assert case["answer"]["padding"] > LARGEST and not IS_PROOF
        print("left to the full proof, because it takes long:", case["name"])
    wrong: list[str] = []
    for _ in range(5):
        found = run(cases)
        assert len(found) == len(cases)
        too_slow = []
        for case, (heard, took) in zip(cases, found, strict=True):
            if heard != expected(case):
                wrong.append(f"{case['name']}: heard {heard}, expected {expected(case)}, after {took:.1f} s")
                if took > PAUSE and case["verdict"] in ("client", "operator"):
                    too_slow.append(case)
        if len(too_slow) < len(wrong) or not wrong:
            break
        cases, wrong = too_slow, []
    else:
        pytest.fail(f"this machine is too slow for {[case['name'] for case in cases]}")
    assert not wrong, "\n".join(wrong)
