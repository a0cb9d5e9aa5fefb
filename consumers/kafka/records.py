"""A record as it comes from Kafka: where it stood, its headers as texts, its value as a body.

CloudEvents' attributes come as `ce_<name>` there, in plain UTF-8 (CloudEvents 1.0.2, Kafka protocol
binding). They are kept as over HTTP, `ce-<name>` and %-encoded, so that one reader does for both,
now and at a retry from quarantine.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import quote_from_bytes

import msgspec

SOURCE, KIND = "airledger-source", "airledger-kind"
TOPIC, PARTITION, OFFSET = "kafka-topic", "kafka-partition", "kafka-offset"
CONTENT_TYPE = "content-type"
KEPT_CHARACTERS = 1_000
_ATTRIBUTE = "ce_"
_PLAIN = "".join(map(chr, range(0x21, 0x7F))).replace("%", "").replace('"', "")


class Raw(Protocol):
    """What is read of aiokafka's ConsumerRecord."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """A record; `value` is None for a tombstone."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Mapping[str, str]

    @property
    def body(self) -> bytes:
        """The value; empty where there is none."""
        return self.value or b""

    @property
    def is_binary(self) -> bool:
        """Whether it is a CloudEvent whose attributes are headers."""
        return any(name.startswith("ce-") for name in self.headers)


def delivered(raw: Raw) -> Delivered:
    """A record with what of its headers tells where it is from and how to read it."""
    headers = {TOPIC: raw.topic, PARTITION: str(raw.partition), OFFSET: str(raw.offset)}
    for name, value in raw.headers:
        lowered, given = name.lower(), value or b""
        if lowered.startswith(_ATTRIBUTE):
            attribute = f"ce-{lowered.removeprefix(_ATTRIBUTE)}"
            text = quote_from_bytes(given, safe=_PLAIN)
            before = headers.get(attribute)
            headers[attribute] = text if before is None else f"{before}, {text}"
        elif lowered in {SOURCE, KIND, CONTENT_TYPE}:
            headers[lowered] = given.decode(errors="backslashreplace")[:KEPT_CHARACTERS]
    value = None if raw.value is None else bytes(raw.value)
    return Delivered(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        value=value,
        headers=headers,
    )


def came_from_kafka(headers: Mapping[str, str]) -> bool:
    """Whether these are the headers of an entry in quarantine that came from Kafka."""
    return TOPIC in headers
