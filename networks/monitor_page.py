"""The monitor's web page: one page without outside resources, on this machine only.

The page asks for the state a few times a second; a slow or vanished browser therefore costs the
run nothing. Requests that name another host are refused, so that no web site can read the page
through a name that it points at this machine.
"""

from __future__ import annotations

import json
import threading
from contextlib import AbstractContextManager
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

from networks.monitor_board import Board
from neuroskyrm.errors import ConfigError

HOST = "127.0.0.1"

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"
)


class MonitorPage(AbstractContextManager["MonitorPage"]):
    """Serves a board at ``http://127.0.0.1:<port>/`` until it is closed.

    Parameters
    ----------
    board : Board
        What to show.
    port : int
        0 takes any free port.

    Raises
    ------
    ConfigError
        The port is taken, or not allowed.
    """

    def __init__(self, board: Board, port: int = 0) -> None:
        try:
            self._server = _Server((HOST, port), partial(_Handler, board))
        except (OSError, OverflowError) as problem:
            raise ConfigError(
                f"--web {port}: the page cannot be served there ({problem}); "
                "choose another port, or 0 for any free one."
            ) from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="monitor-page",
            daemon=True,
        )  # fmt: skip
        self._thread.start()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a browser that keeps its connection open must not hold the run up
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a browser that goes away in the middle of an answer is no fault."""


class _Handler(BaseHTTPRequestHandler):
    """Answers ``/`` with the page and ``/state`` with the board."""

    timeout = 30.0

    def __init__(self, board: Board, *args: Any) -> None:
        self._board = board
        super().__init__(*args)

    def do_GET(self) -> None:
        """Answer one request."""
        name = self.headers.get("Host", "").rsplit(":", 1)[0]
        path = self.path.split("?", 1)[0]
        if name not in (HOST, "localhost"):
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"this page is local\n")
        elif path == "/":
            page = files("networks").joinpath("monitor_page.html").read_bytes()
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", page)
        elif path == "/state":
            state = json.dumps(self._board.snapshot(), allow_nan=False).encode()
            self._answer(HTTPStatus.OK, "application/json", state)
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there is / and /state\n")

    def _answer(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Print nothing: the terminal belongs to the run."""
