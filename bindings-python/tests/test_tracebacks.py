"""No frame of the SDK in a traceback holds what a call was made with: error trackers send local variables away."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from test_webhooks import SECRET, delivery, signed

from loop_sdk import AsyncLoopClient, AsyncM2MClient, InvalidCall, LoopClient, LoopError, M2MClient, webhooks
from loop_sdk.flask import LoopAuth, LoopWebhooks

CASES = json.loads((Path(__file__).parents[2] / "conformance" / "operations.json").read_text())["cases"]
NUMBER = 41414141
#: Arguments of the clients' own methods that say nothing about anybody.
PLAIN = {"timeout", "scopes", "missing_scopes", "prompt", "check_browser", "replace", "service", "method"}


def shown(value: Any) -> str:
    """A value as an error tracker shows it: it goes through containers and attributes by itself."""
    if isinstance(value, Mapping):
        return " ".join(f"{shown(key)}={shown(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return " ".join(map(shown, value))
    return f"{value!r} {value} {getattr(value, '__dict__', '')}"


def frames(error: BaseException | None) -> Iterator[tuple[str, str]]:
    """The name and the local variables of each frame of the SDK, of the error and of what lies under it."""
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            if "loop_sdk" in trace.tb_frame.f_code.co_filename:
                yield trace.tb_frame.f_code.co_name, shown(trace.tb_frame.f_locals)
            trace = trace.tb_next
        error = error.__cause__ or error.__context__


def is_clean(name: str, error: BaseException) -> None:
    seen = list(frames(error))
    assert name in [frame for frame, _ in seen]
    for frame, text in seen:
        assert "canary" not in text and str(NUMBER) not in text, f"{name}: {frame} shows {text}"
    assert "canary" not in shown([error, error.args, vars(error)]), name


def canaries(method: Callable[..., Any]) -> dict[str, Any]:
    """A value of about the right type for each argument."""

    def value(kind: str) -> Any:
        if kind.startswith("list["):
            return ["canary", {"canary": NUMBER}]
        return NUMBER if kind.split(" ")[0] in ("int", "float") else True if "bool" in kind else "canary"

    parameters = inspect.signature(method).parameters.values()
    return {each.name: value(str(each.annotation)) for each in parameters if each.name != "timeout"}


class Broken:
    """A store that is down, so that every call fails that can."""

    def load(self, key: str) -> None:
        raise RuntimeError("down")

    save = delete = load

    def now(self) -> int:
        raise RuntimeError("down")


def no_log(entry: object) -> None:
    raise RuntimeError("down")


PERSON: dict[str, Any] = {
    "client_id": "c",
    "environment": "http://127.0.0.1:9/{service}",
    "redirect_uri": "http://localhost/cb",
    "store": Broken(),
}
MACHINE: dict[str, Any] = {
    "client_id": "c",
    "client_secret": "s",
    "environment": "http://127.0.0.1:9/{service}",
    "audit_log": no_log,
    "audit_required": True,
}


def operations(owner: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    for service, holder in vars(owner).items():
        for name, method in inspect.getmembers(holder, inspect.ismethod):
            if not service.startswith("_") and not name.startswith("_"):
                yield f"{service}.{name}", method


def test_no_frame_of_any_operation_holds_an_argument() -> None:
    loop, machine = LoopClient(**PERSON), M2MClient(**MACHINE)
    met = set()
    for owner in (loop, loop.user("canary", actor="canary", purpose="canary"), machine):
        for name, method in operations(owner):
            met.add(name)
            with pytest.raises(LoopError) as caught:
                made = method(**canaries(method))
                # An iterator begins with its first item.
                next(made)
            is_clean(method.__name__, caught.value)
    assert met >= {case["operation"] for case in CASES} and any(".iter_" in name for name in met)


def test_no_frame_of_any_operation_holds_an_argument_in_a_coroutine() -> None:
    async def run() -> None:
        loop, machine = AsyncLoopClient(**PERSON), AsyncM2MClient(**MACHINE)
        met = set()
        for owner in (loop, loop.user("canary", actor="canary", purpose="canary"), machine):
            for name, method in operations(owner):
                met.add(name)
                with pytest.raises(LoopError) as caught:
                    made: AsyncIterator[Any] | Awaitable[Any] = method(**canaries(method))
                    await (anext(made) if isinstance(made, AsyncIterator) else made)
                is_clean(method.__name__, caught.value)
        assert met >= {case["operation"] for case in CASES} and any(".iter_" in name for name in met)

    asyncio.run(run())


OWN = [
    "authorization_url",
    "sign_in_again",
    "handle_callback",
    "exchange_code",
    "access_token",
    "import_grant",
    "status",
    "claim_event",
    "finish_event",
    "revoke",
    "request",
]


def own_methods(loop: Any, machine: Any) -> Iterator[tuple[Callable[..., Any], dict[str, Any]]]:
    """The clients' own methods that take something, with canaries."""
    methods = [getattr(loop, name) for name in OWN]
    for method in [*methods, loop.user("canary").request, machine.request]:
        given = {name: value for name, value in canaries(method).items() if name not in PLAIN}
        given |= {"service": "clinical"} if "service" in inspect.signature(method).parameters else {}
        yield method, given


def test_the_list_of_own_methods_is_whole() -> None:
    # `abandon_event` does nothing where nothing was claimed.
    known = {"abandon_event", "drain", "grants", "keep_alive", "over", "user", "redirect_uri", *OWN}
    assert {name for name in vars(LoopClient) if not name.startswith("_")} <= known


def test_no_frame_of_a_clients_own_methods_holds_an_argument() -> None:
    for method, given in own_methods(LoopClient(**PERSON), M2MClient(**MACHINE)):
        with pytest.raises(LoopError) as caught:
            method(**given)
        is_clean(method.__name__, caught.value)


def test_no_frame_of_a_clients_own_methods_holds_an_argument_in_a_coroutine() -> None:
    async def run() -> None:
        for method, given in own_methods(AsyncLoopClient(**PERSON), AsyncM2MClient(**MACHINE)):
            with pytest.raises(LoopError) as caught:
                await method(**given)
            is_clean(method.__name__, caught.value)

    asyncio.run(run())


def test_no_attribute_of_a_persons_facade_prints_who_it_is() -> None:
    user = LoopClient(**PERSON).user("canary", actor="canary", purpose="canary")
    assert "canary" not in shown([user, vars(user), user.clinical])
    assert user.user_id == "canary"


@pytest.mark.parametrize(
    ("body", "headers", "secret"),
    [
        (b"canary", {"x-loop-signature": "canary"}, "canary"),
        (b"canary", {"x-loop-signature": "0" * 64, "x-canary": "canary"}, ["canary", "canary"]),
        ("canary", {}, "canary"),
        (b"canary", {"x-loop-signature": "canary"}, ["canary", ""]),
        ({"canary": 1}, {"x-loop-signature": "canary"}, "canary"),
        (b"canary", "canary", "canary"),
        (b"canary", {"x-loop-signature": "canary"}, b"canary"),
        (b"canary", {"x-loop-signature": "canary"}, {"canary": NUMBER}),
    ],
)
def test_no_frame_holds_a_webhooks_body_signature_or_secret(body: Any, headers: Any, secret: Any) -> None:
    with pytest.raises(InvalidCall) as caught:
        webhooks.verify(body, headers, secret)
    is_clean("verify", caught.value)


def test_no_frame_holds_a_signed_body_that_is_no_event() -> None:
    with pytest.raises(InvalidCall) as caught:
        webhooks.verify(b"canary", {"x-loop-signature": signed(b"canary", "canary")}, "canary")
    assert caught.value.code == "webhook_malformed"
    is_clean("verify", caught.value)


def test_no_frame_of_the_flask_address_holds_what_came() -> None:
    app = Flask(__name__)
    app.testing = True
    hooks = LoopWebhooks(app, LoopClient(**{**PERSON, "store": "memory:"}), secret=SECRET)
    broken = LoopWebhooks(app, LoopClient(**PERSON), "/broken", secret="")
    assert SECRET not in shown([hooks, vars(hooks)])

    @hooks.handler
    @broken.handler
    def handle(event: webhooks.WebhookEvent) -> None:
        raise RuntimeError("not now")

    body = delivery("evt_1", user_id="canary", data={"canary": NUMBER})
    headers = {"X-Loop-Signature": signed(body), "X-Canary": "canary"}
    for path, kind in (("/webhooks/loop", RuntimeError), ("/broken", LoopError)):
        with pytest.raises(kind) as caught:
            app.test_client().post(path, data=body, headers=headers)
        is_clean("_deliver", caught.value)
        assert not any(SECRET in text or signed(body) in text for _, text in frames(caught.value))


def test_no_frame_around_a_flask_view_holds_what_the_view_was_called_with() -> None:
    app = Flask(__name__)
    app.testing, app.secret_key = True, "k"
    loop = LoopClient(**{**PERSON, "store": "memory:"})
    auth = LoopAuth(app, loop)

    @app.get("/patients/<patient_id>")
    @auth.require_user
    def view(patient_id: str) -> str:
        raise RuntimeError("not now")

    browser = app.test_client()
    with browser.session_transaction() as session:
        session["_loop"] = {"user_id": "canary", "at": int(time.time()), "client": loop._call.native.namespace}
    with pytest.raises(RuntimeError, match="not now") as caught:
        browser.get("/patients/canary")
    is_clean("guarded", caught.value)


def test_no_frame_of_the_audit_log_holds_its_entry() -> None:
    loop = LoopClient(**{**PERSON, "store": "memory:"}, audit_log=no_log, audit_required=True)
    user = loop.user("canary", actor="canary", purpose="canary")
    with pytest.raises(LoopError) as caught:
        user.clinical.list_biomarkers()
    assert caught.value.code == "audit_failed"
    is_clean("list_biomarkers", caught.value)
