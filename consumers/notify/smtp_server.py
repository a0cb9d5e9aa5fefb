"""A conversation with an SMTP server that ends in time, whatever the server does.

The timeout of smtplib bounds each read: a server that answers a line at a time holds it for ever,
and what it answers is kept without a limit. Sources: RFC 5321 (SMTP), RFC 4616 (PLAIN).
"""

import smtplib
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from consumers.notify.outcome import Failed
from consumers.notify.reasons import NO_ANSWER
from ledger.settings.notify import MailChannel

STEP_SECONDS = 10.0
"""For connecting and each read."""
WHOLE_SECONDS = 60.0
"""For the whole from the connection on; then the connection is cut."""
ANSWERS_BYTES = 256 * 1024
"""Of all answers together."""


@contextmanager
def smtp_server(channel: MailChannel) -> Iterator[smtplib.SMTP]:
    """The server of a channel, greeted, secured and logged in to as its settings say.

    Raises Failed, OSError, SMTPException, UnicodeError.
    """
    server = _server(channel)
    with closing(server):
        cut = threading.Timer(WHOLE_SECONDS, server.cut)
        cut.daemon = True
        cut.start()
        try:
            server.begin(channel)
            yield server
        except (OSError, smtplib.SMTPException) as error:
            if server.is_cut:
                raise Failed(NO_ANSWER) from error
            raise
        finally:
            cut.cancel()
            server.release()


def _server(channel: MailChannel) -> "_Plain":
    own = socket.gethostname()  # smtplib asks the DNS for the full name, which may take a while
    if channel.security == "tls":
        return _Tls(local_hostname=own, timeout=STEP_SECONDS, context=_trusted())
    return _Plain(local_hostname=own, timeout=STEP_SECONDS)


class _Plain(smtplib.SMTP):
    """One that may be cut by another thread, and reads no more than ANSWERS_BYTES."""

    is_cut = False
    _connection: socket.socket | None = None
    _read = 0

    def begin(self, channel: MailChannel) -> None:
        """Connects, secures the connection and logs in."""
        self._host = channel.server  # whose certificate it is that STARTTLS asks for
        code, _ = self.connect(channel.server, channel.port)
        if code != 220:
            raise Failed(f"the server greeted with {code}: it takes no mail now")
        self.ehlo_or_helo_if_needed()
        if channel.security == "starttls":
            if not self.has_extn("starttls"):
                unsecured = "" if channel.user else ", or to none"  # no password in clear
                raise Failed(f"the server has no STARTTLS: set security to tls{unsecured}")
            self.starttls(context=_trusted())
            self.ehlo()
        if channel.user is not None:
            _log_in(self, channel.user, channel.secret or "")

    def cut(self) -> None:
        """Ends the connection, whatever it is waited for. Any thread may call it."""
        self.is_cut = True
        if (connection := self._connection) is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Closes what `cut` needs, once nothing is to be cut any more."""
        if self._connection is not None:
            self._connection.close()

    def getreply(self) -> tuple[int, bytes]:
        """An answer of any number of lines."""
        if self.file is None and self.sock is not None:
            self.file = _Counted(self, self.sock.makefile("rb"))
        return super().getreply()

    def take(self, line: bytes) -> bytes:
        """Counts a line of an answer."""
        self._read += len(line)
        if self._read > ANSWERS_BYTES:
            raise Failed("the server answers without an end")
        return line

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._connection = made.dup()  # TLS takes the socket itself over
        return made


class _Tls(smtplib.SMTP_SSL, _Plain):
    """The same over TLS from the beginning."""


class _Counted:
    """A file whose lines are counted."""

    def __init__(self, of: _Plain, file: Any) -> None:
        self._of, self._file = of, file

    def readline(self, most: int) -> bytes:
        """A line of at most so many bytes."""
        return self._of.take(self._file.readline(most))

    def close(self) -> None:
        """Closes it."""
        self._file.close()


def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def _log_in(server: smtplib.SMTP, user: str, secret: str) -> None:
    if not server.has_extn("auth"):
        raise Failed("the server takes no log-in here: leave user and secret out, or set security")
    if user.isascii() and secret.isascii():
        server.login(user, secret)
        return
    if "PLAIN" not in server.esmtp_features["auth"].upper().split():
        raise Failed("the server takes ASCII characters alone: change user or secret")
    plain = b64encode(f"\0{user}\0{secret}".encode()).decode()  # smtplib has ASCII alone
    code, said = server.docmd("AUTH", f"PLAIN {plain}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)
