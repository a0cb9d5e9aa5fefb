"""Every table that a ledger consists of, for moving all of it from one store to another.

What is not here is derived (`probe` counts trials), of one place (`sessions`, `session_grants`,
`single_uses`: browsers log in again) or a backend's own (`schema_version`, `schema_history`); the
row of `log` is written apart, by whoever checked the rest against it.
"""

from typing import Literal, NamedTuple

Kind = Literal["text", "bytea", "int4", "int8", "bool", "uuid"]
"""A column's type on PostgreSQL; SQLite keeps uuid as text and bool as a number."""


class WholeTable(NamedTuple):
    """A table and its columns, under the names that every backend has."""

    name: str
    columns: dict[str, Kind]
    keys: frozenset[str] = frozenset()
    """Columns of text from outside in an index, which releases before kept at any length."""


EVENTS = WholeTable(
    "stored_events",
    {
        "notification_id": "int8",
        "originator_id": "text",
        "originator_version": "int8",
        "topic": "text",
        "state": "bytea",
    },
)
SIDE_TABLES = (
    WholeTable("log_tiles", {"level": "int4", "number": "int8", "hashes": "bytea"}),
    WholeTable("ids_taken", {"scope": "text", "id": "bytea"}, frozenset({"id"})),
    WholeTable(
        "idempotency",
        {"token": "text", "key": "bytea", "at": "text", "answer": "bytea"},
        frozenset({"key"}),
    ),
    WholeTable("last_heard", {"alert": "uuid", "at": "text"}),
    WholeTable("bodies", {"digest": "text", "content": "bytea", "size": "int8"}),
    WholeTable(
        "quarantine",
        {
            "id": "text",
            "source": "bytea",
            "digest": "text",
            "state": "text",
            "arrived_at": "text",
            "seen": "int8",
            "last_seen_at": "text",
            "kept": "int8",
            "entry": "bytea",
        },
    ),
    WholeTable(
        "tokens",
        {
            "digest": "text",
            "holder_kind": "text",
            "holder_name": "text",
            "granted_at": "text",
            "revoked": "bool",
            "row": "bytea",
        },
    ),
    WholeTable("token_names", {"name": "text", "holder_name": "text"}),
    WholeTable("token_uses", {"digest": "text", "used_at": "text"}),
    WholeTable("positions", {"follower": "text", "next": "int8"}),
    WholeTable(
        "month_members",
        {
            "incident": "uuid",
            "leaf": "int8",
            "system": "bytea",
            "month": "text",
            "counts": "bool",
            "status": "text",
        },
    ),
    WholeTable("ticket_addresses", {"digest": "text", "incident": "uuid"}),
    WholeTable(
        "measured", {"measurement": "uuid", "series": "uuid", "until": "text", "row": "bytea"}
    ),
    WholeTable("watched", {"kind": "text", "subject": "uuid", "at": "text"}),
    WholeTable("people", {"id": "text", "name": "bytea", "os_user": "text"}),
    WholeTable("identified_people", {"id": "text", "name": "bytea"}),
    WholeTable(
        "texts",
        {"id": "text", "stream": "text", "author": "text", "key": "bytea", "content": "bytea"},
    ),
    WholeTable(
        "reads",
        {
            "day": "text",
            "reader": "text",
            "kind": "text",
            "subject": "text",
            "count": "int8",
            "first_at": "text",
            "last_at": "text",
        },
    ),
    WholeTable("identities", {"issuer": "text", "subject": "bytea", "person": "text"}),
)
ALL_TABLES = (EVENTS, *SIDE_TABLES)
