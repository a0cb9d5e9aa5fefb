"""`airledger store init`: once, again, at once from many, and by whom; and opening without it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from ledger.errors import SettingsError, Unavailable
from ledger.store.migrations import program
from ledger.store.postgres import PostgresStore, initialise, schema
from projections.engine.postgres.init import initialise_views
from tests.contract.samples import event, seal_all
from tests.harness.postgres import Database, Server

_OF_THE_FUTURE = f"""UPDATE airledger.schema_version SET version = {{oldest}};
    INSERT INTO airledger.schema_history VALUES
        ({schema.SCHEMA_VERSION + 1}, 'more', '2027-01-01T00:00:00.000Z', 'airledger 9.1.0')"""
"""What a newer program leaves behind; `oldest` is the schema version that it asks for."""

pytestmark = pytest.mark.component("postgres")


def shape(database: Database) -> list[tuple[object, ...]]:
    """Every column, index, trigger and right of the ledger's schema."""
    with database.connected() as connection:
        return connection.execute(
            "SELECT attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod),"
            " relacl::text, attacl::text FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
            " WHERE relnamespace = 'airledger'::regnamespace AND attnum > 0"
            " UNION ALL SELECT tgrelid::regclass::text, tgname::text, tgenabled::text,"
            " pg_get_triggerdef(oid), NULL FROM pg_trigger ORDER BY 1, 2"
        ).fetchall()


def test_a_store_is_not_opened_without_its_tables_and_none_are_made(empty: Database) -> None:
    with pytest.raises(SettingsError, match="has no ledger") as refused:
        PostgresStore(empty.url)

    assert "airledger store init" in refused.value.remedy
    with empty.connected() as connection:
        found = connection.execute("SELECT to_regnamespace('airledger')").fetchone()
    assert (None,) == found


def test_init_again_changes_nothing(empty: Database) -> None:
    assert initialise(empty.url)
    made = shape(empty)
    with closing(PostgresStore(empty.url)) as store:
        store.append([event("a", 1)])
        seal_all(store)
        before = store.read(0, 10), store.log_state()

        assert not initialise(empty.url)

        assert before == (store.read(0, 10), store.log_state())
    assert made == shape(empty)


def test_init_again_gives_back_what_a_hand_took_and_takes_what_it_gave(empty: Database) -> None:
    initialise(empty.url)
    made = shape(empty)
    with empty.connected() as connection:
        connection.execute("REVOKE INSERT ON airledger.stored_events FROM airledger_intake")
        connection.execute("GRANT UPDATE ON airledger.stored_events TO airledger_intake, PUBLIC")
        connection.execute("ALTER TABLE airledger.stored_events DISABLE TRIGGER ALL")
        connection.execute("DROP TRIGGER the_log_stays ON airledger.log")
    assert made != shape(empty)

    initialise(empty.url)

    assert made == shape(empty)


def test_many_may_init_at_once(empty: Database) -> None:
    with ThreadPoolExecutor(6) as threads:
        made = list(threads.map(initialise, [empty.url] * 6))

    assert [()] * 5 + [schema.MIGRATIONS] == sorted(made)
    PostgresStore(empty.url).close()


def test_many_databases_of_one_server_may_be_initialised_at_once(postgres_server: Server) -> None:
    with postgres_server.database() as one, postgres_server.database() as other:
        with ThreadPoolExecutor(2) as threads:
            made = list(threads.map(initialise, [one.url, other.url]))

        assert [schema.MIGRATIONS] * 2 == made


def test_where_the_roles_are_an_owner_needs_no_more_than_to_create(empty: Database) -> None:
    empty.server.template()
    owner = empty.user()
    with empty.connected() as connection:
        connection.execute(f"GRANT CREATE ON DATABASE {empty.name} TO {owner}")

    assert initialise(empty.as_user(owner))

    with closing(PostgresStore(empty.as_user(owner))) as store:
        assert range(1) == store.append([event("a", 1)])


def test_who_may_not_create_is_refused_and_leaves_nothing(empty: Database) -> None:
    with pytest.raises(SettingsError, match="permission denied for database") as refused:
        initialise(empty.as_user(empty.user()))

    assert "--owner-url" in refused.value.remedy
    with empty.connected() as connection:
        found = connection.execute("SELECT to_regnamespace('airledger')").fetchone()
    assert (None,) == found


def test_a_store_that_asks_for_a_newer_program_is_refused_with_which(database: Database) -> None:
    with database.connected() as connection:
        connection.execute(_OF_THE_FUTURE.format(oldest=schema.SCHEMA_VERSION + 1))

    with pytest.raises(SettingsError) as refused:
        PostgresStore(database.url)

    assert (
        f"The store in the database {database.name} on {database.server.socket} has schema version "
        f"{schema.SCHEMA_VERSION + 1}, applied by airledger 9.1.0" in refused.value.message
    )
    assert f"knows {schema.SCHEMA_VERSION}" in refused.value.message
    assert "Install airledger 9.1.0 or newer" in refused.value.remedy


def test_a_store_that_lacks_a_migration_is_refused_with_what_applies_it(database: Database) -> None:
    with database.connected() as connection:
        connection.execute("DROP TABLE airledger.schema_history")

    with pytest.raises(SettingsError) as refused:
        PostgresStore(database.url)

    assert database.name in refused.value.message
    assert f"has schema version 1; this program ({program()}) needs" in refused.value.message
    assert "airledger store init --owner-url" in refused.value.remedy


def test_a_store_that_a_newer_program_migrated_and_left_open_to_this_one_is_used(
    database: Database,
) -> None:
    with database.connected() as connection:
        connection.execute(_OF_THE_FUTURE.format(oldest=schema.SCHEMA_VERSION))

    with closing(PostgresStore(database.url)) as store:
        assert range(1) == store.append([event("a", 1)])


def test_init_leaves_a_schema_of_the_future_alone(database: Database) -> None:
    with database.connected() as connection:
        connection.execute(_OF_THE_FUTURE.format(oldest=schema.SCHEMA_VERSION))
    before = shape(database)

    with pytest.raises(SettingsError, match="no store is migrated back") as refused:
        initialise(database.url)

    assert "Run store init of airledger 9.1.0 or newer" in refused.value.remedy
    assert before == shape(database)


def test_what_is_no_address_or_no_server_is_said(empty: Database) -> None:
    with pytest.raises(SettingsError, match=r"store\.url is no address") as refused:
        PostgresStore("postgresql://me:hunter2@host:port:more/d?what=%zz")
    with pytest.raises(SettingsError, match="--owner-url is no address"):
        initialise("postgresql://host/d?unknown=1")
    with pytest.raises(Unavailable, match="does not exist"):
        PostgresStore(empty.server.url("absent"))
    with pytest.raises(Unavailable, match="Connection refused"):
        PostgresStore("postgresql://me:hunter2@127.0.0.1:1/d")

    assert "hunter2" not in str(refused.value)


def test_who_has_no_role_is_told_which_to_ask_for(database: Database) -> None:
    with pytest.raises(SettingsError, match="permission denied for schema airledger") as refused:
        PostgresStore(database.as_user(database.user()))

    assert "docs/how-to/run-on-postgresql.md" in refused.value.remedy


def test_a_database_that_cannot_hold_every_script_is_refused(postgres_server: Server) -> None:
    name = "airledger_latin1"
    postgres_server.execute(
        f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    try:
        for make in (initialise, initialise_views):
            with pytest.raises(SettingsError, match="has the encoding LATIN1") as refused:
                make(postgres_server.url(name))
            assert "ENCODING 'UTF8'" in refused.value.remedy
    finally:
        postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")
