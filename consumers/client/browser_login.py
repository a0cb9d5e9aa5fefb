"""Log-in by a browser: the command listens on loopback until a page sends it a code.

The code works once, within a minute, and only together with the verifier, which never leaves this
process but to the server (RFC 8252, section 7.3; RFC 7636).
"""

import hmac
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from consumers.access.cli_codes import CODE, challenge_of, comparison
from consumers.client.connection import Connection
from consumers.client.problems import not_airledger
from ledger.errors import NotFound, SettingsError, Unavailable
from ledger.vocabulary import Scope

HOST = "127.0.0.1"
WAITS_SECONDS = 300.0
"""A person has so long to log in and allow it."""
STEP_SECONDS = 2.0
"""A request to the command's own port has so long, and another one waits for it."""
REQUEST_BYTES = 16 * 1024
_DONE = "airledger is logged in. Close this tab, and go on in the terminal.\n"
_NOT_HERE = "airledger login waits here for its own log-in alone.\n"


class LoginOptions(msgspec.Struct, frozen=True):
    """How people log in at a server."""

    provider: str | None = None


class NewSession(msgspec.Struct, frozen=True):
    """The session that a code was exchanged for."""

    token: str
    name: str
    scopes: tuple[Scope, ...]
    ends_at: str

    def __repr__(self) -> str:
        """Without the token."""
        return f"NewSession(name={self.name!r})"


def provider_of(connection: Connection) -> str | None:
    """The title of the provider that people of a server log in at; None without one."""
    try:
        answer = connection.get("/v1/login")
        return msgspec.json.decode(answer.content, type=LoginOptions).provider
    except (NotFound, SettingsError, msgspec.MsgspecError):  # a server of a version before
        return None


class BrowserLogin:
    """One log-in under way: its address for the browser, and the port that it comes back to."""

    def __init__(self, url: str, listening: socket.socket) -> None:
        self._listening = listening
        self._verifier, self._state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        challenge = challenge_of(self._verifier)
        port = listening.getsockname()[1]
        self._host = f"{HOST}:{port}"
        query = {"port": port, "challenge": challenge, "state": self._state}
        self.address = f"{url}/login/cli?{urlencode(query)}"
        self.comparison = comparison(challenge)

    @classmethod
    @contextmanager
    def listening(cls, url: str) -> Iterator[Self]:
        """Listens on a free port of loopback for the log-in at a server."""
        with socket.create_server((HOST, 0)) as server:
            yield cls(url, server)

    def await_code(self, seconds: float = WAITS_SECONDS) -> str:
        """The code that the browser brings. Raises Unavailable where none comes in time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._listening.settimeout(left)
            with suppress(TimeoutError, OSError):
                connected, _ = self._listening.accept()
                with connected:
                    connected.settimeout(STEP_SECONDS)
                    if (code := self._code_from(connected)) is not None:
                        return code
        raise Unavailable(
            f"Nobody allowed the log-in within {seconds:g} s.", remedy="Run airledger login again."
        )

    def redeem(self, connection: Connection, code: str) -> NewSession:
        """The session for a code. Raises Refused for one that works no more."""
        answer = connection.post("/v1/login/code", {"code": code, "verifier": self._verifier})
        try:
            return msgspec.json.decode(answer.content, type=NewSession)
        except msgspec.MsgspecError as error:
            raise not_airledger(connection.url, "its answer is no session") from error

    def _code_from(self, connected: socket.socket) -> str | None:
        """The code in one request, which is answered; None for any other request."""
        code = self._code_in(_head_of(connected))
        status, text = (HTTPStatus.OK, _DONE) if code else (HTTPStatus.NOT_FOUND, _NOT_HERE)
        answer = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(text)}\r\nCache-Control: no-store\r\n"
            f"Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{text}"
        )
        with suppress(OSError):  # the browser may be gone: the code is here
            connected.sendall(answer.encode("ascii"))
        return code

    def _code_in(self, head: list[str]) -> str | None:
        method, _, rest = (head[0] if head else "").partition(" ")
        hosts = [line.partition(":")[2].strip() for line in head if line[:5].lower() == "host:"]
        try:
            target = urlsplit(rest.partition(" ")[0])
            given = parse_qs(target.query, max_num_fields=10)
        except ValueError:
            return None
        state, code = (given.get(name, [""])[0] for name in ("state", "code"))
        own = method == "GET" and target.path == "/" and hosts == [self._host]
        if own and hmac.compare_digest(state.encode(), self._state.encode()):
            return code if CODE.fullmatch(code) else None
        return None


def _head_of(connected: socket.socket) -> list[str]:
    """The lines of a request's head; none where it does not come whole, and in time."""
    read = bytearray()
    deadline = time.monotonic() + STEP_SECONDS
    while b"\r\n\r\n" not in read:
        part = connected.recv(REQUEST_BYTES)
        if not part or len(read) + len(part) > REQUEST_BYTES or time.monotonic() > deadline:
            return []
        read += part
    return read.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
