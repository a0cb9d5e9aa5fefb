"""Who may do what on PostgreSQL: events are appended and read, and nothing else is done to them."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg import errors

from ledger.errors import Unavailable
from ledger.store.postgres import PostgresStore, schema
from ledger.store.side_records import Body
from tests.contract.samples import event, log_state, seal_all, token
from tests.harness.postgres import Database

pytestmark = pytest.mark.component("postgres")

REFUSED = (errors.InsufficientPrivilege, errors.UndefinedFunction)
CRAFTED = {
    "update": "UPDATE airledger.stored_events SET state = 'x'",
    "update of no row": "UPDATE airledger.stored_events SET state = 'x' WHERE false",
    "delete": "DELETE FROM airledger.stored_events",
    "truncate": "TRUNCATE airledger.stored_events",
    "truncate cascade": "TRUNCATE airledger.stored_events CASCADE",
    "upsert": "INSERT INTO airledger.stored_events VALUES ('a', 1, 't', 'x', 1)"
    " ON CONFLICT (notification_id) DO UPDATE SET state = 'x'",
    "merge": "MERGE INTO airledger.stored_events AS e USING (VALUES (1)) AS v (n)"
    " ON e.notification_id = v.n WHEN MATCHED THEN DELETE",
    "in a with": "WITH gone AS (DELETE FROM airledger.stored_events RETURNING 1)"
    " SELECT * FROM gone",
    "locking": "SELECT * FROM airledger.stored_events FOR UPDATE",
    "disabled trigger": "ALTER TABLE airledger.stored_events DISABLE TRIGGER ALL",
    "dropped trigger": "DROP TRIGGER events_stay_as_they_are ON airledger.stored_events",
    "another function": "CREATE OR REPLACE FUNCTION airledger.refuse_change() RETURNS trigger"
    " LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "a rule": "CREATE RULE r AS ON INSERT TO airledger.stored_events DO INSTEAD NOTHING",
    "dropped table": "DROP TABLE airledger.stored_events CASCADE",
    "another schema": "ALTER TABLE airledger.stored_events SET SCHEMA public",
    "a table beside": "CREATE TABLE airledger.other (a integer)",
    "replica": "SET session_replication_role = replica",
    "the owner": "SET ROLE postgres",
    "from a program": "COPY airledger.stored_events FROM PROGRAM 'true'",
    "a large object": "SELECT lo_import('/etc/hostname')",
    "a file": "SELECT pg_read_file('postgresql.conf')",
    "dropped log": "DELETE FROM airledger.log",
    "moved origin": "UPDATE airledger.log SET origin = 'x'",
    "a view": "CREATE TEMP VIEW seen AS SELECT * FROM airledger.stored_events;"
    " UPDATE seen SET state = 'x'",
    "a function": "CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE sql SECURITY DEFINER"
    " AS 'DELETE FROM airledger.stored_events'; SELECT pg_temp.f()",
}
BY_OWNER = (
    "update",
    "update of no row",
    "delete",
    "truncate",
    "truncate cascade",
    "upsert",
    "merge",
    "in a with",
    "dropped log",
)
SINGLE = {role: [role] for role in schema.ROLES}
WITH_ALL = SINGLE | {"all of them": list(schema.ROLES)}


@pytest.fixture
def store(database: Database) -> Iterator[PostgresStore]:
    """A store with two sealed events, as its owner has it."""
    with closing(PostgresStore(database.url)) as store:
        store.append([event("a", 1), event("a", 2)])
        seal_all(store)
        yield store


@pytest.mark.parametrize("roles", WITH_ALL)
def test_no_role_changes_or_deletes_an_event(
    roles: str, store: PostgresStore, database: Database
) -> None:
    before = store.read(0, 10)
    user = database.user(*WITH_ALL[roles])

    with database.connected(user) as connection:
        refused = {name: is_refused(connection, CRAFTED[name]) for name in CRAFTED}
        connection.execute("GRANT UPDATE ON airledger.stored_events TO CURRENT_USER")  # only warns
        may_update = connection.execute(
            "SELECT has_table_privilege('airledger.stored_events', 'UPDATE')"
        ).fetchone()

    assert dict.fromkeys(CRAFTED, True) == refused
    assert (False,) == may_update

    assert before == store.read(0, 10)


@pytest.mark.parametrize("name", BY_OWNER)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_the_owner_meets_the_trigger(
    name: str, role: str, store: PostgresStore, database: Database
) -> None:
    before = store.read(0, 10)

    with database.connected() as connection:
        connection.execute(f"SET session_replication_role = {role}")
        with pytest.raises(errors.IntegrityConstraintViolation) as refused:
            connection.execute(CRAFTED[name])

    assert "what was recorded is never changed" in str(refused.value)
    assert "an amendment is a new event" in str(refused.value.diag.message_hint)
    assert before == store.read(0, 10)
    assert log_state(2) == store.log_state()


def is_refused(connection: psycopg.Connection[Any], statement: str) -> bool:
    try:
        connection.execute(statement)
    except REFUSED:
        return True
    return False


def test_each_role_may_do_what_the_table_of_rights_says_and_no_more(
    store: PostgresStore, database: Database
) -> None:
    with database.connected() as connection:
        tables = {
            name
            for (name,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'airledger'"
            )
        }
        granted = {
            (table, role, right)
            for table, role, right in connection.execute(
                "SELECT table_name, grantee, privilege_type"
                " FROM information_schema.role_table_grants"
                " WHERE table_schema = 'airledger' AND grantee <> 'postgres'"
            )
        }
    said = {
        (right.table, role, word)
        for right in schema.RIGHTS
        for role, words in right.grants.items()
        for word in re.findall(r"(\w+)(?=,|$)", re.sub(r" \([^)]*\)", " of columns", words))
        if word != "columns"
    }

    assert tables == {right.table for right in schema.RIGHTS}
    assert said == granted


@pytest.mark.parametrize("numbers", [(4,), (3, 5), (1_000_000,)])
def test_nobody_leaves_a_gap_in_the_log(
    numbers: tuple[int, ...], store: PostgresStore, database: Database
) -> None:
    insert = "INSERT INTO airledger.stored_events SELECT 'b', n, 't', 'x', n FROM unnest(%s) AS n"
    for user in (database.user(schema.INTAKE), "postgres"):
        with (
            database.connected(user) as connection,
            pytest.raises(errors.IntegrityConstraintViolation, match="the last one is"),
        ):
            connection.execute(insert, (list(numbers),))

    assert range(2, 3) == store.append([event("a", 3)])


def test_intake_appends_and_keeps_and_cannot_seal(store: PostgresStore, database: Database) -> None:
    user = database.user(schema.INTAKE)

    with closing(PostgresStore(database.as_user(user))) as intake:
        assert range(2, 3) == intake.append([event("a", 3)], [token("d1", "ann")])
        intake.probe()
        with pytest.raises(Unavailable, match="permission denied") as refused:
            seal_all(intake)

    assert "Grant the database user the role it needs" in refused.value.remedy
    assert log_state(2) == store.log_state()


def test_a_sealer_seals_and_cannot_append(store: PostgresStore, database: Database) -> None:
    store.append([event("a", 3)])
    user = database.user(schema.SEALER)

    with closing(PostgresStore(database.as_user(user))) as sealer:
        seal_all(sealer)
        with pytest.raises(Unavailable, match="permission denied for table stored_events"):
            sealer.append([event("a", 4)])

    assert log_state(3) == store.log_state()
    assert 3 == store.size()


@pytest.mark.parametrize("role", [schema.PROJECTOR, schema.READER])
def test_who_reads_writes_nothing_and_sees_no_token_and_no_body(
    role: str, store: PostgresStore, database: Database
) -> None:
    store.append([], [token("d1", "ann"), Body(digest="d", content=b"x", size=1)])
    user = database.user(role)

    with closing(PostgresStore(database.as_user(user))) as reader:
        assert store.read(0, 10) == reader.read(0, 10)
        assert log_state(2) == reader.log_state()
        for forbidden in (
            lambda: reader.access.token("d1"),
            lambda: reader.quarantine.body("d"),
            lambda: reader.append([event("a", 3)]),
            lambda: reader.append([], [token("d2", "bo")]),
            lambda: seal_all(reader),
            reader.probe,
        ):
            with pytest.raises(Unavailable, match="permission denied"):
                forbidden()

    assert 2 == store.size()


def test_who_has_no_role_gets_no_further_than_the_door(database: Database) -> None:
    with database.connected(database.user()) as connection:
        for table in (right.table for right in schema.RIGHTS):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT FROM airledger.{table}")
