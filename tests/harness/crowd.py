"""A crowd of strangers, and of bad senders with a token: each does its worst, again and again."""

import itertools
import threading
from collections.abc import Callable
from typing import Self

from tests.harness.strangers import Peer

STRANGERS = 50
PAUSE_SECONDS = 0.05
HEAD = b" HTTP/1.1\r\nHost: test\r\n"
FILLER = (b"X-Filler: " + b"x" * 1_000 + b"\r\n") * 60
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
PARTS = b"[" + b"{}," * 340_000 + b"{}]"
OF_PARTS = b"Content-Type: multipart/form-data; boundary=x\r\n"
MULTIPART = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n"

Stop = threading.Event
Deed = Callable[[int, Stop], None]


def _endlessly(head: bytes, more: bytes, pause: float = 0.0) -> Deed:
    """Sends a head, and then the same for ever; begins anew when the server ends it."""

    def deed(port: int, stop: Stop) -> None:
        with Peer(port) as peer:
            alive = peer.sent(head)
            while alive and not stop.wait(pause):
                alive = peer.sent(more)

    return deed


def _once(body: bytes, head: bytes) -> Deed:
    """Sends one whole request, and reads the answer; again and again."""
    length = b"Content-Length: %d\r\n\r\n" % len(body)

    def deed(port: int, stop: Stop) -> None:
        with Peer(port) as peer:
            peer.sent(head + length + body)
            peer.rest(within=5)
        stop.wait(PAUSE_SECONDS)

    return deed


def _silent(port: int, stop: Stop) -> None:
    with Peer(port):
        stop.wait()


def _reads_nothing(request: bytes, times: int) -> Deed:
    def deed(port: int, stop: Stop) -> None:
        with Peer(port, receives=4_096) as peer:
            peer.sent(request * times)
            stop.wait()

    return deed


DEEDS = (
    _endlessly(b"GET /" + HEAD, FILLER),
    _endlessly(b"GET /" + HEAD + b"X-Long: ", b"x" * 60_000),
    _endlessly(b"POST /login" + HEAD + CHUNKED + b"0\r\n", FILLER),
    _endlessly(b"POST /v2/enqueue" + HEAD + CHUNKED + b"1;", b"x" * 60_000),
    _once(b"a=b&" * 262_000, b"POST /login" + HEAD),
    _once(MULTIPART * 20_000, b"POST /login" + HEAD + OF_PARTS),
    _once(PARTS, b"POST /v1/signals/native" + HEAD),
    _once(PARTS, b"POST /v2/enqueue" + HEAD),
    _silent,
    _endlessly(b"GET /" + HEAD, b"a: b\r\n", pause=1.0),
    _endlessly(b"POST /v2/enqueue" + HEAD + b"Content-Length: 1000000\r\n\r\n", b"{", pause=1.0),
    _reads_nothing(b"GET /static/airledger.css" + HEAD + b"\r\n", 15),
)


class Crowd:
    """Threads that each do one deed again and again until they are told to stop."""

    def __init__(self, port: int, deeds: list[Deed]) -> None:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(port, deed), daemon=True) for deed in deeds
        ]

    def _run(self, port: int, deed: Deed) -> None:
        while not self._stop.is_set():
            try:
                deed(port, self._stop)
            except (OSError, AssertionError):
                self._stop.wait(PAUSE_SECONDS)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)


def deeds_of(reader: str, source: str) -> list[Deed]:
    """What fifty strangers do, and what one reader and one source with a token do."""
    known = b"Authorization: Bearer %b\r\n"
    events = b"GET /v1/events" + HEAD + known % reader.encode() + b"\r\n"
    return [
        *itertools.islice(itertools.cycle(DEEDS), STRANGERS),
        *[_reads_nothing(events, 4)] * 5,
        _once(PARTS, b"POST /v1/signals/native" + HEAD + known % source.encode()),
    ]
