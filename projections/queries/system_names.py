"""By which names a system is known, for queries of what carries one of them."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, or_, select

from ledger.domain.identity import name_key
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.system_names import SYSTEM_NAMES


def is_of_system(
    connection: Connection, column: ColumnElement[str], name: str
) -> ColumnElement[bool]:
    """Whether a column has one of the names of the system that has this one."""
    names = names_of(connection, name)
    return column == name if len(names) == 1 else column.in_(names)


def names_of(connection: Connection, name: str) -> list[str]:
    """Every name of the system that has this one, its own first; that name alone without others."""
    table = live_table(connection, SYSTEM_NAMES)
    if table is None:
        return [name]
    by_name = or_(table.c.key == name_key(name), table.c.system == name)
    found = connection.execute(select(table.c.alias, table.c.system).where(by_name)).all()
    own = next((row.system for row in found if row.system is not None), None)
    if own is None:
        return [name]
    if own != name:
        others = select(table.c.alias).where(table.c.system == own)
        return [own, *sorted(connection.execute(others).scalars())]
    return [own, *sorted(row.alias for row in found if row.system == own)]


def own_names(views: ViewsDatabase) -> Mapping[str, str]:
    """The own names of systems by the `name_key` of their aliases."""
    with views.begin() as connection:
        table = live_table(connection, SYSTEM_NAMES)
        if table is None:
            return {}
        taken = select(table.c.key, table.c.system).where(table.c.system.is_not(None))
        return {row.key: row.system for row in connection.execute(taken)}
