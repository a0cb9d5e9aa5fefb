"""A receiver of webhooks on the loopback address, which answers as it is told."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Got(NamedTuple):
    """A request that arrived: its headers by lower-case name, and its body."""

    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """Keeps every request; `answer` gives the status of each, or None to close without one."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[int], int | None] = lambda _: 204
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    @property
    def keys(self) -> list[str]:
        """The idempotency key of each request, in the order of their arrival."""
        return [each.headers["idempotency-key"] for each in self.got]

    def start(self) -> None:
        """Begins to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append(Got(headers, body))
                status = receiver.answer(len(receiver.got))
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler


@contextmanager
def receiver() -> Iterator[Receiver]:
    """One that listens."""
    made = Receiver()
    made.start()
    try:
        yield made
    finally:
        made.stop()
