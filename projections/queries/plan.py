"""The plan of a list: its rows, its order and its filters, for a page of it or the whole."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select

from projections.queries.ordering import Order
from projections.queries.paging import Page, after, no_rows, page


@dataclass(frozen=True, slots=True)
class Plan:
    """A list in an order: `every` selects all rows, `matching` those that the filters let through.

    `key` is unique and never changes: a leaf index, or a UUID as text. `every` has the column of
    the order. Rows that are equal in the order are ordered by `tie`, which is unique as well, else
    by the key. `indexed`: an index has the order.
    """

    every: Select[Any]
    matching: Select[Any]
    order: Order
    key: ColumnElement[Any]
    tie: ColumnElement[Any] | None = None
    indexed: bool = False

    @property
    def by(self) -> tuple[ColumnElement[Any], ...]:
        """The columns of the total order."""
        if self.tie is None and getattr(self.order.by, "element", None) is self.key:
            return (self.order.by,)
        return (self.order.by, self.key if self.tie is None else self.tie)

    def ordered(self, cursor: str | None, query: Select[Any] | None = None) -> Select[Any]:
        """The matching rows in order, after the cursor. Raises Invalid for an invalid cursor."""
        return after(
            self.matching if query is None else query,
            self.by,
            descending=self.order.descending,
            sort=self.order.name,
            cursor=cursor,
        )

    def page(self, connection: Connection, cursor: str | None, limit: int | None) -> Page:
        """A page of the matching rows. Raises Invalid for an invalid cursor.

        Without an index of the order, the keys of the page are sorted first, and its rows are read
        by them: a database that sorts whole rows copies each of them, however wide.
        """
        query = self.matching
        if limit is not None and not self.indexed:
            unique = self.key if self.tie is None else self.tie
            keys = self.ordered(cursor, self.matching.with_only_columns(unique)).limit(limit + 1)
            query, cursor = self.every.where(unique.in_(keys)), None
        return page(
            connection,
            query,
            self.by,
            descending=self.order.descending,
            sort=self.order.name,
            cursor=cursor,
            limit=limit,
        )


Planned = Callable[[Connection], Plan | None]
"""Makes the plan of a list; None before the first event was folded."""


def planned_page(
    connection: Connection, planned: Planned, cursor: str | None, limit: int | None
) -> Page:
    """A page of a planned list. Raises Invalid for an unknown sort or an invalid cursor."""
    plan = planned(connection)
    return no_rows(cursor) if plan is None else plan.page(connection, cursor, limit)
