"""The ways to a receiver: a signed webhook, or a ticket. Each try of a message has the same key.

Sources: Standard Webhooks 1.0 (webhook-id, webhook-timestamp, webhook-signature), CloudEvents 1.0
(structured mode), draft-ietf-httpapi-idempotency-key-header.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import httpx
import msgspec

from consumers.notify.github import GitHub
from consumers.notify.jira import Jira
from consumers.notify.message import Message
from consumers.notify.outcome import Failed, Sending, Sent
from consumers.notify.tickets import send_ticket
from consumers.notify.webhook_body import body_of
from ledger.policy.times import time_text
from ledger.settings.notify import AnyChannel, ChannelSettings

STEP_SECONDS = 5.0
"""For connecting, sending and each read of an answer."""
ANSWER_BYTES = 64 * 1024
RECEIPT_CHARACTERS = 200


def send(channel: AnyChannel, message: Message, by: Sending) -> Sent:
    """Sends a message by a channel. Raises Failed. Blocking."""
    return _KINDS[channel.kind](channel, message, by)


def _send_webhook(channel: ChannelSettings, message: Message, by: Sending) -> Sent:
    body = body_of(channel.body, message)
    if body is None:
        body = msgspec.json.encode(_cloud_event(message, by.source))
    headers = {
        "content-type": "application/cloudevents+json"
        if channel.body is None
        else "application/json",
        **channel.headers,
        "idempotency-key": f'"{message.key}"',
        **signed(message.key, int(by.at.timestamp()), body, channel.secret),
    }
    try:
        with (
            httpx.Client(timeout=STEP_SECONDS, follow_redirects=False) as client,
            client.stream("POST", channel.url, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
            said = _beginning(answer)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Failed(type(error).__name__) from error
    if not answer.is_success:
        raise Failed(f"status {status}")
    receipt = answer.headers.get("location") or said
    return Sent(f"status {status} {receipt[:RECEIPT_CHARACTERS]}".strip())


def signed(key: str, timestamp: int, body: bytes, secret: str) -> Mapping[str, str]:
    """The headers of Standard Webhooks; the signature covers id, time and body."""
    content = b".".join((key.encode(), str(timestamp).encode(), body))
    signature = b64encode(hmac.digest(secret.encode(), content, sha256)).decode()
    return {
        "webhook-id": key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def _cloud_event(message: Message, source: str) -> dict[str, object]:
    notice = message.notice.value if message.notice else "trial"
    return {
        "specversion": "1.0",
        "id": message.key,
        "source": source,
        "type": f"airledger.notice.{notice}",
        "subject": message.stream,
        "time": time_text(message.at),
        "datacontenttype": "application/json",
        "data": {
            "text": message.subject,
            "reference": message.reference,
            "title": message.title,
            "system": message.system,
            "severity": message.severity,
            "link": message.link,
        },
    }


def _beginning(answer: httpx.Response) -> str:
    """The beginning of what was answered, as one line; the rest is not read."""
    read = b""
    for part in answer.iter_bytes():
        read += part
        if len(read) >= ANSWER_BYTES:
            break
    text = read[: RECEIPT_CHARACTERS * 4].decode(errors="replace")
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


_KINDS: Mapping[str, Callable[[Any, Message, Sending], Sent]] = {
    "webhook": _send_webhook,
    "github": lambda channel, message, _: send_ticket(GitHub, channel, message),
    "jira": lambda channel, message, _: send_ticket(Jira, channel, message),
}
