"""Real Redis and Postgres from Debian's packages, on loopback, in a directory of their own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import free_port


def program(name: str, package: str, *elsewhere: Path) -> str:
    """Where a server's program is. Without it the test is skipped, except where CI has to install it."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, elsewhere)])
    found = shutil.which(name, path=path)
    if found is None:
        why = f"{name} is missing: install the Debian package {package}"
        if os.environ.get("CI", "0") not in ("", "0", "false"):
            pytest.fail(why)
        pytest.skip(why)
    return found


@contextmanager
def running(command: Callable[[int], list[str]], ready: str, user: str | None = None) -> Iterator[int]:
    """Runs a server on a free port until the block ends. Another program may take the port: then the next is tried."""
    # The kernel ends it with this process, however this process ends.
    with_us = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    for _ in range(5):
        port = free_port()
        started = [*with_us, *command(port)]
        child = subprocess.Popen(
            started, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, user=user, group=user
        )
        with child:
            try:
                assert child.stdout is not None
                if any(ready in line for line in child.stdout):
                    # Read on to the end, so that a full pipe never holds the server up.
                    threading.Thread(target=child.stdout.read, daemon=True).start()
                    yield port
                    return
            finally:
                # For Postgres: without waiting for clients that are still connected.
                child.send_signal(signal.SIGINT)
                child.wait(60)
    raise RuntimeError("the server does not start")


@contextmanager
def redis() -> Iterator[str]:
    """The URL of a Redis that keeps every confirmed write."""
    name = program("redis-server", "redis-server")
    with TemporaryDirectory() as directory:
        settings = ["--bind", "127.0.0.1", "--save", "", "--dir", directory, "--appendonly", "yes"]
        settings += ["--appendfsync", "always", "--maxmemory-policy", "noeviction"]
        with running(lambda port: [name, *settings, "--port", str(port)], "Ready to accept connections") as port:
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a Postgres database with the table that the package's own command prints."""
    # Debian keeps Postgres's programs out of the way, by version.
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb, server = (program(name, "postgresql", *places) for name in ("initdb", "postgres"))
    psql = program("psql", "postgresql-client", *places)
    # Postgres refuses to be root.
    user = _server_user() if os.getuid() == 0 else None
    with TemporaryDirectory() as directory:
        data = str(Path(directory, "data"))
        if user is not None:
            shutil.chown(directory, user, user)
        # Core's tests use a password. Its digest takes long where many clients connect to a slow machine.
        made = [initdb, "--no-sync", "--encoding=UTF8", "--locale=C", "--username=app", "--auth=trust", "-D", data]
        done = subprocess.run(made, capture_output=True, text=True, user=user, group=user)
        assert done.returncode == 0, done.stderr
        settings = ["-h", "127.0.0.1", "-k", "", "-c", "fsync=off", "-D", data]
        ready = "database system is ready to accept"
        with running(lambda port: [server, *settings, "-p", str(port)], ready, user) as port:
            url = f"postgres://app@127.0.0.1:{port}/postgres"
            schema = subprocess.run([sys.executable, "-m", "loop_sdk", "store-schema"], check=True, capture_output=True)
            subprocess.run([psql, "-q", "-v", "ON_ERROR_STOP=1", url], input=schema.stdout, check=True)
            yield url


def _server_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


KINDS = {"redis": redis, "postgres": postgres}
