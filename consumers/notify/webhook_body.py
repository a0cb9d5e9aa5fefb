"""The body of a webhook by the template of its settings."""

from consumers.notify.message import Message
from ledger.settings.webhook_body import filled


def body_of(template: str | None, message: Message) -> bytes | None:
    """The template filled in with a message (JSON, UTF-8); None where there is no template."""
    if template is None:
        return None
    values = {
        "text": message.subject,
        "title": message.title,
        "reference": message.reference,
        "link": message.link or "",
        "severity": message.severity or "",
        "system": message.system,
        "key": message.ticket_key,
        "notice": message.about,
    }
    return filled(template, values).encode()
