"""The schema of read models on PostgreSQL and who may do what in it: as data.

`airledger store init` makes the schema and the tables of positions. A projector makes the tables of
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

PARTITIONS = """CREATE TABLE IF NOT EXISTS airledger_views.partitions (
    projection text COLLATE "C",
    version bigint,
    generation bigint,
    partition bigint,
    topic bigint NOT NULL,
    next bigint NOT NULL,
    leaf bigint NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (projection, version, generation, partition))"""

RIGHTS = (
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
        "*_v*_g*",
        "a read model's generation, made by the role that owns it",
        {PROJECTOR: "owner", READER: "SELECT", INTAKE: "SELECT"},
    ),
)


def statements() -> Iterator[str]:
    """All that a database needs; run again, it changes nothing but lost rights."""
    yield f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"
    yield POSITIONS
    yield PARTITIONS
    for role in USERS:
        yield role_statement(role)
        yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}"
    yield f"GRANT CREATE ON SCHEMA {SCHEMA} TO {PROJECTOR}"
    for right in (each for each in RIGHTS if "*" not in each.table):
        table = f"{SCHEMA}.{right.table}"
        yield f"REVOKE ALL ON {table} FROM PUBLIC, {', '.join(USERS)}"
        for role in USERS:
            yield f"GRANT {right.grants[role]} ON {table} TO {role}"
