"""Keyset pagination: rows in a total order, and a cursor after the last of them."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    asc,
    desc,
    false,
    literal,
    or_,
    tuple_,
)

from ledger.errors import Invalid
from projections.engine.projection import Row

MAX_LIMIT = 1_000
"""The maximum number of rows on a page."""
_LARGEST = 2**63 - 1
"""The largest integer that a database accepts."""


class Page(NamedTuple):
    """Rows in order, and the cursor after the last one; None at the end."""

    rows: list[Row]
    next: str | None


def page(
    connection: Connection,
    query: Select[Any],
    by: Sequence[Any],
    *,
    descending: bool = False,
    sort: str,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """A page of `query` ordered by columns that are never null, and unique together.

    `sort` names the list and its order: a cursor is valid only for these. Raises Invalid for
    another cursor.
    """
    query = after(query, by, descending=descending, sort=sort, cursor=cursor)
    if limit is not None:
        query = query.limit(limit + 1)
    rows: list[Row] = [dict(row) for row in connection.execute(query).mappings()]
    if limit is None or len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], encode_cursor(sort, [last[column.name] for column in by]))


def no_rows(cursor: str | None) -> Page:
    """The page of a list that nothing was folded into yet. Raises Invalid for any cursor.

    No page gave it, or the read model is filled anew: an empty page would be taken for the end.
    """
    if cursor is not None:
        raise _invalid_cursor()
    return Page([], None)


def after(
    query: Select[Any], by: Sequence[Any], *, descending: bool, sort: str, cursor: str | None
) -> Select[Any]:
    """The rows of `query` in order, after the cursor. Raises Invalid, as `page` does."""
    if cursor is not None:
        values = decode_cursor(sort, cursor, [column.type.python_type for column in by])
        last_values = tuple_(*(_bind(*each) for each in zip(values, by, strict=True)))
        query = query.where(tuple_(*by) < last_values if descending else tuple_(*by) > last_values)
    order = desc if descending else asc
    return query.order_by(*(order(column) for column in by))


Term = tuple[ColumnElement[Any], bool]
"""A column of an order, and whether it descends."""


def behind(terms: Sequence[Term], values: Sequence[str | int]) -> ColumnElement[bool]:
    """The rows after these values in an order whose columns have different directions."""
    condition: ColumnElement[bool] = false()
    for (column, descending), value in reversed(list(zip(terms, values, strict=True))):
        last = _bind(value, column)
        further = column < last if descending else column > last
        condition = or_(further, and_(column == last, condition))
    return condition


def encode_cursor(sort: str, values: Sequence[str | int]) -> str:
    """An opaque cursor of the list that `sort` names; see `decode_cursor`."""
    return base64.urlsafe_b64encode(msgspec.json.encode([sort, *values])).decode().rstrip("=")


def decode_cursor(sort: str, cursor: str, types: Sequence[type]) -> list[str | int]:
    """The values of a cursor of this list. Raises Invalid for another list or other types."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, *values = msgspec.json.decode(
            base64.urlsafe_b64decode(padded.encode()), type=list[str | int]
        )
    except (binascii.Error, msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise _invalid_cursor() from error
    if name != sort or [type(value) for value in values] != list(types):
        raise _invalid_cursor()
    if any(isinstance(value, int) and not 0 <= value <= _LARGEST for value in values):
        raise _invalid_cursor()
    return values


def _bind(value: str | int, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A cursor's value with the column's type; integers as BigInteger."""
    return literal(value, BigInteger() if isinstance(value, int) else column.type)


def _invalid_cursor() -> Invalid:
    return Invalid(
        "Invalid cursor for this list.",
        errors=[("cursor", "expected `next` of the previous page, with the same sort")],
    )
