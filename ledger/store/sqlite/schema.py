"""The tables of `ledger.db`, as numbered migrations. Events keep the library's layout.

A quarantine row's `digest` is its entry's identity, where that is more than the body's digest.
`notification_id` is declared INTEGER PRIMARY KEY: an implicit rowid may be renumbered by VACUUM.
"""

from ledger.store.migrations import Migration

_LEDGER = (
    """CREATE TABLE IF NOT EXISTS stored_events (
        notification_id INTEGER PRIMARY KEY,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        UNIQUE (originator_id, originator_version))""",
    """CREATE TABLE IF NOT EXISTS log (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        origin TEXT NOT NULL,
        vkey TEXT NOT NULL,
        size INTEGER NOT NULL,
        checkpoint BLOB NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS log_tiles (
        level INTEGER NOT NULL,
        number INTEGER NOT NULL,
        hashes BLOB NOT NULL,
        PRIMARY KEY (level, number))""",
    """CREATE TABLE IF NOT EXISTS ids_taken (
        scope TEXT NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (scope, id)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS idempotency (
        token TEXT NOT NULL,
        key TEXT NOT NULL,
        at TEXT NOT NULL,
        answer BLOB NOT NULL,
        PRIMARY KEY (token, key)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS idempotency_by_age ON idempotency (token, at)",
    """CREATE TABLE IF NOT EXISTS last_heard (
        alert TEXT PRIMARY KEY,
        at TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS bodies (
        digest TEXT PRIMARY KEY,
        content BLOB NOT NULL,
        size INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS quarantine (
        id TEXT PRIMARY KEY,
        source TEXT NOT NULL,
        digest TEXT NOT NULL,
        state TEXT NOT NULL,
        arrived_at TEXT NOT NULL,
        seen INTEGER NOT NULL,
        last_seen_at TEXT NOT NULL,
        kept INTEGER NOT NULL,
        entry BLOB NOT NULL,
        UNIQUE (source, digest))""",
    "CREATE INDEX IF NOT EXISTS quarantine_by_state ON quarantine (state, arrived_at)",
    """CREATE TABLE IF NOT EXISTS tokens (
        digest TEXT PRIMARY KEY,
        holder_kind TEXT NOT NULL,
        holder_name TEXT NOT NULL,
        granted_at TEXT NOT NULL,
        revoked INTEGER NOT NULL,
        row BLOB NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS probe (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        count INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS people (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        os_user TEXT UNIQUE)""",
)
_FOLLOWERS = (
    """CREATE TABLE IF NOT EXISTS positions (
        follower TEXT PRIMARY KEY,
        next INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS month_members (
        incident TEXT PRIMARY KEY,
        leaf INTEGER NOT NULL,
        system TEXT NOT NULL,
        month TEXT NOT NULL,
        counts INTEGER NOT NULL,
        status TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS month_members_by_month ON month_members (month, system, leaf)",
    """CREATE TABLE IF NOT EXISTS watched (
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (kind, subject)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS watched_by_time ON watched (kind, at)",
)
_HISTORY = (
    """CREATE TABLE schema_history (
        version INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        applied_at TEXT NOT NULL,
        program TEXT NOT NULL)""",
)
_SESSIONS = (
    """CREATE TABLE IF NOT EXISTS sessions (
        digest TEXT PRIMARY KEY,
        token TEXT NOT NULL,
        begun_at TEXT NOT NULL,
        seen_at TEXT NOT NULL) WITHOUT ROWID""",
)
_PERSONS_LOG_IN = (
    """CREATE TABLE IF NOT EXISTS session_grants (
        digest TEXT PRIMARY KEY,
        row BLOB NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS identities (
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        person TEXT NOT NULL,
        PRIMARY KEY (issuer, subject)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS identified_people (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS single_uses (
        digest TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        made_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        content BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS single_uses_by_age ON single_uses (kind, made_at, digest)",
)
_TOKENS = (
    """CREATE TABLE IF NOT EXISTS token_names (
        name TEXT PRIMARY KEY,
        holder_name TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS token_uses (
        digest TEXT PRIMARY KEY,
        used_at TEXT NOT NULL) WITHOUT ROWID""",
)
_TEXTS = (
    """CREATE TABLE IF NOT EXISTS texts (
        id TEXT PRIMARY KEY,
        stream TEXT NOT NULL,
        author TEXT NOT NULL,
        key BLOB,
        content BLOB)""",
    "CREATE INDEX IF NOT EXISTS texts_by_author ON texts (author, id)",
    """CREATE TABLE IF NOT EXISTS reads (
        day TEXT NOT NULL,
        reader TEXT NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        count INTEGER NOT NULL,
        first_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        PRIMARY KEY (day, reader, kind, subject)) WITHOUT ROWID""",
)
_TICKETS = (
    """CREATE TABLE IF NOT EXISTS ticket_addresses (
        digest TEXT NOT NULL,
        incident TEXT NOT NULL,
        PRIMARY KEY (digest, incident)) WITHOUT ROWID""",
)
_MEASURED = (
    """CREATE TABLE IF NOT EXISTS measured (
        measurement TEXT PRIMARY KEY,
        series TEXT NOT NULL,
        until TEXT NOT NULL,
        row BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS measured_by_series ON measured (series, until)",
)

MIGRATIONS = (
    Migration(1, "the ledger: events, log, and what is kept beside them", _LEDGER, oldest=1),
    Migration(2, "what followers of the log keep", _FOLLOWERS, oldest=2),
    Migration(3, "which program applied which migration, and when", _HISTORY, oldest=2),
    Migration(4, "browsers that are logged in", _SESSIONS, oldest=2),
    Migration(5, "persons that a provider or a link logs in", _PERSONS_LOG_IN, oldest=2),
    Migration(6, "names of tokens outside the log, and their last use", _TOKENS, oldest=2),
    Migration(7, "texts beside the log, which can be erased, and what was read", _TEXTS, oldest=2),
    Migration(8, "which incidents have a ticket of an address", _TICKETS, oldest=2),
    Migration(9, "the measurements that objectives and triggers judge", _MEASURED, oldest=2),
)
"""Applied when a file is opened, in this order. A new one is appended, with the next number.

It adds tables and indexes, and keeps `oldest`: the program of before may have the file open. The
columns of schema_history never change, for a program of any version reads them. The file's
user_version is `oldest`; programs of before schema_history know no other number.
"""

SCHEMA_VERSION = MIGRATIONS[-1].number
"""The schema version that this program brings a file to."""
