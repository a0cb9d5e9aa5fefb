"""What quarantine keeps of a body's headers, and of a record of Kafka."""

import msgspec
import pytest

from consumers.intake.kafka_records import Delivered, Raw, delivered
from consumers.intake.quarantine_headers import (
    CUT,
    HEADER_BYTES,
    RECORD,
    is_cut,
    kept_headers,
    record_of,
    restored,
    shown,
)
from tests.unit.intake.records import Header, Record


def kept(record: Record) -> dict[str, str]:
    """What an entry keeps of a record."""
    return kept_headers(delivered(record).headers, record)


def again(headers: dict[str, str], body: bytes) -> Raw:
    """The record that an entry keeps."""
    found = restored(headers, body)
    assert isinstance(found, Delivered)
    assert found.raw is not None
    return found.raw


ODD: list[Header] = [
    ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("x", b'\xff\xfe\x00 100% "quoted" back\\slash'),
    ("x", "ä 有害".encode()),
    ("Größe\x00", b"7"),
    ("\\xff", b""),
    ("none", None),
    ("ce_id", b"1"),
    ("ce-Type", b"deploy.failed"),
    ("airledger-source", b"\xff"),
]


@pytest.mark.parametrize("key", [None, b"", b"\xff%25"])
@pytest.mark.parametrize("value", [None, b"", b"{}"])
def test_a_record_comes_back_from_quarantine_as_it_was(
    key: bytes | None, value: bytes | None
) -> None:
    record = Record(headers=ODD, key=key, value=value)
    headers = kept(record)
    assert all(text.isascii() for text in headers.values())
    found = again(headers, value or b"")
    assert record == Record(**{name: getattr(found, name) for name in Record._fields})
    assert delivered(record).headers == delivered(found).headers
    assert not is_cut(headers)


def test_people_see_the_headers_as_texts_where_they_are() -> None:
    record = record_of(kept(Record(headers=[("ä", "ü %41".encode()), ("b", b"\xff"), ("c", None)])))
    assert record is not None
    assert [("ä", "ü %41"), ("b", "%FF"), ("c", "")] == shown(record)


def test_what_somebody_logs_in_with_is_not_kept() -> None:
    given: list[Header] = [("Authorization", b"Bearer s3cret"), ("cookie", b"s3cret")]
    assert "s3cret" not in str(kept(Record(headers=given)))


def test_at_most_64_kib_of_headers_are_kept_those_that_are_read_first() -> None:
    more: list[Header] = [(f"x{n}", b"\xff" * 500) for n in range(100)]
    headers = kept(Record(headers=[*more, ("ce_id", b"1"), ("ce_type", b"t")]))
    record = record_of(headers)
    assert record is not None
    assert HEADER_BYTES >= sum(len(name) + len(text) for name, text in headers.items())
    assert (102, 0) == (len(record.headers) + record.cut, int(record.unreadable))
    assert [("ce_id", "1"), ("ce_type", "t")] == record.headers[-2:]
    assert not is_cut(headers)


def test_an_entry_says_where_a_header_that_is_read_was_not_kept() -> None:
    headers = kept(Record(headers=[("ce_id", b"1"), ("ce_subject", b"\xff" * 100_000)]))
    record = record_of(headers)
    assert record is not None
    assert (1, True, True) == (record.cut, record.unreadable, is_cut(headers))
    assert HEADER_BYTES >= sum(len(name) + len(text) for name, text in headers.items())
    over_http = kept_headers({"content-type": "a/b", "ce-id": "x" * 70_000}, None)
    assert ({"content-type": "a/b", CUT: "1"}, True) == (over_http, is_cut(over_http))


def test_an_entry_of_an_older_release_has_no_record() -> None:
    old = {"kafka-topic": "airledger.signals", "kafka-partition": "1", "kafka-offset": "2"}
    assert (None, None, False) == (record_of(old), restored(old, b"{}"), is_cut(old))
    assert {"content-type": "a/b"} == kept_headers({"content-type": "a/b"}, None)
    assert RECORD in kept(Record())


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ([("ce-id", b"1"), ("CE-Type", b"t")], {"ce-id": "1", "ce-type": "t"}),
        ([("ce-id", b"1"), ("ce_id", b"2")], {"ce-id": "2"}),
        (
            [("ce_id", b"2"), ("ce-id", b"1"), ("ce-subject", b"s")],
            {"ce-id": "2", "ce-subject": "s"},
        ),
        ([("ce-id", b"1"), ("ce-id", b"2")], {"ce-id": "1, 2"}),
        ([("ce-subject", "100 % ä".encode())], {"ce-subject": "100%20%25%20%C3%A4"}),
    ],
)
def test_attributes_are_read_by_either_prefix_and_the_bindings_own_counts(
    given: list[Header], read: dict[str, str]
) -> None:
    found = delivered(Record(headers=given)).headers
    assert read == {name: text for name, text in found.items() if name.startswith("ce-")}


def test_what_is_kept_is_json_that_others_can_read() -> None:
    text = kept(Record(headers=[("x", b"\xff")]))[RECORD]
    assert {
        "key": "k",
        "timestamp": 1_764_324_000_123,
        "timestamp_type": 1,
        "headers": [["x", "%FF"]],
    } == msgspec.json.decode(text)
