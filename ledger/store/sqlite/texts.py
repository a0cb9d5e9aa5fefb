"""Texts beside the log."""

from collections.abc import Iterable, Sequence
from typing import Any, assert_never

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.domain.envelope import id_of
from ledger.store.rows import decoded, text_row
from ledger.store.sqlite.datastore import LedgerDatastore
from ledger.store.text_records import TextRestored, TextRow, TextsErased

ROWS_PER_INSERT = 50
"""As for events: a call into SQLite costs more than a row, beside busy threads."""
_INSERT = "INSERT INTO texts VALUES (?, ?, ?, ?, ?)"
_COLUMNS = "id, stream, author, CAST(key AS BLOB), CAST(content AS BLOB)"
"""The casts are for a store that somebody edited: a value of another type is read all the same."""


def add(c: SQLiteCursor, rows: Sequence[TextRow]) -> None:
    """Adds texts. Raises sqlite3.IntegrityError for an id that is there."""
    for start in range(0, len(rows), ROWS_PER_INSERT):
        chunk = rows[start : start + ROWS_PER_INSERT]
        marks = ", ".join(["(?, ?, ?, ?, ?)"] * len(chunk))
        c.execute(
            f"INSERT OR ROLLBACK INTO texts VALUES {marks}",  # noqa: S608 - only marks
            [value for row in chunk for value in _values(row)],
        )


def write(c: SQLiteCursor, record: TextRestored | TextsErased) -> None:
    """Puts one back, or erases some."""
    match record:
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
        return {row[0]: text_row(row) for row in self._of(_COLUMNS, ids)}

    def contents(self, ids: Iterable[str]) -> dict[str, str | None]:
        """See `TextReads.contents`."""
        found = self._of("id, CAST(content AS BLOB)", ids)
        return {of: None if text is None else decoded(text) for of, text in found}

    def readable(self, ids: Iterable[str]) -> dict[str, str]:
        """See `TextReads.readable`."""
        return {of: text for of, text in self.contents(ids).items() if text is not None}

    def _of(self, columns: str, ids: Iterable[str]) -> list[tuple[Any, ...]]:
        """These columns of the rows of these ids, which come as one parameter: one statement."""
        wanted = msgspec.json.encode(list(ids)).decode()
        with self._datastore.reading() as c:
            c.execute(
                f"SELECT {columns} FROM texts"  # noqa: S608 - names of ours
                " WHERE id IN (SELECT value FROM json_each(?))",
                (wanted,),
            )
            found: list[tuple[Any, ...]] = c.fetchall()
            return found

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
