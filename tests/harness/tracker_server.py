"""A tracker on the loopback address: what GitHub and Jira have in common as test servers."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]


class Asked(NamedTuple):
    """A request: its path without the query, the query, headers by lower-case name, its JSON."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


class Answer(NamedTuple):
    """A status, JSON, and headers. With `lost`, the connection is closed in place of it."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = {}
    lost: bool = False


class TrackerServer:
    """Answers each request by `respond`, one at a time, and keeps all; `fault` goes first.

    `fault` gets the request and may answer in place of the tracker, or say what the tracker's
    answer becomes once it has done what was asked.
    """

    prefix = ""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.wrong: list[str] = []
        self.fault: Callable[[Asked], Answer | None] = lambda _: None
        self.loses: Callable[[Asked], bool] = lambda _: False
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def site(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Where its API is."""
        return self.site + self.prefix

    def respond(self, asked: Asked) -> Answer:
        """What the tracker does and answers."""
        raise NotImplementedError

    def expect(self, asked: Asked, said: str, holds: object) -> None:
        """Keeps what a request has wrong."""
        if not holds:
            self.wrong.append(f"{asked.method} {asked.path}: {said}")

    def posted(self, ending: str) -> list[Json]:
        """The bodies of what was posted to paths that end so."""
        return [each.body for each in self.asked if each.method == "POST" and ending in each.path]

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answered(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            answer = self.fault(asked) or self.respond(asked)
            return answer._replace(lost=True) if self.loses(asked) else answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        tracker = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._do("GET")

            def do_POST(self) -> None:
                self._do("POST")

            def _do(self, method: str) -> None:
                read = self.rfile.read(int(self.headers.get("content-length", 0)))
                url = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                query = dict(parse_qsl(url.query))
                body = json.loads(read) if read else None
                answer = tracker._answered(Asked(method, url.path, query, headers, body))
                if answer.lost:
                    self.close_connection = True
                    return
                content = json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-type", "application/json; charset=utf-8")
                self.send_header("content-length", f"{len(content)}")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler


S = TypeVar("S", bound=TrackerServer)


@contextmanager
def running(server: S) -> Iterator[S]:
    """A tracker that stops in the end, and got no request that its documentation does not have."""
    try:
        yield server
    finally:
        server.stop()
    assert [] == server.wrong
