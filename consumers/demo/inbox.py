"""The receiver of the demo's notifications: a file, with a line for each of them.

It stands for the chat or the mail of an organisation, where `airledger serve` would send them.
"""

import secrets
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import msgspec

from ledger.settings import WebhookChannel
from ledger.settings.notify import ChannelSettings

NAME = "notifications.jsonl"
LOOPBACK = "127.0.0.1"


class Inbox:
    """Listens on the loopback address while it is open; each channel has a path of its own."""

    def __init__(self, directory: Path, channels: Iterable[str]) -> None:
        """Raises OSError where it cannot listen."""
        self._path = directory / NAME
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        address = f"http://{LOOPBACK}:{self._server.server_port}"
        self.channels: dict[str, ChannelSettings] = {
            name: WebhookChannel(
                kind="webhook", url=f"{address}/{name}", secret=secrets.token_urlsafe()
            )
            for name in channels
        }

    def take(self, channel: str, body: bytes) -> None:
        """Writes down what was sent to a channel. Raises msgspec.DecodeError, OSError."""
        line = {"channel": channel, **msgspec.json.decode(body, type=dict)}
        with self._lock, self._path.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                channel = self.path.removeprefix("/")
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                try:
                    inbox.take(channel, body)
                except (msgspec.MsgspecError, OSError) as error:
                    self.send_error(500, str(error))
                    return
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler
