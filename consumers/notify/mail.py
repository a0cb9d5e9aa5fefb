"""Mail by an SMTP server, each try under the same Message-ID.

Sources: RFC 5321 (SMTP), RFC 5322 (the message), RFC 3834 section 5 (Auto-Submitted).
"""

import smtplib
import socket
import ssl
from contextlib import closing
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from consumers.notify.message import Message
from consumers.notify.outcome import Failed, Sending, Sent
from ledger.settings.notify import MailChannel

STEP_SECONDS = 10.0
"""For connecting and each answer; a mail takes nine at most."""
_KEY = "X-Airledger-Key"


def send_mail(channel: MailChannel, message: Message, by: Sending) -> Sent:
    """Sends a mail to all receivers of a channel. Raises Failed, also where none was accepted."""
    mail = mail_of(channel, message, by)
    try:
        with closing(_connected(channel)) as server:
            return _handed_over(server, channel, mail)
    except smtplib.SMTPResponseException as error:
        raise Failed(f"{type(error).__name__} {error.smtp_code}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise Failed(type(error).__name__) from error


def mail_of(channel: MailChannel, message: Message, by: Sending) -> EmailMessage:
    """The mail. Its text is plain: nothing in a title is markup."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = channel.sender
    mail["To"] = ", ".join(channel.receivers)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(by.at)
    mail["Message-ID"] = f"<{message.key}@{channel.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail[_KEY] = message.key
    mail.set_content(f"{message.text}\n")
    return mail


def _connected(channel: MailChannel) -> smtplib.SMTP:
    own = socket.gethostname()  # smtplib asks the DNS for the full name, which may take a while
    server, port = channel.server, channel.port
    if channel.security == "tls":
        return smtplib.SMTP_SSL(server, port, own, timeout=STEP_SECONDS, context=_trusted())
    return smtplib.SMTP(server, port, own, timeout=STEP_SECONDS)


def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def _handed_over(server: smtplib.SMTP, channel: MailChannel, mail: EmailMessage) -> Sent:
    """What the server answered to the whole; those that it refused by themselves are counted."""
    server.ehlo_or_helo_if_needed()
    if channel.security == "starttls":
        server.starttls(context=_trusted())
        server.ehlo()
    if channel.user is not None:
        server.login(channel.user, channel.secret or "")
    _require(server.mail(channel.sender), "MAIL")
    refused = _refusals(server, channel)
    if len(refused) == len(channel.receivers):
        raise Failed(f"every receiver was refused: {refused[0]}")
    code, said = server.data(mail.as_bytes())
    _require((code, said), "DATA")
    with_refused = f", {len(refused)} of {len(channel.receivers)} refused" if refused else ""
    return Sent.of(f"{code} {said.decode(errors='replace')}{with_refused}")


def _refusals(server: smtplib.SMTP, channel: MailChannel) -> list[int]:
    answers = [server.rcpt(receiver)[0] for receiver in channel.receivers]
    return [code for code in answers if code not in {250, 251}]


def _require(answer: tuple[int, bytes], step: str) -> None:
    code, _ = answer
    if code != 250:
        raise Failed(f"{step} was answered {code}")
