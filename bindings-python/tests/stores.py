"""Stores as applications write them: in memory (the one of the docs), with sqlite3, async, and half of each."""

from __future__ import annotations

import asyncio
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any


def in_memory(_: Path) -> Any:
    """The one of the docs, without the client under it."""
    from test_docs import GUIDE, block  # a process that wants another store need not load pytest

    code = block(GUIDE, "class Grants").replace("loop = LoopClient(store=Grants())", "")
    names: dict[str, Any] = {"__name__": "docs_store"}
    exec(compile(code, "<docs_store>", "exec"), names)
    return names["Grants"]()


class Sqlite:
    """A file, and a connection for each call: it serves many threads and processes."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "own.db"
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            columns = "key TEXT PRIMARY KEY, version TEXT NOT NULL, blob BLOB NOT NULL, ends REAL"
            connection.execute(f"CREATE TABLE IF NOT EXISTS entries ({columns})")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=5, isolation_level=None)

    @staticmethod
    def _row(connection: sqlite3.Connection, key: str) -> tuple[str, bytes] | None:
        query = "SELECT version, blob FROM entries WHERE key = ? AND (ends IS NULL OR ends > ?)"
        row: tuple[str, bytes] | None = connection.execute(query, (key, time.time())).fetchone()
        return row

    def load(self, key: str) -> tuple[str, bytes] | None:
        with closing(self._connect()) as connection:
            return self._row(connection, key)

    def save(self, key: str, blob: bytes, expected: str | None, ttl: float | None) -> str | None:
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            found = self._row(connection, key)
            if (found[0] if found else None) != expected:
                connection.execute("ROLLBACK")
                return None
            version = uuid.uuid4().hex
            ends = None if ttl is None else time.time() + ttl
            connection.execute("REPLACE INTO entries VALUES (?, ?, ?, ?)", (key, version, blob, ends))
            connection.execute("COMMIT")
            return version

    def delete(self, key: str, expected: str) -> bool:
        with closing(self._connect()) as connection:
            query = "DELETE FROM entries WHERE key = ? AND version = ?"
            return connection.execute(query, (key, expected)).rowcount == 1

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def list(self, prefix: str, after: str | None, limit: int) -> list[tuple[str, str, bytes]]:
        query = (
            "SELECT key, version, blob FROM entries WHERE substr(key, 1, ?) = ? AND key > ? "
            "AND (ends IS NULL OR ends > ?) ORDER BY key LIMIT ?"
        )
        with closing(self._connect()) as connection:
            return connection.execute(query, (len(prefix), prefix, after or "", time.time(), limit)).fetchall()


class Async:
    """Another store, whose methods are coroutines that really wait."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def load(self, key: str) -> tuple[str, bytes] | None:
        await asyncio.sleep(0)
        found: tuple[str, bytes] | None = self.inner.load(key)
        return found

    async def save(self, key: str, blob: bytes, expected: str | None, ttl: float | None) -> str | None:
        await asyncio.sleep(0)
        saved: str | None = self.inner.save(key, blob, expected, ttl)
        return saved

    async def delete(self, key: str, expected: str) -> bool:
        await asyncio.sleep(0)
        return bool(self.inner.delete(key, expected))

    async def now(self) -> int:
        return int(self.inner.now())

    async def list(self, prefix: str, after: str | None, limit: int) -> Any:
        return self.inner.list(prefix, after, limit)


class Mixed(Async):
    """Reads at once, writes as a coroutine, and can't list."""

    def load(self, key: str) -> Any:
        return self.inner.load(key)

    def now(self) -> Any:
        return self.inner.now()

    list = None  # type: ignore[assignment]


KINDS: dict[str, Callable[[Path], Any]] = {
    "in_memory": in_memory,
    "sqlite": Sqlite,
    "async": lambda directory: Async(in_memory(directory)),
    "async_sqlite": lambda directory: Async(Sqlite(directory)),
    "mixed": lambda directory: Mixed(in_memory(directory)),
}
