"""Texts beside the log."""

from collections.abc import Iterable
from typing import assert_never

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.domain.envelope import id_of
from ledger.store.rows import text_row
from ledger.store.sqlite.datastore import LedgerDatastore
from ledger.store.text_records import TextRestored, TextRow, TextsErased, TextWrite

IDS_PER_QUERY = 500
_INSERT = "INSERT INTO texts VALUES (?, ?, ?, ?, ?)"
_COLUMNS = "id, stream, author, CAST(key AS BLOB), CAST(content AS BLOB)"
"""The casts are for a store that somebody edited: a value of another type is read all the same."""


def write(c: SQLiteCursor, record: TextWrite) -> None:
    """Writes one. Raises sqlite3.IntegrityError for an id that is there."""
    match record:
        case TextRow():
            c.execute(_INSERT, _values(record))
        case TextRestored():
            c.execute(
                f"{_INSERT} ON CONFLICT (id) DO UPDATE"
                " SET key = excluded.key, content = excluded.content",
                _values(record.row),
            )
        case TextsErased():
            c.executemany(
                "UPDATE texts SET key = NULL, content = NULL WHERE id = ?",
                [(each,) for each in record.ids],
            )
            subjects = msgspec.json.encode([id_of(each) for each in record.streams]).decode()
            c.execute(
                "DELETE FROM idempotency WHERE json_extract(CAST(answer AS TEXT), '$.incident')"
                " IN (SELECT value FROM json_each(?))",
                (subjects,),
            )
        case _:
            assert_never(record)


def _values(row: TextRow) -> tuple[object, ...]:
    content = None if row.content is None else row.content.encode()
    return row.id, row.stream, row.author, row.key, content


class SQLiteTexts:
    """See `TextReads`."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore

    def rows(self, ids: Iterable[str]) -> dict[str, TextRow]:
        """See `TextReads.rows`."""
        wanted = list(ids)
        found: dict[str, TextRow] = {}
        with self._datastore.reading() as c:
            for start in range(0, len(wanted), IDS_PER_QUERY):
                chunk = wanted[start : start + IDS_PER_QUERY]
                marks = ",".join("?" * len(chunk))
                c.execute(
                    f"SELECT {_COLUMNS} FROM texts WHERE id IN ({marks})",  # noqa: S608 - marks
                    chunk,
                )
                found |= {row[0]: text_row(row) for row in c.fetchall()}
        return found

    def readable(self, ids: Iterable[str]) -> dict[str, str]:
        """See `TextReads.readable`."""
        rows = self.rows(ids).values()
        return {row.id: row.content for row in rows if row.content is not None}

    def of_author(self, author: str, after: str, limit: int) -> list[TextRow]:
        """See `TextReads.of_author`."""
        with self._datastore.reading() as c:
            c.execute(
                f"SELECT {_COLUMNS} FROM texts WHERE author = ? AND id > ?"  # noqa: S608 - names
                " ORDER BY id LIMIT ?",
                (author, after, limit),
            )
            return [text_row(row) for row in c.fetchall()]

    def page(self, after: str, limit: int) -> list[TextRow]:
        """See `TextReads.page`."""
        with self._datastore.reading() as c:
            c.execute(
                f"SELECT {_COLUMNS} FROM texts WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608
                (after, limit),
            )
            return [text_row(row) for row in c.fetchall()]
