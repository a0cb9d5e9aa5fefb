"""Queries of risks: the register, its assessments and states up to a time, and what is linked."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, Table, func, or_, select, tuple_

from ledger.domain.risk.words import RiskLevel, RiskLink, RiskStatus, Tolerated
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Row
from projections.queries.lookup import rows_for
from projections.register import REGISTER
from projections.risk_assessments import RISK_ASSESSMENTS
from projections.risk_links import RISK_LINKS
from projections.risk_statuses import RISK_STATUSES
from projections.risks import RISKS

NAMED = ("risk_id", "leaf", "title", "system", "owner")
"""The columns that name a risk."""
Pair = tuple[str, str]
"""A likelihood and an impact."""


def open_risks(
    views: ViewsDatabase,
    *,
    system: str | None = None,
    category: str | None = None,
    columns: Collection[str] = (),
    without: Collection[Pair] = (),
) -> list[Row]:
    """The open risks in the order of their references, of a system and category where given.

    They have these columns, by default all; those whose current assessment has one of the pairs of
    `without` are left out.
    """
    with views.begin() as connection:
        table = live_table(connection, RISKS)
        if table is None:
            return []
        query = _narrowed(table, system, category, columns)
        if without:
            labels = table.c.current_likelihood, table.c.current_impact
            outside = tuple_(*labels).not_in(list(without))
            query = query.where(or_(labels[0].is_(None), labels[1].is_(None), outside))
        return _rows(connection, query.where(table.c.status == RiskStatus.OPEN.value))


def tolerated_by_other_matrices(views: ViewsDatabase, digest: str) -> Counter[Pair]:
    """How many open risks were within tolerance by another matrix, by likelihood and impact."""
    with views.begin() as connection:
        table = live_table(connection, RISKS)
        if table is None:
            return Counter()
        of = table.c
        labels = of.current_likelihood, of.current_impact
        query = select(*labels, func.count()).where(
            of.status == RiskStatus.OPEN.value,
            of.tolerated == Tolerated.YES.value,
            of.current_matrix != digest,
        )
        rows = connection.execute(query.group_by(*labels))
        return Counter({(likelihood, impact): count for likelihood, impact, count in rows})


def risks_until(
    views: ViewsDatabase, at: str, *, system: str | None = None, category: str | None = None
) -> list[Row]:
    """The names of the risks identified before a time (RFC 3339 in UTC), open or closed."""
    with views.begin() as connection:
        table = live_table(connection, RISKS)
        if table is None:
            return []
        query = _narrowed(table, system, category, NAMED)
        return _rows(connection, query.where(table.c.identified_at < at))


def assessments_until(views: ViewsDatabase, level: RiskLevel, at: str) -> list[Row]:
    """The assessments of a level that were made before a time, in the order of the log."""
    with views.begin() as connection:
        table = live_table(connection, RISK_ASSESSMENTS)
        if table is None:
            return []
        own = table.c
        query = select(table).where(own.level == level.value, own.assessed_at < at)
        return _rows(connection, query.order_by(own.leaf))


def statuses_until(views: ViewsDatabase, at: str) -> list[Row]:
    """The changes of status before a time, in the order of the log."""
    with views.begin() as connection:
        table = live_table(connection, RISK_STATUSES)
        if table is None:
            return []
        query = select(table).where(table.c.at < at).order_by(table.c.leaf)
        return _rows(connection, query)


def linked_with(views: ViewsDatabase, kind: RiskLink, risks: Collection[str]) -> list[Row]:
    """What these risks are linked with, of one kind, oldest link first."""
    with views.begin() as connection:
        table = live_table(connection, RISK_LINKS)
        if table is None or not risks:
            return []
        of = select(table).where(table.c.kind == kind.value, table.c.linked)
        return list(rows_for(connection, of.order_by(table.c.leaf), table.c.risk_id, risks))


def risks_of_system(views: ViewsDatabase, system: str) -> list[Row]:
    """The open risks of a system, and those that concern it, too."""
    with views.begin() as connection:
        table, links = live_table(connection, RISKS), live_table(connection, RISK_LINKS)
        if table is None:
            return []
        own = table.c.system == system
        concerns = own
        if links is not None:
            of = links.c
            linked = select(of.risk_id).where(
                of.kind == RiskLink.SYSTEM.value, of.target == system, of.linked
            )
            concerns = or_(own, table.c.risk_id.in_(linked))
        query = select(table).where(table.c.status == RiskStatus.OPEN.value, concerns)
        return _rows(connection, query.order_by(table.c.leaf))


def incidents_behind(views: ViewsDatabase, incidents: Collection[str]) -> dict[str, Row]:
    """The rows of these incidents in the register, by id, with what a link to one shows."""
    with views.begin() as connection:
        table = live_table(connection, REGISTER)
        if table is None or not incidents:
            return {}
        of = table.c
        query = select(
            of.incident, of.leaf, of.system, of.title, of.status, of.severity, of.restricted
        )
        return {row["incident"]: row for row in rows_for(connection, query, of.incident, incidents)}


def _narrowed(
    table: Table, system: str | None, category: str | None, columns: Collection[str]
) -> Select[Any]:
    wanted = [table.c[name] for name in columns] or table.c.values()
    query = select(*wanted).order_by(table.c.leaf)
    if system is not None:
        query = query.where(table.c.system == system)
    return query if category is None else query.where(table.c.category == category)


def _rows(connection: Connection, query: Select[Any]) -> list[Row]:
    found = connection.execute(query)
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found]
