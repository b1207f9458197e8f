"""Every operation through the generated methods: the decoded value is the one that all languages return."""

from __future__ import annotations

import asyncio
import json
import keyword
import pickle
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import failure

from loop_sdk import AsyncLoopClient, AsyncM2MClient, LoopClient, LoopError, M2MClient, json_default, safe_view, scopes
from loop_sdk.testing import Sandbox, sandbox

CASES = json.loads((Path(__file__).parents[2] / "conformance" / "operations.json").read_text())["cases"]
PERSON = "user_01HXYADA00M7Q4T9W2K5R8N3B6"
EVERY = [value for name, value in vars(scopes).items() if name.isupper() and isinstance(value, str)]
OWN = [scope for scope in EVERY if not scope.startswith("admin:")]


def filled(value: Any, saved: dict[str, Any]) -> Any:
    """Puts what an earlier case saved in the place of `${name}`."""
    if isinstance(value, str) and value.startswith("${"):
        return saved[value[2:-1]]
    if isinstance(value, list):
        return [filled(item, saved) for item in value]
    if isinstance(value, dict):
        return {name: filled(inner, saved) for name, inner in value.items()}
    return value


def masked(value: Any, names: list[str]) -> Any:
    if isinstance(value, list):
        return [masked(item, names) for item in value]
    if isinstance(value, dict):
        return {
            name: "<masked>" if name in names and inner is not None else masked(inner, names)
            for name, inner in value.items()
        }
    return value


def at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else value[part]
    return value


def spelled(arguments: dict[str, Any]) -> dict[str, Any]:
    """Names that are Python's own get an underscore."""
    return {f"{name}_" if keyword.iskeyword(name) else name: value for name, value in arguments.items()}


def play(box: Sandbox, call: Callable[[str, str, str, dict[str, Any]], Any]) -> None:
    saved: dict[str, Any] = {"person": PERSON, "nia": "user_01HXYN1A00D2F6K8P4T7W1Z3X5"}
    for case in CASES:
        operation = case["operation"]
        service, method = operation.split(".")
        if prepare := case.get("prepare"):
            made = box._post(prepare["lever"], filled(prepare["body"], saved))
            saved.update({name: at(made, path) for name, path in prepare["save"].items()})
        value = call(case["caller"], service, method, spelled(filled(case["arguments"], saved)))
        plain = json.loads(json.dumps(value, default=json_default))
        for name, path in case.get("save", {}).items():
            saved[name] = at(plain, path)
        assert masked(plain, case.get("masked", [])) == case["result"], operation
        if value is not None:
            assert masked(safe_view(value), case.get("masked", [])) == case["safe_view"], operation
            printed = f"{value!r} {value} {safe_view(value)}"
            assert "ada.okafor@example.com" not in printed, operation
            assert PERSON not in printed, operation
            assert pickle.loads(pickle.dumps(value)) == value, operation


@pytest.fixture
def world() -> Any:
    with sandbox(scopes=OWN) as running:
        yield running


def test_every_operation_returns_its_golden_value(world: Sandbox) -> None:
    loop = LoopClient(**world.options(), store="memory:")
    machine = M2MClient(**world.machine_options())
    begun = loop.authorization_url()
    tokens = loop.handle_callback(world.sign_in(begun.url), begun.browser_secret)
    user = loop.user(tokens.user_id, actor="test", purpose="golden")

    def call(caller: str, service: str, method: str, arguments: dict[str, Any]) -> Any:
        owner = machine if caller == "machine" else user
        if caller != "machine":
            # The same method stands on the client, with the person at the call.
            assert callable(getattr(getattr(loop, service), method))
        return getattr(getattr(owner, service), method)(**arguments)

    play(world, call)
    # The last case disconnected the app, whose token is no good from then on.
    assert failure(lambda: user.identity.get_me()).code == "grant_ended"


def test_every_operation_returns_the_same_as_a_coroutine(world: Sandbox) -> None:
    async def run() -> None:
        loop = AsyncLoopClient(**world.options(), store="memory:")
        machine = AsyncM2MClient(**world.machine_options())
        begun = await loop.authorization_url()
        tokens = await loop.handle_callback(world.sign_in(begun.url), begun.browser_secret)
        user = loop.user(tokens.user_id)
        event_loop = asyncio.get_running_loop()

        def call(caller: str, service: str, method: str, arguments: dict[str, Any]) -> Any:
            owner = machine if caller == "machine" else user
            made: Awaitable[Any] = getattr(getattr(owner, service), method)(**arguments)
            return asyncio.run_coroutine_threadsafe(awaited(made), event_loop).result(30)

        await asyncio.to_thread(play, world, call)
        with pytest.raises(LoopError) as caught:
            await user.identity.get_me()
        assert caught.value.code == "grant_ended"

    async def awaited(made: Awaitable[Any]) -> Any:
        return await made

    asyncio.run(run())


def test_a_list_goes_on_over_all_pages_in_both_ways_of_paging(world: Sandbox) -> None:
    loop = LoopClient(**world.options(), store="memory:")
    begun = loop.authorization_url()
    user = loop.user(loop.handle_callback(world.sign_in(begun.url), begun.browser_secret).user_id)
    markers = user.clinical.list_lab_markers(limit=100)
    assert list(user.clinical.iter_lab_markers(limit=7)) == markers.items
    notifications = user.comms.list_notifications(limit=100)
    assert list(user.comms.iter_notifications(limit=5)) == notifications.items
    for page in (markers.to_dict(), notifications.to_dict()):
        assert len(page["items"]) > 20
        assert page["next_cursor"] is None
