"""Grants on Redis and Postgres, sealed with a key: whole flows over the real servers."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from conftest import ROOT, all_at_once, failure, import_due, refreshes

from loop_sdk import LoopClient, OperatorError
from loop_sdk.testing import Sandbox

if sys.platform == "win32":
    pytest.skip("the servers are Debian's", allow_module_level=True)

import servers

KEY, OTHER_KEY = (base64.b64encode(letter * 32).decode() for letter in (b"k", b"o"))


@pytest.fixture(scope="module", params=servers.KINDS)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with servers.KINDS[request.param]() as found:
        yield found


def test_eight_threads_share_one_refresh_on_a_server(url: str, loop_sandbox: Sandbox) -> None:
    options: dict[str, Any] = {**loop_sandbox.options(), "store": url, "store_key": KEY}
    loop = LoopClient(**options)
    begun = loop.authorization_url()
    # Another client, as another host would have one, finishes the sign-in.
    other = LoopClient(**options)
    tokens = other.handle_callback(loop_sandbox.sign_in(begun.url), begun.browser_secret)
    assert len(loop.clinical.list_biomarkers(user_id=tokens.user_id)) == 14
    clients = [LoopClient(**options) for _ in range(8)]
    for client in clients:
        # Connected before the race: eight that connect at once may take longer than a store is given.
        assert client.status(user_id="nobody").state == "not_connected"
    for race in ([loop] * 8, clients):
        user_id, before = import_due(loop, loop_sandbox), refreshes(loop_sandbox)
        found = all_at_once([partial(client.access_token, user_id=user_id) for client in race])
        assert len(set(found)) == 1
        assert refreshes(loop_sandbox) - before == 1
    assert user_id in [status.user_id for status in loop.grants()]
    assert loop.keep_alive().looked_at >= 1
    stats = loop_sandbox.stats()
    assert (stats["replays"], stats["alerts"]) == (0, 0)


def test_another_key_opens_nothing(url: str, loop_sandbox: Sandbox) -> None:
    options: dict[str, Any] = {**loop_sandbox.options(), "store": url}
    user_id = import_due(LoopClient(**options, store_key=KEY), loop_sandbox)
    error = failure(lambda: LoopClient(**options, store_key=OTHER_KEY).access_token(user_id=user_id))
    assert isinstance(error, OperatorError)
    assert LoopClient(**options, store_key=KEY).access_token(user_id=user_id)
    assert failure(lambda: LoopClient(**options).access_token(user_id=user_id)).detail == "store_key"


def test_a_missing_program_skips_here_and_fails_in_ci() -> None:
    code = "import servers; servers.program('no-such-server', 'no-such-package')"
    for variables, outcome in (({}, "Skipped"), ({"CI": "1"}, "Failed")):
        clean = {name: value for name, value in os.environ.items() if name != "CI"}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**clean, **variables},
            cwd=ROOT / "bindings-python" / "tests",
            capture_output=True,
            text=True,
        )
        assert outcome in done.stderr and "install the Debian package no-such-package" in done.stderr
