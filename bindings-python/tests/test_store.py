"""A store that the application wrote: its contract, whole flows over it, and what it does wrong."""

from __future__ import annotations

import asyncio
import inspect
import os
import pickle
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import failure, let_expire, python
from stores import KINDS, Async, Sqlite, in_memory

from loop_sdk import AsyncLoopClient, InvalidCall, LoopClient, LoopError, OperatorError, RetryLater, Tokens
from loop_sdk.store import ListingStore, OutcomeUnknown, TokenStore
from loop_sdk.testing import Sandbox, sandbox


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return KINDS[request.param](tmp_path)


@pytest.fixture
def short_lived() -> Iterator[Sandbox]:
    with sandbox(access_token_seconds=2) as box:
        yield box


def settled(value: Any) -> Any:
    """What a method returns, sync or async."""

    async def main() -> Any:
        return await value

    return asyncio.run(main()) if inspect.isawaitable(value) else value


def sign_in(loop: LoopClient, box: Sandbox) -> Tokens:
    begun = loop.authorization_url()
    return loop.handle_callback(box.sign_in(begun.url), begun.browser_secret)


def test_the_stores_of_these_tests_keep_the_contract(store: Any) -> None:
    def save(key: str, blob: bytes, expected: str | None, ttl: float | None = None) -> Any:
        return settled(store.save(key, blob, expected, ttl))

    assert isinstance(store, TokenStore)
    assert settled(store.load("a")) is None
    first = save("a", b"1", None)
    assert first and save("a", b"x", None) is None
    second = save("a", b"2", first)
    assert second and save("a", b"x", first) is None
    assert settled(store.load("a")) == (second, b"2")
    assert settled(store.delete("a", first)) is False and settled(store.delete("a", second)) is True
    assert settled(store.delete("a", second)) is False and save("a", b"x", second) is None
    third = save("a", b"3", None)
    assert third not in (first, second)
    assert save("b", b"1", None, 0.0) and settled(store.load("b")) is None
    assert save("b", b"2", None, 60.0) and settled(store.load("b"))
    assert isinstance(settled(store.now()), int)
    with ThreadPoolExecutor(8) as pool:
        assert sum(version is not None for version in pool.map(lambda n: save("race", bytes([n]), None), range(8))) == 1
    if isinstance(store, ListingStore) and callable(store.list):
        assert [key for key, _, _ in settled(store.list("", None, 10))] == ["a", "b", "race"]
        assert [key for key, _, _ in settled(store.list("", "a", 1))] == ["b"]
        assert [key for key, _, _ in settled(store.list("ra", None, 10))] == ["race"]


def test_eight_threads_on_an_expired_token_make_one_refresh(store: Any, short_lived: Sandbox) -> None:
    loop = LoopClient(**short_lived.options(), store=store)
    tokens = sign_in(loop, short_lived)
    let_expire(tokens)
    start = threading.Barrier(8)

    def call(_: int) -> str:
        start.wait()
        loop.clinical.list_biomarkers(user_id=tokens.user_id)
        return loop.access_token(user_id=tokens.user_id)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(call, range(8)))
    assert len(found) == 1 and tokens.access_token not in found
    assert len(short_lived.token_requests("refresh_token")) == 1
    # Another client reads what this one wrote, and a revoked grant is gone for both.
    other = LoopClient(**short_lived.options(), store=store)
    assert other.access_token(user_id=tokens.user_id) in found
    other.revoke(user_id=tokens.user_id)
    third = LoopClient(**short_lived.options(), store=store)
    assert failure(lambda: third.access_token(user_id=tokens.user_id)).code == "not_connected"


def test_sixty_four_tasks_on_an_expired_token_make_one_refresh(store: Any, short_lived: Sandbox) -> None:
    client = AsyncLoopClient(**short_lived.options(), store=store)

    async def main() -> None:
        begun = await client.authorization_url()
        url = await asyncio.to_thread(short_lived.sign_in, begun.url)
        tokens = await client.handle_callback(url, begun.browser_secret)
        await asyncio.to_thread(let_expire, tokens)
        calls = [client.clinical.list_biomarkers(user_id=tokens.user_id) for _ in range(64)]
        assert {len(page) for page in await asyncio.gather(*calls)} == {14}

    asyncio.run(main())
    assert len(short_lived.token_requests("refresh_token")) == 1


def test_a_sync_call_on_a_running_event_loop_does_not_wait_for_itself(loop_sandbox: Sandbox, tmp_path: Path) -> None:
    store = Async(in_memory(tmp_path))

    async def main() -> str:
        # It blocks this event loop, which therefore must not be the one that runs the store.
        return sign_in(LoopClient(**loop_sandbox.options(), store=store), loop_sandbox).user_id

    assert asyncio.run(main())


class Broken:
    """A store one of whose methods does something else."""

    def __init__(self, inner: Any, name: str, instead: Callable[..., Any]) -> None:
        self._inner, self._name, self._instead = inner, name, instead

    def __getattr__(self, name: str) -> Any:
        return self._instead if name == self._name else getattr(self._inner, name)


class Refused(Exception):
    """What a database driver raises."""


def refuse(*_: object) -> Any:
    raise Refused("canary-blob")


async def refuse_later(*_: object) -> Any:
    await asyncio.sleep(0)
    raise Refused("canary-blob")


@pytest.mark.parametrize("instead", [refuse, refuse_later])
@pytest.mark.parametrize("name", ["load", "save"])
def test_what_a_method_raises_is_the_cause_and_its_text_is_not_ours(
    loop_sandbox: Sandbox, tmp_path: Path, name: str, instead: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    loop = LoopClient(**loop_sandbox.options(), store=Broken(in_memory(tmp_path), name, instead))
    error = failure(lambda: (loop.authorization_url(), loop.access_token(user_id="u")))
    assert (error.code, type(error)) == ("store_unavailable", OperatorError)
    assert type(error.__cause__) is Refused
    ours = traceback.format_exception_only(type(error), error)
    out, err = capfd.readouterr()
    assert "canary" not in f"{ours} {error!r} {error.__dict__} {error.args} {out} {err}"
    assert b"canary" not in pickle.dumps(error)
    assert loop_sandbox.token_requests("refresh_token") == []


@pytest.mark.parametrize(
    ("name", "returned", "expected"),
    [
        ("load", b"blob", "`store.load` must return (version, blob), a str and bytes, or None, and returned bytes"),
        ("load", ("1", "blob"), "and returned tuple"),
        ("load", (1, b"blob"), "and returned tuple"),
        ("save", 1, "`store.save` must return the new version, a str, or None for a conflict, and returned int"),
        ("save", True, "and returned bool"),
        ("now", 1.5, "`store.now` must return milliseconds since the epoch, an int, and returned float"),
        ("now", -1, "and returned int"),
    ],
)
def test_a_wrong_type_is_named(loop_sandbox: Sandbox, tmp_path: Path, name: str, returned: Any, expected: str) -> None:
    store = Broken(in_memory(tmp_path), name, lambda *_: returned)
    loop = LoopClient(**loop_sandbox.options(), store=store)

    def everything() -> None:
        sign_in(loop, loop_sandbox)
        loop.import_grant(user_id="u", refresh_token="r")
        loop.access_token(user_id="u")

    error = failure(everything)
    assert error.code == "store_unavailable" and expected in str(error.__cause__)


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_method_that_hangs_is_ended_by_the_calls_limit(loop_sandbox: Sandbox, tmp_path: Path, how: str) -> None:
    let_go = threading.Event()

    async def forever(*_: object) -> None:
        await asyncio.Event().wait()

    store = Broken(in_memory(tmp_path), "load", forever if how == "async" else lambda *_: let_go.wait(60) and None)
    loop = LoopClient(**loop_sandbox.options(), store=store)
    started = time.monotonic()
    error = failure(lambda: loop.access_token(user_id="u", timeout=0.3))
    assert (error.code, type(error)) == ("timeout", RetryLater) and time.monotonic() - started < 5
    let_go.set()


def test_a_write_whose_answer_is_lost_is_looked_up(short_lived: Sandbox, tmp_path: Path) -> None:
    inner = in_memory(tmp_path)

    def save(*arguments: Any) -> str:
        if inner.save(*arguments) is None:
            return None  # type: ignore[return-value]
        raise OutcomeUnknown

    loop = LoopClient(**short_lived.options(), store=Broken(inner, "save", save))
    tokens = sign_in(loop, short_lived)
    let_expire(tokens)
    assert loop.access_token(user_id=tokens.user_id) != tokens.access_token
    assert len(short_lived.token_requests("refresh_token")) == 1


@pytest.mark.parametrize("missing", ["load", "save", "delete", "now"])
def test_a_missing_method_is_named(loop_sandbox: Sandbox, tmp_path: Path, missing: str) -> None:
    methods = {name: refuse for name in ("load", "save", "delete", "now") if name != missing}
    store: Any = type("Half", (), methods)()
    error = failure(lambda: LoopClient(**loop_sandbox.options(), store=store))
    assert isinstance(error, InvalidCall) and error.detail == "store"
    assert f"Half has no `{missing}`" in error.message


def test_an_error_reaches_every_waiter(loop_sandbox: Sandbox, tmp_path: Path) -> None:
    client = AsyncLoopClient(**loop_sandbox.options(), store=Broken(Sqlite(tmp_path), "load", refuse_later))

    async def main() -> None:
        calls = (client.access_token(user_id="u") for _ in range(16))
        for error in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(error, LoopError) and type(error.__cause__) is Refused

    asyncio.run(main())


FORK = """
import os, sys, pathlib
sys.path.insert(0, sys.argv[2])
from loop_sdk import LoopClient
from stores import Async, Sqlite
loop = LoopClient(store=Async(Sqlite(pathlib.Path(sys.argv[3]))))
assert len(loop.clinical.list_biomarkers(user_id=sys.argv[1])) == 14
child = os.fork()
if child == 0:
    assert len(loop.clinical.list_biomarkers(user_id=sys.argv[1])) == 14
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert len(loop.clinical.list_biomarkers(user_id=sys.argv[1])) == 14
print("both")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_an_async_store_survives_a_fork(loop_sandbox: Sandbox, tmp_path: Path) -> None:
    user_id = sign_in(LoopClient(**loop_sandbox.options(), store=Sqlite(tmp_path)), loop_sandbox).user_id
    arguments = (user_id, str(Path(__file__).parent), str(tmp_path))
    assert python(FORK, *arguments, variables=loop_sandbox.variables()).strip() == "both"
