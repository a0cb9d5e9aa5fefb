"""Content codings and charsets: what ordinary clients send is read, and the rest costs little."""

import gzip
import json
import time
import tracemalloc
import zlib

import pytest
from msgspec.structs import replace

from consumers.intake.formats.registry import parse
from consumers.intake.parsed import Incoming
from consumers.intake.parsing.codings import (
    MOST_MEMBERS,
    NotDecoded,
    NotSupported,
    Oversized,
    coding_of,
    decoded,
)
from consumers.intake.parsing.texts import as_utf8
from ledger.vocabulary import SourceKind
from tests.unit.intake.parsing import BINARY, incoming, why

MIB = 1024 * 1024
BODY = json.dumps({"title": "Größe fällt", "dedup_key": "k"}, ensure_ascii=False).encode()


def packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def deflated(body: bytes, window: int) -> bytes:
    made = zlib.compressobj(wbits=window)
    return made.compress(body) + made.flush()


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", ""),
        ("identity", ""),
        ("gzip", "gzip"),
        (" GZIP ", "gzip"),
        ("x-gzip", "gzip"),
        ("identity, gzip", "gzip"),
        ("deflate", "deflate"),
    ],
)
def test_the_codings_that_are_read_have_a_name(header: str, coding: str) -> None:
    assert coding == coding_of({"content-encoding": header})


@pytest.mark.parametrize("header", ["zstd", "br", "snappy", "gzip, gzip", "deflate, gzip", "\xe4"])
def test_another_coding_is_refused_with_those_that_are_read(header: str) -> None:
    with pytest.raises(NotSupported, match="one of gzip, deflate is"):
        coding_of({"content-encoding": header})


@pytest.mark.parametrize(
    ("sent", "coding"),
    [
        (packed(BODY), "gzip"),
        (packed(BODY[:9]) + packed(BODY[9:]), "gzip"),
        (deflated(BODY, zlib.MAX_WBITS), "deflate"),
        (deflated(BODY, -zlib.MAX_WBITS), "deflate"),
    ],
    ids=["gzip", "two members", "zlib", "without zlib's header"],
)
def test_a_coded_body_is_the_body(sent: bytes, coding: str) -> None:
    assert BODY == decoded(sent, coding, len(BODY))
    with pytest.raises(Oversized, match=f"more than {len(BODY) - 1} bytes"):
        decoded(sent, coding, len(BODY) - 1)


@pytest.mark.parametrize(
    "sent",
    [
        BODY,
        packed(BODY)[:-1],
        packed(BODY)[:-8] + b"\0" * 8,
        packed(BODY) + b"more",
        packed(b"") * (MOST_MEMBERS + 1),
        b"\x1f\x8b",
    ],
    ids=["plain", "cut", "wrong checksum", "more", "members", "magic"],
)
def test_a_body_that_is_not_what_its_coding_says_is_none(sent: bytes) -> None:
    with pytest.raises(NotDecoded, match="is not gzip, which its Content-Encoding says: "):
        decoded(sent, "gzip", MIB)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_that_would_grow_without_end_costs_no_more_than_the_limit(coding: str) -> None:
    made = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    bomb = b"".join(made.compress(bytes(MIB)) for _ in range(1_000)) + made.flush()
    assert len(bomb) < 2 * MIB
    tracemalloc.start()
    began = time.monotonic()
    try:
        with pytest.raises(Oversized):
            decoded(bomb, coding, MIB)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * MIB
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("sent", "content_type"),
    [
        (BODY, "application/json"),
        (b"\xef\xbb\xbf" + BODY, ""),
        (BODY.decode().encode("utf-16"), ""),
        (b"\xfe\xff" + BODY.decode().encode("utf-16-be"), "application/json"),
        (BODY.decode().encode("utf-16-le"), 'application/json; Charset="UTF-16LE"'),
        (BODY.decode().encode("utf-16-be"), "application/json;charset=utf-16be"),
        (BODY.decode().encode("latin-1"), "application/json; charset=ISO-8859-1"),
        (BODY.decode().encode("cp1252"), "text/json; charset=windows-1252; x=1"),
        (BODY, "application/json; charset=ISO-8859-1"),
        (BODY, "application/json; charset=utf-16"),
        (BODY, "application/json; charset=klingon"),
    ],
)
def test_a_text_in_another_charset_is_read(sent: bytes, content_type: str) -> None:
    headers = {"content-type": content_type}
    assert BODY == as_utf8(sent, headers)
    [found] = parse(SourceKind.NATIVE, incoming(sent, headers)).signals
    assert ("Größe fällt", "k") == (found.title, found.dedup_key)


@pytest.mark.parametrize(
    ("sent", "content_type"),
    [
        (BODY.decode().encode("latin-1"), ""),
        (BODY.decode().encode("latin-1"), "application/json; charset=utf-7"),
        (BODY.decode().encode("utf-16")[:-1], ""),
        (b"\xff\xfe\x00\xd8", ""),
    ],
)
def test_a_text_that_is_in_no_charset_that_is_read_is_refused(
    sent: bytes, content_type: str
) -> None:
    headers = {"content-type": content_type}
    assert sent == as_utf8(sent, headers)
    assert "is not UTF-8" in why(parse(SourceKind.NATIVE, incoming(sent, headers)))


def test_a_body_that_was_not_decoded_on_arrival_says_so_at_each_reading() -> None:
    broken = incoming(packed(BODY)[:-3], {"content-encoding": "gzip"})
    assert "is not gzip, which" in why(parse(SourceKind.NATIVE, broken))
    mended: Incoming = replace(broken, body=packed(BODY))
    assert 1 == len(parse(SourceKind.NATIVE, mended).signals)


def test_the_data_of_an_event_in_headers_may_have_a_mark() -> None:
    sent = incoming(b"\xef\xbb\xbf" + b'{"title": "Hot"}', BINARY)
    [found] = parse(SourceKind.CLOUDEVENTS, sent).signals
    assert "Hot" == found.title


@pytest.mark.parametrize(
    ("more", "opaque"),
    [
        ({"ce-datacontenttype": "application/json"}, False),
        ({"ce-datacontenttype": "text/plain"}, True),
        ({"ce-datacontenttype": "text/plain", "content-type": "application/json"}, False),
    ],
)
def test_a_data_content_type_of_its_own_header_is_read_where_content_type_is_absent(
    more: dict[str, str], opaque: bool
) -> None:
    sent = incoming(b'{"title": "Hot"}', BINARY | more)
    [found] = parse(SourceKind.CLOUDEVENTS, sent).signals
    assert (opaque, () if not opaque else ("data",)) == (found.title != "Hot", found.shortened)
