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
from consumers.notify.outcome import Failed, Sending, Sent
from consumers.notify.tls import tls
from consumers.notify.webhook_body import body_of
from ledger.policy.times import time_text
from ledger.settings.notify import WebhookChannel

ANSWER_SECONDS = 5.0
"""From the connection's beginning until the status of the answer is there."""
BODY_SECONDS = 2.0
"""For the beginning of its body: the status alone says whether it was taken."""
ANSWER_BYTES = 4 * 1024


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
        status, receipt = asyncio.run(_posted(channel.url, body, headers))
    except TimeoutError as error:
        raise Failed("no answer in time") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Failed(type(error).__name__) from error
    if not httpx.codes.is_success(status):
        raise Failed(f"status {status}")
    return Sent.of(f"status {status} {receipt}")


async def _posted(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """The status of the answer, and its location or the beginning of its body.

    Raises TimeoutError, which bounds the whole: a timeout of httpx bounds each read alone, of which
    a slow receiver causes any number. A body that breaks off or does not end costs nothing.
    """
    # The bytes are taken as they come: a body that decompresses badly is a receipt as well.
    given = {**headers, "accept-encoding": "identity"}
    async with httpx.AsyncClient(verify=tls(), timeout=2 * ANSWER_SECONDS) as client:
        request = client.build_request("POST", url, content=body, headers=given)
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await client.send(request, stream=True)
        read = bytearray()
        with suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(BODY_SECONDS):
                async for part in answer.aiter_raw():
                    read += part
                    if len(read) >= ANSWER_BYTES:
                        break
        return answer.status_code, answer.headers.get("location") or read.decode(errors="replace")


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
