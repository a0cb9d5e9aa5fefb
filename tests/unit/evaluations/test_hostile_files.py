"""Bytes that are no evaluation, or were made to harm: a clear refusal, and no traceback."""

import io
import random
import struct
import zipfile
import zlib

import cramjam
import pytest

from consumers.evaluations import archives, detect, documents, read_evaluation
from ledger.errors import Invalid
from tests.unit.evaluations.samples import SAMPLES, read, sample

HEADER = "header.json"
DEEP = 200_000


def zipped(content: bytes, *, times: int = 1) -> bytes:
    """An archive with a header, several times over if wanted."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for _ in range(times):
            archive.writestr(HEADER, content)
    return made.getvalue()


def zstandard(content: bytes, *, size: int | None = None, crc: int | None = None) -> bytes:
    """An archive with a header that is packed as newer versions of Inspect pack it."""
    packed = bytes(cramjam.zstd.compress(content))
    size = len(content) if size is None else size
    crc = zlib.crc32(content) if crc is None else crc
    name = HEADER.encode()
    fields = (crc, len(packed), size, len(name), 0)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 63, 0, 93, 0, 33, *fields) + name + packed
    central = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 63, 63, 0, 93, 0, 33, *fields, 0, 0, 0, 0, 0
    )
    directory = central + name
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), len(local), 0)
    return local + directory + end


def test_an_archive_that_is_packed_by_zstandard_is_read() -> None:
    content = zstandard(sample("inspect-log.json"))
    assert read("inspect-log.json", "inspect") == read_evaluation(content)


HOSTILE = {
    "nothing": b"",
    "zeros": b"\0" * 1_000,
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "UTF-16": '{"version": 3}'.encode("utf-16"),
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "digits": b'{"results": ' + b"9" * 100_000 + b"}",
    "twice": b'{"status": "error", "status": "success", "eval": {"task": "a"}}',
    "half": b'{"results": {"version": 3',
    "a number": b"7",
    "null": b"null",
    "text": b'"results"',
    "scalars": b'{"results": 3, "metrics": "a", "eval": null, "run": [], "statistics": 1}',
    "a page": b"<!doctype html><html><body>404</body></html>",
    "half an archive": zipped(sample("inspect-log.json"))[:-40],
    "two headers": b"",
    "bomb": zipped(b" " * (archives.MEMBER_BYTES + 1)),
    "no header": zipped(b"{}").replace(b"header.json", b"hxader.json"),
    "an encrypted member": zipped(b"{}").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    ),
    "zstandard, wrong sum": zstandard(sample("inspect-log.json"), crc=1),
    "zstandard, too small": zstandard(sample("inspect-log.json"), size=10),
    "zstandard, too large": zstandard(sample("inspect-log.json"), size=archives.MEMBER_BYTES + 1),
    "zstandard, larger than it is": zstandard(b"{}", size=100),
    "quotes": b'user_input,faithfulness\n"a,1\n',
    "cells": b"user_input,faithfulness\na,1,2\n",
    "a column twice": b"user_input,faithfulness,faithfulness\na,1,2\n",
    "a long cell": b"user_input,faithfulness\n" + b"a" * 200_000 + b",1\n",
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("tool", [None, "inspect", "garak", "ragas", "promptfoo", "mlflow"])
def test_it_is_invalid_and_says_so(what: str, tool: str | None) -> None:
    content = HOSTILE[what]
    if what == "two headers":
        with pytest.warns(UserWarning, match="Duplicate name"):
            content = zipped(sample("inspect-log.json"), times=2)
    with pytest.raises(Invalid) as refused:
        read_evaluation(content, tool=tool)
    assert refused.value.remedy
    assert 2_000 > len(str(refused.value))
    assert str(refused.value).isprintable()


def test_a_file_that_is_too_large_is_not_looked_into() -> None:
    with pytest.raises(Invalid, match="more than 64 MiB"):
        read_evaluation(b" " * (documents.FILE_BYTES + 1), tool="promptfoo")


def test_a_line_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LINE_BYTES", 100)
    with pytest.raises(Invalid, match="at line 1"):
        read_evaluation(sample("garak-0.14.report.jsonl"), tool="garak")


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LINES", 3)
    with pytest.raises(Invalid, match="at line 4"):
        read_evaluation(sample("garak-0.14.report.jsonl"), tool="garak")
    with pytest.raises(Invalid, match="more than 3 rows"):
        read_evaluation(sample("ragas.csv"), tool="ragas")


@pytest.mark.parametrize("path", sorted(SAMPLES.iterdir()), ids=lambda path: path.name)
def test_damaged_bytes_are_read_or_refused_and_nothing_else(path: object) -> None:
    content = sample(str(path).rpartition("/")[2])
    chance = random.Random(20_261_130)
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            found = read_evaluation(bytes(damaged))
        except Invalid:
            continue
        texts = [each.path for each in found.values] + [each.reason for each in found.refused]
        assert all(text.isprintable() for text in texts)
        assert all(each.n is None or each.n > 0 for each in found.values)


def test_texts_that_steer_a_terminal_are_refused_where_they_would_be_names() -> None:
    content = sample("lm-eval.json").replace(b'"a/b"', b'"\\u001b[31m\\ud800"')
    found = read_evaluation(content, tool="lm-eval")
    assert () == found.values
    assert all(each.value.isprintable() and each.path.isprintable() for each in found.refused)


def test_names_with_lone_surrogates_can_be_stored_all_the_same() -> None:
    content = sample("lm-eval.json").replace(b'"word_perplexity,none"', b'"\\ud800_x,none"')
    found = read_evaluation(content, tool="lm-eval")
    assert [b"wikitext.?_x.none"] == [
        each.found.encode() for each in found.values if "wikitext" in each.found
    ]
    assert all(each.path.encode() for each in found.values)


def test_detection_names_the_tools_there_are() -> None:
    with pytest.raises(Invalid, match="not known to be of any tool") as refused:
        detect(b"{}")
    assert "promptfoo" in refused.value.remedy
