"""Measures the SDK beside httpx, requests and aiohttp: URL, SECONDS and ROUNDS in, one line of JSON out."""

from __future__ import annotations

import asyncio
import json
import platform
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import aiohttp
import httpx
import requests
import requests.adapters

from loop_sdk import AsyncLoopClient, LoopClient

URL, SECONDS, ROUNDS = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])

PERSON = "user_01j9zq3w7m8k"
TOKEN = "access-token-of-the-bench"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
# How many records the long list has; the server says so too.
LONG = 500
AT_A_TIME = 64

OPTIONS: dict[str, Any] = {
    "client_id": "bench",
    "redirect_uri": "http://localhost:3000/callback",
    "scopes": ["read:biomarkers"],
    "store": "memory:",
}
# A grant whose access token outlives the measurement.
GRANT: dict[str, Any] = {
    "user_id": PERSON,
    "refresh_token": "refresh-token-of-the-bench",
    "access_token": TOKEN,
    "expires_at": time.time() + 12 * 60 * 60,
    "scopes": ["read:biomarkers"],
}

# Each way to make a call. It returns the sum of the records' values, which has to be the same for all.
Call = Callable[[], float]
AsyncCall = Callable[[], Awaitable[float]]


def total(records: Iterable[Mapping[str, Any]]) -> float:
    return sum(record["value"] for record in records)


def address(size: str) -> str:
    return f"{URL}/{size}/clinical/v1/biomarkers/me"


def calls(size: str) -> dict[str, Call]:
    client = LoopClient(environment=f"{URL}/{size}/{{service}}", **OPTIONS)
    client.import_grant(**GRANT)
    url = address(size)
    limits = httpx.Limits(max_connections=AT_A_TIME, max_keepalive_connections=AT_A_TIME)
    of_httpx = httpx.Client(headers=HEADERS, limits=limits)
    session = requests.Session()
    session.headers.update(HEADERS)
    session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=AT_A_TIME))

    def loop_sdk() -> float:
        return sum(record.value for record in client.clinical.list_biomarkers(user_id=PERSON))

    def with_httpx() -> float:
        return total(of_httpx.get(url).raise_for_status().json()["results"])

    def with_requests() -> float:
        response = session.get(url)
        response.raise_for_status()
        return total(response.json()["results"])

    return {
        "Loop SDK": loop_sdk,
        f"httpx {httpx.__version__}": with_httpx,
        f"requests {requests.__version__}": with_requests,
    }


async def async_calls(size: str) -> dict[str, AsyncCall]:
    client = AsyncLoopClient(environment=f"{URL}/{size}/{{service}}", **OPTIONS)
    await client.import_grant(**GRANT)
    url = address(size)
    limits = httpx.Limits(max_connections=AT_A_TIME, max_keepalive_connections=AT_A_TIME)
    of_httpx = httpx.AsyncClient(headers=HEADERS, limits=limits)
    session = aiohttp.ClientSession(headers=HEADERS, connector=aiohttp.TCPConnector(limit=AT_A_TIME))
    CLOSINGS.extend([of_httpx.aclose, session.close])

    async def loop_sdk() -> float:
        return sum(record.value for record in await client.clinical.list_biomarkers(user_id=PERSON))

    async def with_httpx() -> float:
        return total((await of_httpx.get(url)).raise_for_status().json()["results"])

    async def with_aiohttp() -> float:
        async with session.get(url) as response:
            response.raise_for_status()
            return total((await response.json())["results"])

    return {
        "Loop SDK": loop_sdk,
        f"httpx {httpx.__version__}": with_httpx,
        f"aiohttp {aiohttp.__version__}": with_aiohttp,
    }


CLOSINGS: list[Callable[[], Awaitable[None]]] = []


def check(got: float, expected: float) -> None:
    if got != expected:
        raise RuntimeError("an answer is not whole")


def seconds_per_call(call: Call, expected: float) -> float:
    start = time.perf_counter()
    count = 0
    took = 0.0
    while took < SECONDS:
        check(call(), expected)
        count += 1
        took = time.perf_counter() - start
    return took / count


async def async_seconds_per_call(call: AsyncCall, expected: float) -> float:
    start = time.perf_counter()
    count = 0
    took = 0.0
    while took < SECONDS:
        check(await call(), expected)
        count += 1
        took = time.perf_counter() - start
    return took / count


def in_threads(call: Call, expected: float) -> float:
    rates: list[float] = []

    def work() -> None:
        rates.append(1 / seconds_per_call(call, expected))

    threads = [threading.Thread(target=work) for _ in range(AT_A_TIME)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A thread that failed has printed why.
    check(len(rates), AT_A_TIME)
    return sum(rates)


async def in_tasks(call: AsyncCall, expected: float) -> float:
    each = await asyncio.gather(*(async_seconds_per_call(call, expected) for _ in range(AT_A_TIME)))
    return sum(1 / one for one in each)


def measure(name: str, unit: str, contenders: list[str], turn: Callable[[str], float]) -> dict[str, Any]:
    """Warm-up, then timed rounds in which the contenders take turns, in alternating order."""
    print(f"Python: {name}", file=sys.stderr, flush=True)
    figures: dict[str, list[float]] = {contender: [] for contender in contenders}
    for contender in contenders:
        turn(contender)
    for index in range(ROUNDS):
        for contender in contenders if index % 2 == 0 else reversed(contenders):
            figures[contender].append(turn(contender))
    results = [{"name": contender, "rounds": rounds} for contender, rounds in figures.items()]
    return {"name": name, "unit": unit, "results": results}


def sync_measures() -> list[dict[str, Any]]:
    small, large = calls("small"), calls("large")
    expected, expected_long = small["Loop SDK"](), large["Loop SDK"]()
    names = list(small)
    return [
        measure("sequential", "calls/s", names, lambda name: 1 / seconds_per_call(small[name], expected)),
        measure("64 threads", "calls/s", names, lambda name: in_threads(small[name], expected)),
        measure(
            "list of 500, one call",
            "µs/record",
            names,
            lambda name: seconds_per_call(large[name], expected_long) * 1e6 / LONG,
        ),
    ]


def async_measures() -> list[dict[str, Any]]:
    loop = asyncio.new_event_loop()
    run = loop.run_until_complete
    small, large = run(async_calls("small")), run(async_calls("large"))
    expected, expected_long = run(_once(small["Loop SDK"])), run(_once(large["Loop SDK"]))
    names = list(small)
    measured = [
        measure(
            "sequential, asyncio",
            "calls/s",
            names,
            lambda name: 1 / run(async_seconds_per_call(small[name], expected)),
        ),
        measure("64 concurrent, asyncio", "calls/s", names, lambda name: run(in_tasks(small[name], expected))),
        measure(
            "list of 500, one call, asyncio",
            "µs/record",
            names,
            lambda name: run(async_seconds_per_call(large[name], expected_long)) * 1e6 / LONG,
        ),
    ]
    for close in CLOSINGS:
        run(close())
    loop.close()
    return measured


async def _once(call: AsyncCall) -> float:
    return await call()


def main() -> None:
    measures = sync_measures() + async_measures()
    runtime = f"{platform.python_implementation()} {platform.python_version()}"
    print(json.dumps({"runtime": runtime, "measures": measures}))


main()
