"""A receiver of webhooks that does with the connection what it is told, byte by byte."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

Behaviour = Callable[[socket.socket, threading.Event], None]
"""What is done once a request was read; the event is set when the receiver ends."""
ACCEPTED = b"HTTP/1.1 202 Accepted\r\n"


class RawReceiver(NamedTuple):
    """Where it listens, and how many requests it has read."""

    url: str
    got: list[bytes]


@contextmanager
def raw_receiver(behave: Behaviour, *, reads: bool = True) -> Iterator[RawReceiver]:
    """One that listens; each connection has a thread, and is closed at the end.

    One that does not read speaks first, as a mail server does.
    """
    ending = threading.Event()
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = RawReceiver(f"http://127.0.0.1:{listening.getsockname()[1]}/hook", [])

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                made.got.append(_request(connection) if reads else b"")
                behave(connection, ending)

        def accept() -> None:
            with suppress(OSError):
                while not ending.is_set():
                    connection, _ = listening.accept()
                    threads.append(threading.Thread(target=serve, args=(connection,)))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield made
        finally:
            ending.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def hang(_: socket.socket, ending: threading.Event) -> None:
    """Answers nothing."""
    ending.wait()


def drip(text: bytes, every: float) -> Behaviour:
    """Sends a byte at a time, and then nothing; the rest of the answer never comes."""

    def behave(connection: socket.socket, ending: threading.Event) -> None:
        for byte in text:
            connection.sendall(bytes([byte]))
            if ending.wait(every):
                return
        ending.wait()

    return behave


def endless(connection: socket.socket, ending: threading.Event) -> None:
    """Accepts, with a body that has no end."""
    connection.sendall(ACCEPTED + b"transfer-encoding: chunked\r\n\r\n")
    while not ending.is_set():
        connection.sendall(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")


def say(*answers: bytes) -> Behaviour:
    """Sends this, and closes the connection."""

    def behave(connection: socket.socket, _: threading.Event) -> None:
        for answer in answers:
            connection.sendall(answer)

    return behave


def _request(connection: socket.socket) -> bytes:
    """A whole request with its body."""
    read = b""
    while b"\r\n\r\n" not in read:
        if not (part := connection.recv(65536)):
            return read
        read += part
    head, _, body = read.partition(b"\r\n\r\n")
    sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    size = int(sizes[0].partition(b":")[2]) if sizes else 0
    while len(body) < size and (part := connection.recv(65536)):
        body += part
    return head + b"\r\n\r\n" + body
