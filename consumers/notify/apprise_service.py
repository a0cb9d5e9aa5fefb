"""Services that Apprise knows: Slack, Teams, Telegram, Matrix and more.

They take no key, so a try whose answer is lost is followed by another message. Source: the
documentation of Apprise.
"""

import logging

from consumers.notify.message import Message
from consumers.notify.outcome import Failed, Sending, Sent
from ledger.settings.notify import AppriseChannel

PLAIN = str.maketrans("@<>[]*_~`|#\\", "＠＜＞［］＊＿～｀｜＃＼")  # noqa: RUF001 - meant
"""Characters of markup and mentions become the full-width ones, which no service acts on."""


def send_by_apprise(channel: AppriseChannel, message: Message, _: Sending) -> Sent:
    """Sends a message by a service. Raises Failed, which says no more than Apprise: it failed."""
    import apprise  # costs a tenth of a second

    # Its log lines may hold the address, which is the secret.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    service = apprise.Apprise()
    if not service.add(channel.url):
        raise Failed("Apprise does not know such an address")
    if not service.notify(title=message.subject.translate(PLAIN), body=_body(message)):
        raise Failed("the service did not take it")
    return Sent(f"taken by {service[0].service_name}")


def _body(message: Message) -> str:
    """The text without the subject, which is the title; links are ours and stay as they are."""
    if message.parts:
        return "\n\n".join(
            f"{part.subject.translate(PLAIN)}\n{_body(part)}" for part in message.parts
        )
    plain = message._replace(title=message.title.translate(PLAIN), subject="")
    return plain.text
