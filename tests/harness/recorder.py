"""A webhook receiver that keeps what arrives and can be told to misbehave.

Alone it answers 200 to everything. As a tap (`forward=`) it passes each body on to the server
under test and answers what that answered, so that a test knows exactly what was delivered.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Self

import httpx

from tests.harness.process import NotReached

PASSED_ON = ("authorization", "content-type", "user-agent")


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One request: its bytes as they came, when (UTC), and the status answered (None: none)."""

    at: datetime
    path: str
    headers: Mapping[str, str]
    body: bytes
    answer: int | None

    @property
    def accepted(self) -> bool:
        return self.answer is not None and 200 <= self.answer < 300

    @property
    def payload(self) -> dict[str, Any]:
        parsed = json.loads(self.body)
        if not isinstance(parsed, dict):
            raise TypeError(f"a webhook body is an object, not {parsed!r:.60}")
        return parsed

    @property
    def alerts(self) -> list[dict[str, Any]]:
        return list(self.payload["alerts"])

    @property
    def statuses(self) -> dict[str, str]:
        """fingerprint -> firing or resolved"""
        return {alert["fingerprint"]: alert["status"] for alert in self.alerts}

    @property
    def sender(self) -> str:
        return str(self.payload["externalURL"])


class Recorder:
    """Use as a context manager; `url` is where to post, `deliveries` what came, in order."""

    def __init__(self, *, forward: str | None = None, status: int = 200) -> None:
        self._forward = forward
        self._status = status
        self._hanging = False
        self._released = threading.Event()
        self._kept: list[Delivery] = []
        self._changed = threading.Condition()
        self._server = _Server(self, port=0)
        self._client = httpx.Client(trust_env=False, timeout=30.0)

    def __enter__(self) -> Self:
        self._server.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._server.close()
        self._client.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/webhook"

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        with self._changed:
            return tuple(self._kept)

    @property
    def mark(self) -> int:
        """How many came so far: `since=` for a later question."""
        return len(self.deliveries)

    @contextmanager
    def answering(self, status: int) -> Iterator[None]:
        """Answer this status, forwarding nothing, while the block runs."""
        before, forward = self._status, self._forward
        self._status, self._forward = status, None
        try:
            yield
        finally:
            self._status, self._forward = before, forward

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Take requests and never answer; those in hand are dropped when the block ends."""
        self._released.clear()
        self._hanging = True
        try:
            yield
        finally:
            self._hanging = False
            self._released.set()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Connection refused while the block runs; the port stays ours (bound, not listening)."""
        port = self._server.port
        self._server.close()
        self._server = _Server(self, port=port)
        try:
            yield
        finally:
            self._server.listen()

    def until(
        self,
        condition: Callable[[tuple[Delivery, ...]], bool],
        what: str,
        *,
        since: int = 0,
        within: float = 15.0,
    ) -> tuple[Delivery, ...]:
        """The deliveries from number `since` on, as soon as they satisfy the condition."""
        deadline = time.monotonic() + within
        with self._changed:
            while not condition(tuple(self._kept[since:])):
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    came = [(d.answer, d.sender, d.statuses) for d in self._kept[since:]]
                    raise NotReached(f"not within {within:g} s: {what}; came: {came}")
            return tuple(self._kept[since:])

    def heard(
        self,
        fingerprints: Iterable[str],
        status: str,
        *,
        times: int = 1,
        sender: str | None = None,
        since: int = 0,
        within: float = 15.0,
    ) -> tuple[Delivery, ...]:
        """The deliveries once every alert was told `status` so often, in accepted ones.

        The sender may not have read the last answer yet.
        """
        wanted = tuple(fingerprints)

        def told(deliveries: tuple[Delivery, ...]) -> bool:
            counted = dict.fromkeys(wanted, 0)
            for delivery in deliveries:
                if delivery.accepted and sender in (None, delivery.sender):
                    for key, said in delivery.statuses.items():
                        if key in counted and said == status:
                            counted[key] += 1
            return all(count >= times for count in counted.values())

        what = f"{len(wanted)} alerts told {status} {times} times"
        return self.until(told, what, since=since, within=within)

    def take(self, request: BaseHTTPRequestHandler) -> int | None:
        """Keep one request; the status to answer, None for a connection closed unanswered."""
        arrived = datetime.now(UTC)
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.rfile.read(int(headers.get("content-length", "0")))
        hanging = self._hanging
        answer = None if hanging else self._answer(headers, body)
        with self._changed:
            self._kept.append(
                Delivery(at=arrived, path=request.path, headers=headers, body=body, answer=answer)
            )
            self._changed.notify_all()
        if hanging:
            self._released.wait()
        return answer

    def _answer(self, headers: Mapping[str, str], body: bytes) -> int | None:
        if self._forward is None:
            return self._status
        passed = {name: headers[name] for name in PASSED_ON if name in headers}
        try:
            return self._client.post(self._forward, content=body, headers=passed).status_code
        except httpx.TransportError:
            return None


class _Server(ThreadingTCPServer):
    """Bound at once; takes connections from `listen` on."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, recorder: Recorder, *, port: int) -> None:
        self.recorder = recorder
        self._thread: threading.Thread | None = None
        super().__init__(("127.0.0.1", port), _Handler, bind_and_activate=False)
        self.server_bind()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def listen(self) -> None:
        self.server_activate()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        status = self.server.recorder.take(self)
        if status is not None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: deliveries are the record."""
