"""The orders of a list: by each of its columns, in both directions."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, case, func, literal_column
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from ledger.errors import Invalid
from projections.incident_words import INCIDENT_WORDS

Columns = ReadOnlyColumnCollection[str, Any]
"""The columns of a table, or of a query of its rows."""
TITLE = "title"
"""The sort by an incident's title: it may lie beside the log, and its read model has a mark."""

Sorts = Mapping[str, ColumnElement[Any] | partial[ColumnElement[Any]]]
"""What each sort of a list orders by, or what makes it; never null.

An expression of many parts is made for the list that is sorted by it alone.
"""


class Order(NamedTuple):
    """An order: its name for cursors, the column, its expression, and whether it descends."""

    name: str
    column: str
    by: ColumnElement[Any]
    descending: bool


def order_of(sorts: Sorts, sort: str, list_name: str, *, cursors: str = "") -> Order:
    """The order that `sort` names: a column, with "-" before it to descend. Raises Invalid.

    `cursors` is the name of the list in its cursors.
    """
    column, descending = sort.removeprefix("-"), sort.startswith("-")
    if column not in sorts:
        raise unknown_sort(list_name, sort, sorts)
    found = sorts[column]
    by = found() if isinstance(found, partial) else found
    return Order(f"{cursors} {sort}".strip(), column, by.label("sort_key"), descending)


def unknown_sort(list_name: str, sort: str, sorts: Iterable[str]) -> Invalid:
    """The refusal of a sort that a list does not have."""
    return Invalid(
        f"{list_name} cannot be sorted by {sort!r}.",
        errors=[("sort", f"expected one of {', '.join(sorts)}, with - before it to reverse")],
    )


def title_of(words: Table | None, withheld: ColumnElement[bool]) -> ColumnElement[Any]:
    """The title of an incident, for orders: that of its words (see `with_titles`), else empty.

    One that is withheld has none, before it is compared with others.
    """
    column = (INCIDENT_WORDS.table(0) if words is None else words).c.title_order
    empty: ColumnElement[Any] = literal_column("''", column.type)
    if words is None:
        return empty
    return case((withheld, empty), else_=or_empty(column))


def with_titles(
    query: Select[Any], order: Order, words: Table | None, incident: ColumnElement[Any]
) -> Select[Any]:
    """The query, joined with the words of each incident where it is in the order of `title_of`."""
    if order.column != TITLE or words is None:
        return query
    return query.outerjoin(words, words.c.incident == incident)


def owned_by(owner: ColumnElement[Any], ids: Sequence[str]) -> ColumnElement[bool]:
    """The condition that one of these persons is the owner; nobody, if there are none."""
    return owner.in_(ids) if ids else owner.is_(None)


def or_empty(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text that may be null; null comes before any other."""
    # Written out, not bound: an index of the expression is found by its text.
    return func.coalesce(column, literal_column("''"), type_=column.type)


def rank(column: ColumnElement[Any], members: Sequence[Any] | type[Enum]) -> ColumnElement[Any]:
    """The position of a value among `members`; any other, and null, comes last."""
    if not members:  # no number alone: ORDER BY 0 is the place of a column
        return case((column.is_(None), 0), else_=0)
    ranks = {str(member): place for place, member in enumerate(members)}
    return case(ranks, value=column, else_=len(ranks))
