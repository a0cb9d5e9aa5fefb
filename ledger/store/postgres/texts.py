"""Texts beside the log."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from ledger.domain.envelope import id_of
from ledger.store.postgres.datastore import Datastore
from ledger.store.postgres.pool import Connection
from ledger.store.rows import decoded, text_row
from ledger.store.text_records import TextRestored, TextRow, TextsErased

_INSERT = """INSERT INTO airledger.texts SELECT * FROM
    unnest(%b::text[], %b::text[], %b::text[], %b::bytea[], %b::bytea[])"""
_RESTORE = """INSERT INTO airledger.texts VALUES (%s, %s, %s, %b, %b)
    ON CONFLICT (id) DO UPDATE SET key = excluded.key, content = excluded.content"""
_SELECT = "SELECT id, stream, author, key, content FROM airledger.texts"


def add(c: Connection, rows: Sequence[TextRow]) -> None:
    """Adds texts. psycopg.errors.UniqueViolation tells of an id that is there."""
    if rows:
        columns = zip(*map(_values, rows), strict=True)
        c.execute(_INSERT, [list(column) for column in columns])


def write(c: Connection, record: TextRestored | TextsErased) -> None:
    """Puts one back, or erases some."""
    match record:
        case TextRestored():
            c.execute(_RESTORE, _values(record.row))
        case TextsErased():
            c.execute(
                "UPDATE airledger.texts SET key = NULL, content = NULL WHERE id = ANY (%b::text[])",
                (list(record.ids),),
            )
            c.execute(
                "DELETE FROM airledger.idempotency WHERE"
                " convert_from(answer, 'UTF8')::json ->> 'incident' = ANY (%b::text[])",
                ([id_of(each) for each in record.streams],),
            )
        case _:
            assert_never(record)


def _values(row: TextRow) -> tuple[object, ...]:
    content = None if row.content is None else row.content.encode()
    return row.id, row.stream, row.author, row.key, content


class PostgresTexts:
    """See `TextReads`."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def rows(self, ids: Iterable[str]) -> dict[str, TextRow]:
        """See `TextReads.rows`."""
        found = self._datastore.query(f"{_SELECT} WHERE id = ANY (%b::text[])", (list(ids),))
        return {row[0]: text_row(row) for row in found}

    def contents(self, ids: Iterable[str]) -> dict[str, str | None]:
        """See `TextReads.contents`."""
        found = self._datastore.query(
            "SELECT id, content FROM airledger.texts WHERE id = ANY (%b::text[])", (list(ids),)
        )
        return {of: None if text is None else decoded(text) for of, text in found}

    def readable(self, ids: Iterable[str]) -> dict[str, str]:
        """See `TextReads.readable`."""
        return {of: text for of, text in self.contents(ids).items() if text is not None}

    def of_author(self, author: str, after: str, limit: int) -> list[TextRow]:
        """See `TextReads.of_author`."""
        found = self._datastore.query(
            f"{_SELECT} WHERE author = %s AND id > %s ORDER BY id LIMIT %s", (author, after, limit)
        )
        return [text_row(row) for row in found]

    def page(self, after: str, limit: int) -> list[TextRow]:
        """See `TextReads.page`."""
        found = self._datastore.query(
            f"{_SELECT} WHERE id > %s ORDER BY id LIMIT %s", (after, limit)
        )
        return [text_row(row) for row in found]
