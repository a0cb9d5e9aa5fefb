"""The headers that quarantine keeps: those needed to parse a body, and all those of a record.

A record of Kafka is kept whole, as JSON under the name `kafka-record`: its key, its timestamp and
every header in order, so that a later release can read what this one does not. Names and values
are %-encoded there (RFC 3986), which keeps any byte and most texts readable. At most 64 KiB are
kept of an entry's headers: those that are read come first, and `cut` counts the others.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, quote_from_bytes, unquote, unquote_to_bytes

import msgspec

from consumers.intake.kafka_records import Delivered, Raw, came_from_kafka, delivered, is_read

RECORD = "kafka-record"
CUT = "headers-cut"
HEADER_BYTES = 64 * 1024
_RECORD_BYTES = 48 * 1024
_SECRET = frozenset({"authorization", "proxy-authorization", "cookie"})
_PLAIN = "".join(map(chr, range(0x20, 0x7F))).replace("%", "").replace('"', "").replace("\\", "")


class KeptRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record but for its value and its place. Texts are %-encoded; `timestamp` is in ms.

    `cut` counts the headers that are not kept, `unreadable` says that some of these are read.
    """

    key: str | None = None
    timestamp: int = -1
    timestamp_type: int = 0
    headers: list[tuple[str, str | None]] = []
    tombstone: bool = False
    cut: int = 0
    unreadable: bool = False


class _Restored(msgspec.Struct, frozen=True, kw_only=True):
    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


_kept = msgspec.json.Decoder(KeptRecord)


def kept_headers(headers: Mapping[str, str], record: Raw | None) -> dict[str, str]:
    """What an entry keeps of a body's headers, and of the record that it was the value of.

    In all at most 64 KiB; `headers-cut` counts those that found no room.
    """
    found = {name: text for name, text in headers.items() if not name.startswith("ce-")}
    if record is not None:
        found[RECORD] = msgspec.json.encode(_record(record)).decode()
    found |= {name: text for name, text in headers.items() if name.startswith("ce-")}
    room, kept = HEADER_BYTES, dict[str, str]()
    for name, text in found.items():
        size = len(name.encode()) + len(text.encode())
        if size <= room:
            kept[name] = text
            room -= size
    if len(kept) < len(found):
        kept[CUT] = str(len(found) - len(kept))
    return kept


def record_of(headers: Mapping[str, str]) -> KeptRecord | None:
    """The record that an entry's headers keep; None for one of HTTP, or of an older release."""
    text = headers.get(RECORD) if came_from_kafka(headers) else None
    return _kept.decode(text) if text is not None else None


def is_cut(headers: Mapping[str, str]) -> bool:
    """Whether a header was cut that is needed to parse the body."""
    record = record_of(headers)
    return record.unreadable if record is not None else CUT in headers


def restored(headers: Mapping[str, str], body: bytes) -> Delivered | None:
    """The record that an entry keeps, with its value, read as it would be now."""
    record = record_of(headers)
    if record is None:
        return None
    return delivered(
        _Restored(
            topic=headers["kafka-topic"],
            partition=int(headers.get("kafka-partition", 0)),
            offset=int(headers.get("kafka-offset", 0)),
            timestamp=record.timestamp,
            timestamp_type=record.timestamp_type,
            key=_bytes(record.key),
            value=None if record.tombstone else body,
            headers=[(unquote(name), _bytes(value)) for name, value in record.headers],
        )
    )


def shown(record: KeptRecord) -> list[tuple[str, str]]:
    """The record's headers for people: as texts, with what is no UTF-8 as it is kept."""
    return [(unquote(name), _text(value)) for name, value in record.headers]


def _record(raw: Raw) -> KeptRecord:
    encoded = [(quote(name, safe=_PLAIN), _encoded(name, value)) for name, value in raw.headers]
    sizes = [len(msgspec.json.encode(each)) + 1 for each in encoded]
    read = [is_read(name) for name, _ in raw.headers]
    room, kept = _RECORD_BYTES, set[int]()
    for index in sorted(range(len(encoded)), key=lambda each: not read[each]):
        if sizes[index] <= room:
            kept.add(index)
            room -= sizes[index]
    key = None if raw.key is None else quote_from_bytes(bytes(raw.key), safe=_PLAIN)
    return KeptRecord(
        key=key if key is None or len(key) <= room else None,
        timestamp=raw.timestamp,
        timestamp_type=raw.timestamp_type,
        headers=[header for index, header in enumerate(encoded) if index in kept],
        tombstone=raw.value is None,
        cut=len(encoded) - len(kept),
        unreadable=any(each and index not in kept for index, each in enumerate(read)),
    )


def _encoded(name: str, value: bytes | None) -> str | None:
    if value is None:
        return None
    if name.lower() in _SECRET:
        return "***"
    return quote_from_bytes(bytes(value), safe=_PLAIN)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else unquote_to_bytes(text)


def _text(text: str | None) -> str:
    try:
        return unquote(text or "", errors="strict")
    except UnicodeDecodeError:
        return text or ""
