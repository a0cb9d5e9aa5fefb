"""A signed webhook. Each try of a message has the same key.

Sources: Standard Webhooks 1.0 (webhook-id, webhook-timestamp, webhook-signature), CloudEvents 1.0
(structured mode), draft-ietf-httpapi-idempotency-key-header.
"""

import asyncio
import hmac
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256

import httpx
import msgspec

from consumers.notify.message import Message
from consumers.notify.outcome import Failed, Sending, Sent, receipt_id
from consumers.notify.reasons import reason_by_status, reason_of
from consumers.notify.tls import tls
from consumers.notify.webhook_body import body_of
from ledger.policy.times import time_text
from ledger.settings.notify import WebhookChannel

ANSWER_SECONDS = 5.0
"""From the connection's beginning until the status of the answer is there."""
BODY_SECONDS = 2.0
"""For the beginning of its body, so that the receiver may end; nothing of it is kept."""
ANSWER_BYTES = 4 * 1024
IDS = ("x-request-id", "x-correlation-id")
"""The headers of an answer by which the receiver finds what it was sent."""


def send_webhook(channel: WebhookChannel, message: Message, by: Sending) -> Sent:
    """Posts a message to a webhook. Raises Failed. Blocking."""
    body = body_of(channel.body, message)
    content_type = "application/json"
    if body is None:
        body = msgspec.json.encode(_cloud_event(message, by.source))
        content_type = "application/cloudevents+json"
    headers = {
        "content-type": content_type,
        **channel.headers,
        "idempotency-key": f'"{message.key}"',
        **signed(message.key, int(by.at.timestamp()), body, channel.secret),
    }
    try:
        status, said = asyncio.run(_posted(channel.url, body, headers))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Failed(reason_of(error)) from error
    if not httpx.codes.is_success(status):
        raise Failed(reason_by_status(status))
    known = (channel.url, channel.secret, body.decode(), *headers.values())
    return Sent(f"status {status}{receipt_id(said, known)}")


async def _posted(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """The status of the answer, and the id that it has for the request ("" for none).

    Raises TimeoutError, which bounds the whole: a timeout of httpx bounds each read alone, of which
    a slow receiver causes any number. A body that breaks off or does not end costs nothing.
    """
    # The bytes are taken as they come: a body that decompresses badly costs nothing.
    given = {**headers, "accept-encoding": "identity"}
    async with httpx.AsyncClient(verify=tls(), timeout=2 * ANSWER_SECONDS) as client:
        request = client.build_request("POST", url, content=body, headers=given)
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await client.send(request, stream=True)
        read = 0
        with suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(BODY_SECONDS):
                async for part in answer.aiter_raw():
                    read += len(part)
                    if read >= ANSWER_BYTES:
                        break
        return answer.status_code, next(filter(None, map(answer.headers.get, IDS)), "")


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
    subject = {"subject": message.stream} if message.stream else {}  # it is never empty
    return {
        "specversion": "1.0",
        "id": message.key,
        "source": source,
        "type": f"airledger.notice.{message.about}",
        **subject,
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
