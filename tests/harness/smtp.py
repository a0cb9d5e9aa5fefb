"""An SMTP server on the loopback address: aiosmtpd, which answers as it is told."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ssl import SSLContext
from typing import Any, NamedTuple

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import AuthResult


class Mail(NamedTuple):
    """A mail that arrived: its envelope and itself."""

    sender: str
    receivers: list[str]
    mail: EmailMessage


class Mailbox:
    """Keeps every mail that is accepted; `refuse` says what is answered in place of that."""

    def __init__(self) -> None:
        self.got: list[Mail] = []
        self.logged_in: list[tuple[str, str]] = []
        self.answer: Callable[[int], str] = lambda _: "250 2.0.0 Ok: queued as 4FzJ"
        self.refuse: set[str] = set()
        self.port = 0
        self._asked = 0

    async def handle_RCPT(  # noqa: N802 - its name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """A receiver."""
        if address in self.refuse:
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 Ok"

    async def handle_DATA(  # noqa: N802 - its name
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        """A mail."""
        self._asked += 1
        answer = self.answer(self._asked)
        parsed = message_from_bytes(envelope.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        if answer[0] == "2":
            self.got.append(Mail(envelope.mail_from, envelope.rcpt_tos, parsed))
        return answer

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        """A log-in; any is right."""
        self.logged_in.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)


@contextmanager
def mailbox(tls: SSLContext | None = None) -> Iterator[Mailbox]:
    """One that listens; with `tls` it takes mail after STARTTLS and a log-in alone."""
    box = Mailbox()
    loop = asyncio.new_event_loop()
    controller: Any = UnthreadedController(
        box,
        hostname="127.0.0.1",
        port=0,
        loop=loop,
        tls_context=tls,
        require_starttls=tls is not None,
        authenticator=box.authenticate if tls else None,
        auth_required=tls is not None,
        auth_require_tls=tls is not None,
        server_hostname="mail.example",
    )
    controller.begin()
    box.port = controller.server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        controller.end()
        loop.close()
