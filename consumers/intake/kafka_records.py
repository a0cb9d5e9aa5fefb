"""A record of Kafka: its topic, partition and offset, its headers as texts, its value as a body.

CloudEvents' attributes come as `ce_<name>` there, in plain UTF-8 (CloudEvents 1.0.2, Kafka protocol
binding). They are kept as over HTTP, `ce-<name>` and %-encoded, so that one reader does for both,
now and at a retry from quarantine. Some clients (Spring's, older ones for Go) write `ce-<name>` on
Kafka as well: that is read where the binding's own header is not there. Where both are, `ce_<name>`
counts. Spring's `contentType` is read where there is no `content-type`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote_from_bytes

import msgspec

SOURCE, KIND = "airledger-source", "airledger-kind"
TOPIC, PARTITION, OFFSET = "kafka-topic", "kafka-partition", "kafka-offset"
CONTENT_TYPE = "content-type"
KEPT_CHARACTERS = 1_000
LOG_APPEND_TIME = 1
"""The type of a timestamp that the broker gave; a producer's is 0."""
_SPRINGS_CONTENT_TYPE = "contenttype"
_ATTRIBUTE, _AS_OVER_HTTP = "ce_", "ce-"
_PLAIN = "".join(map(chr, range(0x21, 0x7F))).replace("%", "").replace('"', "")
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


class Raw(Protocol):
    """What is read of aiokafka's ConsumerRecord. `timestamp` is in ms since 1970."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def timestamp_type(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """A record; `value` is None for a tombstone. `raw` is the record that it was made of."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Mapping[str, str]
    raw: Raw | None = None

    @property
    def body(self) -> bytes:
        """The value; empty where there is none."""
        return self.value or b""

    @property
    def is_binary(self) -> bool:
        """Whether it is a CloudEvent whose attributes are headers."""
        return any(name.startswith(_AS_OVER_HTTP) for name in self.headers)


def delivered(raw: Raw) -> Delivered:
    """A record with those of its headers that name its source or by which it is parsed."""
    value = None if raw.value is None else bytes(raw.value)
    where = {TOPIC: raw.topic, PARTITION: str(raw.partition), OFFSET: str(raw.offset)}
    return Delivered(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        value=value,
        headers=where | _read(raw.headers),
        raw=raw,
    )


def _read(given: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    """The headers that are read, by their names in lower case."""
    headers: dict[str, str] = {}
    springs: dict[str, str] = {}
    attributes: dict[str, dict[str, str]] = {_ATTRIBUTE: {}, _AS_OVER_HTTP: {}}
    for name, value in given:
        lowered, content = name.lower(), value or b""
        prefix = lowered[: len(_ATTRIBUTE)]
        if prefix in attributes:
            found, attribute = attributes[prefix], f"ce-{lowered.removeprefix(prefix)}"
            text = quote_from_bytes(content, safe=_PLAIN)
            before = found.get(attribute)
            found[attribute] = text if before is None else f"{before}, {text}"
        elif lowered in {SOURCE, KIND, CONTENT_TYPE}:
            headers[lowered] = _as_text(content)
        elif lowered == _SPRINGS_CONTENT_TYPE:
            springs = {CONTENT_TYPE: _as_text(content).strip('"')}
    return springs | headers | attributes[_AS_OVER_HTTP] | attributes[_ATTRIBUTE]


def _as_text(content: bytes) -> str:
    return content.decode(errors="backslashreplace")[:KEPT_CHARACTERS]


def is_read(name: str) -> bool:
    """Whether a header of that name names a record's source, or is needed to parse it."""
    lowered = name.lower()
    return lowered in {SOURCE, KIND, CONTENT_TYPE, _SPRINGS_CONTENT_TYPE} or lowered.startswith(
        (_ATTRIBUTE, _AS_OVER_HTTP)
    )


def arrived_at(raw: Raw, now: datetime) -> datetime:
    """When a record arrived: the broker's time where the broker gave one, and never after `now`.

    The broker counts milliseconds: it is the end of the one that it names, so that what happened
    within it, before it was published, does not lie ahead of its arrival. A producer's own time
    says nothing of that: then it arrives now.
    """
    if raw.timestamp_type != LOG_APPEND_TIME or raw.timestamp < 0:
        return now
    if raw.timestamp >= (now - _FIRST).total_seconds() * 1_000:
        return now
    at = datetime.fromtimestamp(raw.timestamp // 1_000, UTC)
    return min(now, at.replace(microsecond=raw.timestamp % 1_000 * 1_000 + 999))


def came_from_kafka(headers: Mapping[str, str]) -> bool:
    """Whether these are the headers of an entry in quarantine that came from Kafka."""
    return TOPIC in headers
