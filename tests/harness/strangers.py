"""Raw connections to a server, as strangers hold them: what they send is theirs to say."""

import re
import socket
import struct
import time
from pathlib import Path
from typing import Self

PATIENCE_SECONDS = 30.0


class Peer:
    """One connection. It reads nothing unless it is asked to; `receives` bytes wait for that."""

    def __init__(self, port: int, receives: int | None = None) -> None:
        self._socket = socket.socket()
        if receives is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        self._socket.settimeout(PATIENCE_SECONDS)
        self._socket.connect(("127.0.0.1", port))

    def send(self, data: bytes) -> None:
        """Sends it all. Raises OSError where the server closed."""
        self._socket.sendall(data)

    def sent(self, data: bytes) -> bool:
        """Sends it all; whether the server still took it."""
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def rest(self, within: float = PATIENCE_SECONDS) -> bytes:
        """What comes until the server closes. Raises TimeoutError where it does not in time."""
        deadline, told = time.monotonic() + within, b""
        while True:
            self._socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                part = self._socket.recv(65_536)
            except ConnectionError:
                return told
            if not part:
                return told
            told += part

    def begins(self, told: bytes) -> bool:
        """Whether what comes next is this; no more of it is read."""
        return told == self._socket.recv(len(told), socket.MSG_WAITALL)

    def skip(self, count: int) -> None:
        """Reads so many bytes of what comes, or all that does."""
        while count > 0 and (part := self._socket.recv(min(count, 65_536))):
            count -= len(part)

    def reset(self) -> None:
        """Closes it with a reset: nothing that is on its way arrives, and the server is told so."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def answer(self) -> bytes:
        """The next answer, whole. Raises AssertionError where the server closed."""
        told = b""
        while True:
            head, ended, body = told.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            if ended and length is not None and len(body) >= int(length[1]):
                return told
            part = self._socket.recv(1)
            if not part:
                raise AssertionError(f"the server closed after {told!r}")
            told += part

    def close(self) -> None:
        """Closes it."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def status_in(answer: bytes) -> int | None:
    """The status of the first answer; None for none."""
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    return int(found[1]) if found else None


def resident_bytes(pid: int, field: str = "VmHWM") -> int:
    """A process's memory as it is (VmRSS), or as it was at the most (VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise AssertionError(f"{field} of process {pid} is not told")
    return int(found[1]) * 1024
