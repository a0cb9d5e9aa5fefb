"""The formats of an export, and the bytes of a list in each."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec

from consumers.exports.cells import CsvColumn, cell
from ledger.vocabulary import Labelled

_encode = msgspec.json.Encoder().encode


class ExportFormat(Labelled):
    """A format in which a list is exported whole."""

    CSV = "csv", "CSV"
    JSONL = "jsonl", "JSON Lines"


MEDIA_TYPES = {ExportFormat.CSV: "text/csv", ExportFormat.JSONL: "application/x-ndjson"}
"""The media type of each format, as `Accept` names it."""
CONTENT_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8; header=present",
    ExportFormat.JSONL: "application/x-ndjson",
}


def exported(
    form: ExportFormat, columns: Sequence[CsvColumn], batches: Iterable[Sequence[Any]]
) -> Iterator[bytes]:
    """The bytes of a list, a batch at a time.

    CSV is RFC 4180 in UTF-8, with a line of column names. JSON Lines has one object a line, as the
    API answers them in `items`.
    """
    if form is ExportFormat.JSONL:
        return (b"".join(_encode(item) + b"\n" for item in batch) for batch in batches)
    names = [[column.name for column in columns]]
    rows = ([[cell(column.value(each)) for column in columns] for each in b] for b in batches)
    return map(_lines, chain([names], rows))


def at_most(batches: Iterable[Sequence[Any]], most: int | None) -> Iterator[Sequence[Any]]:
    """The first `most` items of a list in batches; all of them for None."""
    for batch in batches:
        if most is None:
            yield batch
            continue
        yield batch[:most]
        most -= len(batch)
        if most <= 0:
            return


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
