"""Pages of a list: rows in a total order, and a cursor behind the last of them."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, asc, desc, literal, tuple_

from ledger.errors import Invalid
from projections.engine.projection import Row

MOST = 1_000
"""So many rows a page has at the most."""
_LARGEST = 2**63 - 1
"""What a database takes as a number."""


class Page(NamedTuple):
    """Rows in order, and the cursor behind the last one; None at the end."""

    rows: list[Row]
    next: str | None


def page(
    connection: Connection,
    query: Select[Any],
    by: Sequence[Any],
    *,
    falling: bool = False,
    sort: str,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """A page of `query` ordered by columns that are never null, and unique together.

    `sort` names the list and its order: a cursor serves only the one it is of. Raises Invalid for
    a cursor that this list did not give.
    """
    if cursor is not None:
        values = decode_cursor(sort, cursor, [column.type.python_type for column in by])
        behind = tuple_(*(_bound(*each) for each in zip(values, by, strict=True)))
        query = query.where(tuple_(*by) < behind if falling else tuple_(*by) > behind)
    order = desc if falling else asc
    query = query.order_by(*(order(column) for column in by))
    if limit is not None:
        query = query.limit(limit + 1)
    rows: list[Row] = [dict(row) for row in connection.execute(query).mappings()]
    if limit is None or len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], encode_cursor(sort, [last[column.name] for column in by]))


def encode_cursor(sort: str, values: Sequence[str | int]) -> str:
    """A cursor of the list that `sort` names: opaque to everybody but `decode_cursor`."""
    return base64.urlsafe_b64encode(msgspec.json.encode([sort, *values])).decode().rstrip("=")


def decode_cursor(sort: str, cursor: str, types: Sequence[type]) -> list[str | int]:
    """The values of this list's cursor. Raises Invalid for another list's, or other types."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, *values = msgspec.json.decode(
            base64.urlsafe_b64decode(padded.encode()), type=list[str | int]
        )
    except (binascii.Error, msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise _foreign() from error
    if name != sort or [type(value) for value in values] != list(types):
        raise _foreign()
    if any(isinstance(value, int) and not 0 <= value <= _LARGEST for value in values):
        raise _foreign()
    return values


def _bound(value: str | int, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A cursor's value as the column has it; a number may be as large as any."""
    return literal(value, BigInteger() if isinstance(value, int) else column.type)


def _foreign() -> Invalid:
    return Invalid(
        "The cursor is none that this list gave.",
        errors=[("cursor", "expected `next` of the page before, with the same sort")],
    )
