"""Queries of what an incident is linked to: its alerts, and the incident it was merged into."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, func, select

from ledger.vocabulary import Status
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.incident_alerts import INCIDENT_ALERTS
from projections.queries.lookup import KEYS_PER_QUERY, rows_for
from projections.register import REGISTER

MAX_LINKED = 1_000
"""The number of alerts that an incident names: a storm links thousands. The list of alerts,
filtered by incident, has all."""


def merge_targets(views: ViewsDatabase, incidents: Collection[str]) -> dict[str, Row]:
    """The row of the final merge target of each of these merged incidents."""
    into = follow_merges(views, incidents)
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None or not into:
            return {}
        rows = rows_for(connection, select(table), table.c.incident, set(into.values()))
        found = {row["incident"]: row for row in rows}
    return {merged: found[target] for merged, target in into.items() if target in found}


def follow_merges(views: ViewsDatabase, incidents: Collection[str]) -> dict[str, str]:
    """The final merge target of each of these incidents; itself if it was not merged."""
    into: dict[str, str] = {}
    unresolved: Collection[str] = set(incidents)
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        while table is not None and unresolved:
            query = select(table.c.incident, table.c.merged_into).where(
                table.c.status == Status.MERGED
            )
            rows = rows_for(connection, query, table.c.incident, unresolved)
            merged = {row["incident"]: row["merged_into"] for row in rows}
            into |= merged
            unresolved = {target for target in merged.values() if target not in into}
    return {incident: _last_target(incident, into) for incident in incidents}


def _last_target(incident: str, into: Mapping[str, str]) -> str:
    while incident in into:
        incident = into[incident]
    return incident


class LinkedAlerts(NamedTuple):
    """The number of alerts ever linked to an incident, and the first MAX_LINKED of them."""

    total: int = 0
    first: Sequence[str] = ()


def alerts_of(views: ViewsDatabase, incidents: Collection[str]) -> dict[str, LinkedAlerts]:
    """The alerts ever linked to these incidents, by incident, oldest link first."""
    with views.begin() as connection:
        table = live_table(connection, INCIDENT_ALERTS)
        if table is None:
            return {}
        found: dict[str, LinkedAlerts] = {}
        wanted = list(incidents)
        for start in range(0, len(wanted), KEYS_PER_QUERY):
            some = _linked(table, wanted[start : start + KEYS_PER_QUERY])
            for incident, rows in groupby(connection.execute(some), key=lambda row: row.incident):
                linked = list(rows)
                first = [row.alert for row in linked]
                found[incident] = LinkedAlerts(linked[0].linked, first)
        return found


def _linked(table: Table, incidents: Collection[str]) -> Select[Any]:
    of = table.c.incident
    order = (table.c.leaf, table.c.alert)
    ranked = (
        select(
            of,
            table.c.alert,
            func.count().over(partition_by=of).label("linked"),
            func.row_number().over(partition_by=of, order_by=order).label("place"),
        )
        .where(of.in_(incidents))
        .subquery()
    )
    first = select(ranked).where(ranked.c.place <= MAX_LINKED)
    return first.order_by(ranked.c.incident, ranked.c.place)
