"""The statements of the migrations that came after the first one."""

HISTORY = (
    """CREATE TABLE airledger.schema_history (
        version integer PRIMARY KEY,
        name text COLLATE "C" NOT NULL,
        applied_at text COLLATE "C" NOT NULL,
        program text COLLATE "C" NOT NULL)""",
)
WRITERS = (
    "CREATE TABLE IF NOT EXISTS airledger.writers (one integer PRIMARY KEY CHECK (one = 1))",
)
SESSIONS = (
    """CREATE TABLE IF NOT EXISTS airledger.sessions (
        digest text COLLATE "C" PRIMARY KEY,
        token text COLLATE "C" NOT NULL,
        begun_at text COLLATE "C" NOT NULL,
        seen_at text COLLATE "C" NOT NULL)""",
)
PERSONS_LOG_IN = (
    """CREATE TABLE IF NOT EXISTS airledger.session_grants (
        digest text COLLATE "C" PRIMARY KEY,
        row bytea NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS airledger.identities (
        issuer text COLLATE "C" NOT NULL,
        subject bytea NOT NULL,
        person text COLLATE "C" NOT NULL,
        PRIMARY KEY (issuer, subject))""",
    """CREATE TABLE IF NOT EXISTS airledger.identified_people (
        id text COLLATE "C" PRIMARY KEY,
        name bytea NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS airledger.single_uses (
        digest text COLLATE "C" PRIMARY KEY,
        kind text COLLATE "C" NOT NULL,
        made_at text COLLATE "C" NOT NULL,
        expires_at text COLLATE "C" NOT NULL,
        content bytea NOT NULL)""",
    """CREATE INDEX IF NOT EXISTS single_uses_by_age
        ON airledger.single_uses (kind, made_at, digest)""",
)
TOKENS = (
    """CREATE TABLE IF NOT EXISTS airledger.token_names (
        name text COLLATE "C" PRIMARY KEY,
        holder_name text COLLATE "C" NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS airledger.token_uses (
        digest text COLLATE "C" PRIMARY KEY,
        used_at text COLLATE "C" NOT NULL)""",
)
TEXTS = (
    """CREATE TABLE IF NOT EXISTS airledger.texts (
        id text COLLATE "C" PRIMARY KEY,
        stream text COLLATE "C" NOT NULL,
        author text COLLATE "C" NOT NULL,
        key bytea,
        content bytea)""",
    "CREATE INDEX IF NOT EXISTS texts_by_author ON airledger.texts (author, id)",
    """CREATE TABLE IF NOT EXISTS airledger.reads (
        day text COLLATE "C" NOT NULL,
        reader text COLLATE "C" NOT NULL,
        kind text COLLATE "C" NOT NULL,
        subject text COLLATE "C" NOT NULL,
        count bigint NOT NULL,
        first_at text COLLATE "C" NOT NULL,
        last_at text COLLATE "C" NOT NULL,
        PRIMARY KEY (day, reader, kind, subject))""",
)
TICKETS = (
    """CREATE TABLE IF NOT EXISTS airledger.ticket_addresses (
        digest text COLLATE "C" NOT NULL,
        incident uuid NOT NULL,
        PRIMARY KEY (digest, incident))""",
)
MEASURED = (
    """CREATE TABLE IF NOT EXISTS airledger.measured (
        measurement uuid PRIMARY KEY,
        series uuid NOT NULL,
        until text COLLATE "C" NOT NULL,
        row bytea NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS measured_by_series ON airledger.measured (series, until)",
)
