"""Queries of coverage: the facts that bear on a range of time."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import func, or_, select

from ledger.domain.incident.impact import earliest
from ledger.vocabulary import GapReason, Status
from projections.alerts import ALERTS
from projections.coverage import ADDED, COVERAGE, LEFT_OUT, READER, REVOKED
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.queries.incident_links import follow_merges
from projections.queries.lookup import rows_for
from projections.register import REGISTER

GAPS = tuple(reason.value for reason in GapReason)


def facts_between(views: ViewsDatabase, first: str, last: str) -> list[Row]:
    """Every fact before `last` that may bear on the time from `first` on, by time.

    When sources could send is among them from the start. Alerts that were left out, and gaps of
    readers, are not.
    """
    with views.begin() as connection:
        table = live_table(connection, COVERAGE)
        if table is None:
            return []
        own = table.c
        is_gap = own.fact.in_(GAPS)
        query = (
            select(table)
            .where(own.fact != LEFT_OUT, own.part != READER, own.since < last)
            .where(or_(~is_gap, own.until.is_(None), own.until > first))
            .order_by(own.since, own.fact, own.source)
        )
        return [dict(row) for row in connection.execute(query).mappings()]


def unreachable_between(views: ViewsDatabase, first: str, last: str) -> list[Row]:
    """When readers could not be reached, of what bears on the time between the two; by time."""
    with views.begin() as connection:
        table = live_table(connection, COVERAGE)
        if table is None:
            return []
        own = table.c
        query = (
            select(table)
            .where(own.part == READER, own.since < last)
            .where(or_(own.until.is_(None), own.until > first))
            .order_by(own.source, own.since)
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


class Unheard(NamedTuple):
    """A time in which it was not known how an alert went on; None as its end while it goes on."""

    source: str
    system: str
    since: str
    until: str | None


def unheard_between(views: ViewsDatabase, first: str, last: str) -> list[Unheard]:
    """When it was not known of alerts how they went on, between two times.

    That ends when the alert is heard again or ends, and at the end that people stated of its
    incident's impact, or of their work on it: then they knew. An incident that was merged ends with
    the one that it was merged into.
    """
    with views.begin() as connection:
        table = live_table(connection, ALERTS)
        if table is None:
            return []
        own = table.c
        query = select(own.source, own.unheard).where(own.unheard_until > first)
        found = [
            (source, each)
            for source, unheard in connection.execute(query)
            for each in unheard
            if each["since"] < last and (each["until"] is None or each["until"] > first)
        ]
    ends = _ends_of(views, {each["incident"] for _, each in found})
    times = (
        Unheard(source, each["system"], each["since"], _until(each, ends.get(each["incident"])))
        for source, each in found
    )
    return [each for each in times if each.until is None or each.until > first]


def _until(unheard: Row, ended_at: str | None) -> str | None:
    end = earliest(unheard["until"], ended_at)
    return None if end is None else max(end, unheard["since"])


def _ends_of(views: ViewsDatabase, incidents: Collection[str]) -> dict[str, str | None]:
    """When people stated that these incidents ended; None while they did not."""
    into = follow_merges(views, incidents)
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None or not into:
            return {}
        own = table.c
        query = select(own.incident, own.status, own.resolved_at, own.ended)
        rows = rows_for(connection, query, own.incident, set(into.values()))
        ends = {row["incident"]: _end_of(row) for row in rows}
    return {incident: ends.get(target) for incident, target in into.items()}


def _end_of(row: Row) -> str | None:
    ended = None if row["status"] == Status.OPEN else row["ended"].get("at")
    return earliest(ended, row["resolved_at"])


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
