"""Mail by an SMTP server, each try under the same Message-ID.

Sources: RFC 5321 (SMTP), RFC 5322 (the message), RFC 3834 section 5 (Auto-Submitted).
"""

import re
import smtplib
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from consumers.notify.message import Message
from consumers.notify.outcome import Failed, Sending, Sent, receipt_id
from consumers.notify.reasons import reason_of
from consumers.notify.smtp_server import smtp_server
from ledger.settings.notify import MailChannel

_KEY = "X-Airledger-Key"
_QUEUED = re.compile(rb"\bqueued as ([A-Za-z0-9._-]{0,63}[A-Za-z0-9_-])\.?\s*$")
_TEMPORARY = range(400, 500)
_MEANING: Mapping[int, str] = {
    530: "it asks for a log-in, or for TLS: set user and secret, and security",
    534: "it does not accept this kind of log-in",
    535: "it does not accept the log-in: check user and secret",
    538: "it takes a log-in over TLS alone: set security",
    550: "it takes no mail from that sender, or for that receiver: check sender and receivers",
    553: "it takes no mail from that sender, or for that receiver: check sender and receivers",
    554: "it refused the mail: see its log",
}


def send_mail(channel: MailChannel, message: Message, by: Sending) -> Sent:
    """Sends a mail to all receivers of a channel. Raises Failed, also where none was accepted."""
    mail = mail_of(channel, message, by)
    try:
        with smtp_server(channel) as server:
            return _handed_over(server, channel, mail)
    except smtplib.SMTPResponseException as error:
        raise Failed(_answered(error.smtp_code)) from error
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise Failed(reason_of(error)) from error


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
    text = f"{message.text}\n"
    # In ASCII: not every server takes more, and those that do ask to be told.
    mail.set_content(text, cte=None if text.isascii() else "quoted-printable")
    return mail


def _handed_over(server: smtplib.SMTP, channel: MailChannel, mail: EmailMessage) -> Sent:
    """Hands it over, and counts those that the server refused by themselves."""
    _require(server.mail(channel.sender), "MAIL")
    refused = _refusals(server, channel)
    if len(refused) == len(channel.receivers):
        raise Failed(f"every receiver was refused: {_answered(refused[0])}")
    content = mail.as_bytes()
    code, said = server.data(content)
    _require((code, said), "DATA")
    queued = _QUEUED.search(said)
    known = (content.decode(), mail.get_content(), channel.user or "", channel.secret or "")
    receipt = f"{code}{receipt_id(queued[1].decode() if queued else '', known)}"
    with_refused = f", {len(refused)} of {len(channel.receivers)} refused" if refused else ""
    return Sent(f"{receipt}{with_refused}")


def _refusals(server: smtplib.SMTP, channel: MailChannel) -> list[int]:
    answers = [server.rcpt(receiver)[0] for receiver in channel.receivers]
    return [code for code in answers if code not in {250, 251}]


def _require(answer: tuple[int, bytes], step: str) -> None:
    code, _ = answer
    if code != 250:
        raise Failed(f"{step} was answered {_answered(code)}")


def _answered(code: int) -> str:
    """What an answer's code says."""
    usual = "it takes none now, and may later" if code in _TEMPORARY else ""
    meaning = _MEANING.get(code, usual)
    return f"{code}: {meaning}" if meaning else f"{code}"
