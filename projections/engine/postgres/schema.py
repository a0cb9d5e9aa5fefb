"""The schema of read models on PostgreSQL and who may do what in it: as data.

`airledger store init` makes the schema and the table of positions. A projector makes the tables of
its generations itself, under the role that owns all of them.
"""

from collections.abc import Iterator

from ledger.store.postgres.init import role_statement
from ledger.store.postgres.schema import INTAKE, PROJECTOR, READER, Right, Role

SCHEMA = "airledger_views"

WRITERS_LOCK = 0x61697276696577
"""The advisory lock of all who fill read models; it spells "airview", and is of one database."""

READERS: tuple[Role, ...] = (READER, INTAKE)
"""Whoever shows read models: `intake` has the web process."""

USERS: tuple[Role, ...] = (PROJECTOR, *READERS)

POSITIONS = """CREATE TABLE IF NOT EXISTS airledger_views.positions (
    projection text COLLATE "C",
    version bigint,
    generation bigint,
    next bigint NOT NULL,
    stands_on bytea NOT NULL,
    state text COLLATE "C" NOT NULL,
    PRIMARY KEY (projection, version, generation))"""

RIGHTS = (
    Right(
        "positions",
        "which generations there are, and how far each is",
        {PROJECTOR: "SELECT, INSERT, UPDATE, DELETE", READER: "SELECT", INTAKE: "SELECT"},
    ),
    Right(
        "*_v*_g*",
        "a read model's generation, made by the role that owns it",
        {PROJECTOR: "owner", READER: "SELECT", INTAKE: "SELECT"},
    ),
)


def statements() -> Iterator[str]:
    """All that a database needs; run again, it changes nothing but lost rights."""
    yield f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"
    yield POSITIONS
    for role in USERS:
        yield role_statement(role)
        yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}"
    yield f"GRANT CREATE ON SCHEMA {SCHEMA} TO {PROJECTOR}"
    positions = RIGHTS[0]
    table = f"{SCHEMA}.{positions.table}"
    yield f"REVOKE ALL ON {table} FROM PUBLIC, {', '.join(USERS)}"
    for role in USERS:
        yield f"GRANT {positions.grants[role]} ON {table} TO {role}"
