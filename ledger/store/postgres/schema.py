"""The tables of a ledger on PostgreSQL as numbered migrations, the guard of its events, and who may
do what: all as data.

Everything is in a schema of its own and named with it in every statement, so that no search path
leads elsewhere. Events keep the library's layout, but for the sequence: the append numbers them.

Text from outside is kept as its UTF-8 bytes (`bytea`) wherever it is a key or may hold U+0000,
which PostgreSQL's text cannot. Text that is compared is COLLATE "C": its order is that of its
bytes on every host and after every upgrade of the system's libraries, and times sort as text.
"""

from typing import Literal, NamedTuple

from ledger.store.migrations import Migration
from ledger.store.postgres import later_tables as later

SCHEMA = "airledger"

FORMER_LOCK = 0x6169726C6564676
"""The advisory lock of programs that know schema version 2 and no more; it spells "airledg", and is
of one database. Any login may take it: see `writers`."""

_LEDGER = (
    """CREATE TABLE IF NOT EXISTS airledger.schema_version (
        one integer PRIMARY KEY CHECK (one = 1),
        version integer NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS airledger.stored_events (
        originator_id text COLLATE "C" NOT NULL,
        originator_version bigint NOT NULL,
        topic text COLLATE "C" NOT NULL,
        state bytea NOT NULL,
        notification_id bigint PRIMARY KEY CHECK (notification_id > 0),
        UNIQUE (originator_id, originator_version))""",
    """CREATE TABLE IF NOT EXISTS airledger.log (
        one integer PRIMARY KEY CHECK (one = 1),
        origin text NOT NULL,
        vkey text NOT NULL,
        size bigint NOT NULL,
        checkpoint bytea NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS airledger.log_tiles (
        level integer NOT NULL,
        number bigint NOT NULL,
        hashes bytea NOT NULL,
        PRIMARY KEY (level, number))""",
    """CREATE TABLE IF NOT EXISTS airledger.ids_taken (
        scope text COLLATE "C" NOT NULL,
        id bytea NOT NULL,
        PRIMARY KEY (scope, id))""",
    """CREATE TABLE IF NOT EXISTS airledger.idempotency (
        token text COLLATE "C" NOT NULL,
        key bytea NOT NULL,
        at text COLLATE "C" NOT NULL,
        answer bytea NOT NULL,
        PRIMARY KEY (token, key))""",
    "CREATE INDEX IF NOT EXISTS idempotency_by_age ON airledger.idempotency (token, at)",
    """CREATE TABLE IF NOT EXISTS airledger.last_heard (
        alert uuid PRIMARY KEY,
        at text COLLATE "C" NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS airledger.bodies (
        digest text COLLATE "C" PRIMARY KEY,
        content bytea NOT NULL,
        size bigint NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS airledger.quarantine (
        id text COLLATE "C" PRIMARY KEY,
        source bytea NOT NULL,
        digest text COLLATE "C" NOT NULL,
        state text COLLATE "C" NOT NULL,
        arrived_at text COLLATE "C" NOT NULL,
        seen bigint NOT NULL,
        last_seen_at text COLLATE "C" NOT NULL,
        kept bigint NOT NULL,
        entry bytea NOT NULL,
        closing bytea,
        UNIQUE (source, digest))""",
    """CREATE INDEX IF NOT EXISTS quarantine_by_state
        ON airledger.quarantine (state, arrived_at)""",
    """CREATE TABLE IF NOT EXISTS airledger.tokens (
        digest text COLLATE "C" PRIMARY KEY,
        holder_kind text COLLATE "C" NOT NULL,
        holder_name text COLLATE "C" NOT NULL,
        granted_at text COLLATE "C" NOT NULL,
        revoked boolean NOT NULL,
        row bytea NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS airledger.probe (
        one integer PRIMARY KEY CHECK (one = 1),
        count bigint NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS airledger.positions (
        follower text COLLATE "C" PRIMARY KEY,
        next bigint NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS airledger.month_members (
        incident uuid PRIMARY KEY,
        leaf bigint NOT NULL,
        system bytea NOT NULL,
        month text COLLATE "C" NOT NULL,
        counts boolean NOT NULL,
        status text COLLATE "C" NOT NULL)""",
    "DROP INDEX IF EXISTS airledger.month_members_by_month",
    # An index takes 2,704 bytes, and a system may be longer.
    """CREATE INDEX IF NOT EXISTS month_members_by_system
        ON airledger.month_members (month, sha256(system), leaf)""",
    """CREATE TABLE IF NOT EXISTS airledger.watched (
        kind text COLLATE "C" NOT NULL,
        subject uuid NOT NULL,
        at text COLLATE "C" NOT NULL,
        PRIMARY KEY (kind, subject))""",
    "CREATE INDEX IF NOT EXISTS watched_by_time ON airledger.watched (kind, at)",
    """CREATE TABLE IF NOT EXISTS airledger.people (
        id text COLLATE "C" PRIMARY KEY,
        name bytea NOT NULL UNIQUE,
        os_user text COLLATE "C" UNIQUE)""",
)
MIGRATIONS = (
    Migration(1, "the ledger: events, log, and what is kept beside them", _LEDGER, oldest=1),
    Migration(2, "which program applied which migration, and when", later.HISTORY, oldest=1),
    Migration(3, "the table that writers lock, one after the other", later.WRITERS, oldest=1),
    Migration(4, "browsers that are logged in", later.SESSIONS, oldest=1),
    Migration(5, "persons that a provider or a link logs in", later.PERSONS_LOG_IN, oldest=1),
    Migration(6, "names of tokens outside the log, and their last use", later.TOKENS, oldest=1),
    Migration(
        7,
        "texts beside the log, which can be erased, and what was read",
        later.TEXTS,
        oldest=1,
    ),
    Migration(8, "which incidents have a ticket of an address", later.TICKETS, oldest=1),
    Migration(9, "the measurements that objectives and triggers judge", later.MEASURED, oldest=1),
)
"""Applied by `airledger store init`, in this order. A new one is appended, with the next number.

It adds tables and indexes, and keeps `oldest`: the program of before runs meanwhile. A new table
has its place in RIGHTS, too. The columns of schema_history never change, for a program of any
version reads them. The row of schema_version is `oldest`; programs of before schema_history know no
other number.
"""

SCHEMA_VERSION = MIGRATIONS[-1].number
"""The schema version that this program needs."""

GUARD = (
    """CREATE OR REPLACE FUNCTION airledger.refuse_change() RETURNS trigger
        LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
    BEGIN
        RAISE EXCEPTION 'airledger: % on % is refused: what was recorded is never changed',
            TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation',
                HINT = 'Record a correction: an amendment is a new event.';
    END $body$""",
    """CREATE OR REPLACE TRIGGER events_stay_as_they_are
        BEFORE UPDATE OR DELETE OR TRUNCATE ON airledger.stored_events
        FOR EACH STATEMENT EXECUTE FUNCTION airledger.refuse_change()""",
    """CREATE OR REPLACE TRIGGER the_log_stays
        BEFORE DELETE OR TRUNCATE ON airledger.log
        FOR EACH STATEMENT EXECUTE FUNCTION airledger.refuse_change()""",
    """CREATE OR REPLACE TRIGGER tiles_stay
        BEFORE DELETE OR TRUNCATE ON airledger.log_tiles
        FOR EACH STATEMENT EXECUTE FUNCTION airledger.refuse_change()""",
    """CREATE OR REPLACE FUNCTION airledger.require_dense() RETURNS trigger
        LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
    DECLARE
        lowest bigint; highest bigint; added bigint; before bigint;
    BEGIN
        SELECT min(notification_id), max(notification_id), count(*)
            INTO lowest, highest, added FROM new_events;
        SELECT coalesce(max(notification_id), 0) INTO before
            FROM airledger.stored_events WHERE notification_id < lowest;
        IF lowest <> before + 1 OR highest - lowest + 1 <> added THEN
            RAISE EXCEPTION 'airledger: events % to % are refused: the last one is %',
                lowest, highest, before
                USING ERRCODE = 'integrity_constraint_violation',
                    HINT = 'Events are numbered on from the last one, without a gap.';
        END IF;
        RETURN NULL;
    END $body$""",
    """CREATE OR REPLACE TRIGGER events_are_dense
        AFTER INSERT ON airledger.stored_events REFERENCING NEW TABLE AS new_events
        FOR EACH STATEMENT EXECUTE FUNCTION airledger.require_dense()""",
    "ALTER TABLE airledger.stored_events ENABLE ALWAYS TRIGGER events_are_dense",
    "ALTER TABLE airledger.stored_events ENABLE ALWAYS TRIGGER events_stay_as_they_are",
    "ALTER TABLE airledger.log ENABLE ALWAYS TRIGGER the_log_stays",
    "ALTER TABLE airledger.log_tiles ENABLE ALWAYS TRIGGER tiles_stay",
)
"""Met by the owner as well. ALWAYS: `session_replication_role = replica` does not pass it by."""

Role = Literal["airledger_intake", "airledger_sealer", "airledger_projector", "airledger_reader"]
INTAKE: Role = "airledger_intake"
SEALER: Role = "airledger_sealer"
PROJECTOR: Role = "airledger_projector"
READER: Role = "airledger_reader"
ROLES: dict[Role, str] = {
    INTAKE: "appends: intake, commands, reactor and clock",
    SEALER: "moves the log on; the one that has the signing key",
    PROJECTOR: "reads sealed events, for read models and Kafka",
    READER: "reads what people are shown, but no token, body or key",
}
"""Group roles that nobody logs in as: they are granted to the users that programs log in as."""


class Right(NamedTuple):
    """What the roles may do on a table, and why; the owner has it all."""

    table: str
    why: str
    grants: dict[Role, str]


_ALL_READ: dict[Role, str] = dict.fromkeys(ROLES, "SELECT")
RIGHTS = (
    Right("schema_version", "opening a store checks it", _ALL_READ),
    Right("schema_history", "and this: which migrations were applied", _ALL_READ),
    Right(
        "stored_events",
        "the ledger itself: one appends, all read, nobody changes",
        _ALL_READ | {INTAKE: "SELECT, INSERT"},
    ),
    Right(
        "log",
        "its size says what is sealed",
        _ALL_READ | {SEALER: "SELECT, INSERT, UPDATE (size, checkpoint)"},
    ),
    Right("log_tiles", "its hashes", _ALL_READ | {SEALER: "SELECT, INSERT, UPDATE (hashes)"}),
    Right(
        "writers",
        "has no row: who appends or seals locks it, and nobody else may",
        {INTAKE: "UPDATE", SEALER: "UPDATE"},
    ),
    Right("ids_taken", "a signal is taken once", {INTAKE: "SELECT, INSERT"}),
    Right(
        "idempotency",
        "answers given before, for seven days",
        {INTAKE: "SELECT, INSERT, DELETE"},
    ),
    Right(
        "last_heard",
        "when an alert was last heard of, and a source last heard",
        {INTAKE: "SELECT, INSERT, UPDATE (at)", READER: "SELECT"},
    ),
    Right("bodies", "bodies from outside", {INTAKE: "SELECT, INSERT, UPDATE (content)"}),
    Right(
        "quarantine",
        "what was not understood",
        {
            INTAKE: "SELECT, INSERT,"
            " UPDATE (state, seen, last_seen_at, closing, entry, digest, kept)",
            READER: "SELECT",
        },
    ),
    Right(
        "tokens",
        "digests of tokens, and secrets that sources sign with",
        {INTAKE: "SELECT, INSERT, UPDATE (revoked)"},
    ),
    Right(
        "token_names",
        "which token a name stands for: two grants under one name meet here",
        {INTAKE: "SELECT, INSERT, UPDATE (holder_name)"},
    ),
    Right(
        "token_uses",
        "when a token was last used",
        {INTAKE: "SELECT, INSERT, UPDATE (used_at)"},
    ),
    Right(
        "sessions",
        "digests of the cookies of browsers that are logged in",
        {INTAKE: "SELECT, INSERT, UPDATE (seen_at), DELETE"},
    ),
    Right(
        "session_grants",
        "what sessions that no token began may do, and as whom",
        {INTAKE: "SELECT, INSERT, DELETE"},
    ),
    Right(
        "single_uses",
        "digests of secrets that work once: log-ins under way, links, codes; seeds of links",
        {INTAKE: "SELECT, INSERT, DELETE"},
    ),
    Right(
        "people",
        "names outside the log",
        {INTAKE: "SELECT, INSERT, UPDATE (name, os_user)", READER: "SELECT"},
    ),
    Right(
        "texts",
        "texts beside the log: read models index their words, and erasing leaves nothing of them",
        {
            INTAKE: "SELECT, INSERT, UPDATE (key, content)",
            PROJECTOR: "SELECT",
            READER: "SELECT",
        },
    ),
    Right(
        "reads",
        "what was read, and by whom; rows stay, and only counts go up",
        {INTAKE: "SELECT, INSERT, UPDATE (count, last_at)", READER: "SELECT"},
    ),
    Right(
        "identified_people",
        "names of those whom a provider identified",
        {INTAKE: "SELECT, INSERT, UPDATE (name)", READER: "SELECT"},
    ),
    Right("identities", "who a provider's subjects are", {INTAKE: "SELECT, INSERT, DELETE"}),
    Right("probe", "whether a write could be stored", {INTAKE: "SELECT, INSERT, UPDATE (count)"}),
    Right(
        "positions",
        "how far reactor and clock are",
        {INTAKE: "SELECT, INSERT, UPDATE (next)", READER: "SELECT"},
    ),
    Right(
        "month_members",
        "what the review process counts",
        {INTAKE: "SELECT, INSERT, UPDATE", READER: "SELECT"},
    ),
    Right(
        "ticket_addresses",
        "which incidents have a ticket of an address",
        {INTAKE: "SELECT, INSERT", READER: "SELECT"},
    ),
    Right(
        "measured",
        "the measurements that objectives and triggers judge",
        {INTAKE: "SELECT, INSERT, UPDATE", READER: "SELECT"},
    ),
    Right(
        "watched",
        "what the clock looks at",
        {INTAKE: "SELECT, INSERT, UPDATE (at), DELETE", READER: "SELECT"},
    ),
)
"""A right that is not here is nobody's but the owner's."""
