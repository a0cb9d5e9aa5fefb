"""The ways to a receiver, by the kind of the channel: a signed webhook, mail, Apprise.

Sources: Standard Webhooks 1.0 (webhook-id, webhook-timestamp, webhook-signature), CloudEvents 1.0
(structured mode), draft-ietf-httpapi-idempotency-key-header.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import assert_never

import httpx
import msgspec

from consumers.notify.apprise_service import send_by_apprise
from consumers.notify.mail import send_mail
from consumers.notify.message import Message
from consumers.notify.outcome import Failed, Sending, Sent
from ledger.policy.times import time_text
from ledger.settings.notify import AppriseChannel, ChannelSettings, MailChannel, WebhookChannel

STEP_SECONDS = 5.0
"""For connecting, sending and each read of an answer."""
ANSWER_BYTES = 64 * 1024


def send(channel: ChannelSettings, message: Message, by: Sending) -> Sent:
    """Sends a message by a channel, under its key in each try. Raises Failed. Blocking."""
    match channel:
        case WebhookChannel():
            return _send_webhook(channel, message, by)
        case MailChannel():
            return send_mail(channel, message, by)
        case AppriseChannel():
            return send_by_apprise(channel, message, by)
        case _:
            assert_never(channel)


def _send_webhook(channel: WebhookChannel, message: Message, by: Sending) -> Sent:
    body = msgspec.json.encode(_cloud_event(message, by.source))
    headers = {
        "content-type": "application/cloudevents+json",
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
    return Sent.of(f"status {status} {answer.headers.get('location') or said}")


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
    return {
        "specversion": "1.0",
        "id": message.key,
        "source": source,
        "type": f"airledger.notice.{message.about}",
        "subject": message.stream,
        "time": time_text(message.at),
        "datacontenttype": "application/json",
        "data": _data(message),
    }


def _data(message: Message) -> dict[str, object]:
    if message.parts:
        return {
            "text": message.subject,
            "link": message.link,
            "notices": [{"notice": part.about, **_data(part)} for part in message.parts],
        }
    return {
        "text": message.subject,
        "reference": message.reference,
        "title": message.title,
        "system": message.system,
        "severity": message.severity,
        "link": message.link,
        "acknowledge": message.acknowledge,
    }


def _beginning(answer: httpx.Response) -> str:
    """The beginning of what was answered; the rest is not read."""
    read = b""
    for part in answer.iter_bytes():
        read += part
        if len(read) >= ANSWER_BYTES:
            break
    return read[:ANSWER_BYTES].decode(errors="replace")
