"""The schema of read models on PostgreSQL and its privileges, as data.

`airledger store init` creates the schema and the tables of positions. A projector creates the
tables of its generations itself, under the role that owns all of them.
"""

from collections.abc import Iterator

from sqlalchemy import MetaData, Table, make_url
from sqlalchemy.schema import CreateTable

from ledger.store.postgres.init import right_statements
from ledger.store.postgres.schema import INTAKE, PROJECTOR, READER, Right, Role
from projections.engine.database import METADATA

SCHEMA = "airledger_views"

FORMER_LOCK = 0x61697276696577
"""The advisory lock of versions without the table `writers`; it spells "airview", and is scoped to
one database. Any login may acquire it."""

READERS: tuple[Role, ...] = (READER, INTAKE)
"""The roles that read read models; the web process uses `intake`."""

USERS: tuple[Role, ...] = (PROJECTOR, *READERS)

_DIALECT = make_url("postgresql+psycopg://").get_dialect()()


def _made(table: Table) -> str:
    there = table.to_metadata(MetaData(), schema=SCHEMA)
    return str(CreateTable(there, if_not_exists=True).compile(dialect=_DIALECT))


TABLES = (
    *map(_made, METADATA.sorted_tables),
    f"CREATE TABLE IF NOT EXISTS {SCHEMA}.writers (one integer PRIMARY KEY CHECK (one = 1))",
)
"""Those of the code that reads and writes them, as PostgreSQL makes them, and that to lock."""

_MADE_HERE = (
    Right(
        "positions",
        "which generations there are, and how far each is",
        {PROJECTOR: "SELECT, INSERT, UPDATE, DELETE", READER: "SELECT", INTAKE: "SELECT"},
    ),
    Right(
        "partitions",
        "how far each is in the partitions of a topic, where Kafka feeds it",
        {PROJECTOR: "SELECT, INSERT, UPDATE, DELETE", READER: "SELECT", INTAKE: "SELECT"},
    ),
    Right(
        "writers", "has no row: who fills them locks it, and nobody else may", {PROJECTOR: "UPDATE"}
    ),
)
RIGHTS = (
    *_MADE_HERE,
    Right(
        "*_v*_g*",
        "a read model's generation, made by the role that owns it",
        {PROJECTOR: "owner", READER: "SELECT", INTAKE: "SELECT"},
    ),
)


def statements() -> Iterator[str]:
    """All that a database needs; run again, it changes nothing but lost rights."""
    yield f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"
    yield from TABLES
    yield from right_statements(SCHEMA, _MADE_HERE, USERS)
    yield f"GRANT CREATE ON SCHEMA {SCHEMA} TO {PROJECTOR}"
