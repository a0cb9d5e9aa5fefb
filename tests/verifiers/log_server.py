"""A log in memory behind HTTP on loopback, as C2SP tlog-tiles lays it out below `/log`."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

from ledger.errors import NotFound
from ledger.transparency.audit import LogReader
from ledger.transparency.tiles import TilePath, parse_tile_path, tile_count, width_in
from tests.unit.transparency.sample_log import SampleLog


class LogServer(ThreadingHTTPServer):
    """Serves `log`; entries only to who has the `token`, when there is one."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, log: LogReader, token: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), LogHandler)
        self.log = log
        self.token = token
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.server_port}"


class LogHandler(BaseHTTPRequestHandler):
    """One connection, which stays open for the next request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        server = cast("LogServer", self.server)
        server.requests.append(self.path)
        path = self.path.removeprefix("/log/")
        wanted = f"Bearer {server.token}"
        if server.token and "entries" in path and self.headers["Authorization"] != wanted:
            return self._answer(401, b"a token of scope audit, please")
        try:
            return self._answer(200, read_path(server.log, path))
        except NotFound:
            return self._answer(404, b"no such tile")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests look at `requests`."""


def read_path(log: LogReader, path: str) -> bytes:
    """The file that the layout has there; `NotFound` if none."""
    if path == "checkpoint":
        return log.checkpoint()
    tile = parse_tile_path(path)
    if tile is None:
        raise NotFound(f"There is no {path}.")
    if tile.level is None:
        return log.entries(tile.index, tile.width)
    return log.tile(tile.level, tile.index, tile.width)


@contextmanager
def serve(log: LogReader, token: str | None = None) -> Iterator[LogServer]:
    """The log, served while the block runs."""
    with LogServer(log, token) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def write_files(log: SampleLog, directory: Path) -> None:
    """The log as files below a directory."""
    paths = ["checkpoint"]
    for level in (None, *range(4)):
        for index in range(tile_count(level or 0, log.size)):
            width = width_in(level or 0, index, log.size)
            paths.append(str(TilePath(level, index, width)))
    for path in paths:
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(read_path(log, path))
