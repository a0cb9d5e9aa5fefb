"""Which incidents are withheld from whoever reads: restricted ones of systems that he may not."""

from collections.abc import Collection

from sqlalchemy import (
    ColumnElement,
    Connection,
    SelectBase,
    String,
    and_,
    cast,
    false,
    literal,
    null,
    select,
    union_all,
)

from ledger.domain.incident.kind import INCIDENT
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.queries.lookup import rows_for
from projections.queries.ordering import Columns
from projections.register import REGISTER

Readable = frozenset[str] | None
"""The systems whose restricted incidents somebody reads; None for all."""


def is_withheld(register: Columns, readable: Readable) -> ColumnElement[bool]:
    """The condition that an incident's texts are withheld from whoever reads."""
    if readable is None:
        return false()
    return and_(register.restricted, register.system.not_in(sorted(readable)))


def names_withheld(connection: Connection, readable: Readable) -> SelectBase:
    """The names of the withheld incidents in lower case: stream, id and reference."""
    register = live_table(connection, REGISTER)
    if register is None:
        return select(null())
    of = is_withheld(register.c, readable)
    names = (
        literal(f"{INCIDENT.kind}/", String) + register.c.incident,
        register.c.incident,
        literal(f"{INCIDENT.prefix.lower()}-", String) + cast(register.c.leaf, String),
    )
    return union_all(*(select(each).where(of) for each in names))


def withheld_among(
    views: ViewsDatabase, incidents: Collection[str], readable: Readable
) -> frozenset[str]:
    """Those of these incidents that are withheld from whoever reads."""
    if readable is None or not incidents:
        return frozenset()
    with views.begin() as connection:
        register = live_table(connection, REGISTER)
        if register is None:
            return frozenset()
        query = select(register.c.incident).where(is_withheld(register.c, readable))
        rows = rows_for(connection, query, register.c.incident, incidents)
        return frozenset(row["incident"] for row in rows)
