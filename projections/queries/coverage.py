"""Queries of coverage: the facts that bear on a range of time."""

from sqlalchemy import func, or_, select

from ledger.vocabulary import GapReason
from projections.coverage import ADDED, COVERAGE, LEFT_OUT, REVOKED
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row

GAPS = tuple(reason.value for reason in GapReason)


def facts_between(views: ViewsDatabase, first: str, last: str) -> list[Row]:
    """Every fact before `last` that may bear on the time from `first` on, by time.

    When sources could send is among them from the start. Alerts that were left out are not.
    """
    with views.begin() as connection:
        table = live_table(connection, COVERAGE)
        if table is None:
            return []
        own = table.c
        is_gap = own.fact.in_(GAPS)
        query = (
            select(table)
            .where(own.fact != LEFT_OUT, own.since < last)
            .where(or_(~is_gap, own.until.is_(None), own.until > first))
            .order_by(own.since, own.fact, own.source)
        )
        return [dict(row) for row in connection.execute(query).mappings()]


def left_out_between(views: ViewsDatabase, first: str, last: str) -> dict[str, int]:
    """How many alerts each source left out from `first` to before `last`."""
    with views.begin() as connection:
        table = live_table(connection, COVERAGE)
        if table is None:
            return {}
        own = table.c
        query = (
            select(own.source, func.sum(own.missing))
            .where(own.fact == LEFT_OUT, own.since >= first, own.since < last)
            .group_by(own.source)
        )
        return {source: int(missing) for source, missing in connection.execute(query)}


def silent_now(views: ViewsDatabase) -> list[str]:
    """The sources that are silent and not revoked, by name."""
    with views.begin() as connection:
        table = live_table(connection, COVERAGE)
        if table is None:
            return []
        own = table.c
        is_open = (own.fact == GapReason.SILENT.value) & own.until.is_(None)
        silent = set(connection.scalars(select(own.source).where(is_open)))
        if not silent:
            return []
        newest = (
            select(own.source, own.fact)
            .where(own.fact.in_((ADDED, REVOKED)), own.source.in_(silent))
            .order_by(own.since)
        )
        last = {row.source: row.fact for row in connection.execute(newest)}
        return sorted(source for source in silent if last.get(source) == ADDED)
