"""A token endpoint that answers when the test says so."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class TokenEndpoint(ThreadingHTTPServer):
    """Answers a refresh only when it is told to, and keeps the refresh tokens that came."""

    def __init__(self, expires_in: int) -> None:
        super().__init__(("127.0.0.1", 0), TokenRequest)
        # Connections that clients keep open must not hold up the end.
        self.daemon_threads, self.block_on_close = True, False
        self.expires_in = expires_in
        self.refreshes: list[str] = []
        self.sent, self.release = threading.Event(), threading.Event()


class TokenRequest(BaseHTTPRequestHandler):
    server: TokenEndpoint
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/release":
            self.server.release.set()
        else:
            self.server.sent.wait(60)
        self._answer({})

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        self.server.refreshes.append(form["refresh_token"][0])
        self.server.sent.set()
        self.server.release.wait(60)
        tokens = {"access_token": "new", "refresh_token": "newer", "token_type": "Bearer"}
        self._answer({**tokens, "expires_in": self.server.expires_in})

    def _answer(self, answer: dict[str, object]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def endpoints(address: str) -> dict[str, str]:
    """The environment of a client of that server."""
    return {"issuer": address, "authorization_endpoint": address, "token_endpoint": address}


@contextmanager
def token_endpoint(expires_in: int = 3600) -> Iterator[tuple[str, TokenEndpoint]]:
    """The address of such a server, and the server."""
    with TokenEndpoint(expires_in) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", server
        server.shutdown()
