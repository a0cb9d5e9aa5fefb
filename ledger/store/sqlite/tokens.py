"""Writes of tokens: their rows, their names outside the log, and their last use."""

import msgspec
from eventsourcing.sqlite import SQLiteCursor

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import name_given


def write(
    c: SQLiteCursor, record: r.TokenRow | r.TokenRevoked | r.TokenNamed | r.TokenUsed
) -> None:
    """Writes one of them. Raises Conflict where another grant took a name first."""
    match record:
        case r.TokenRow():
            c.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?, 0, ?)",
                (
                    record.digest,
                    record.holder_kind,
                    record.holder_name,
                    time_text(record.granted_at),
                    msgspec.json.encode(record),
                ),
            )
        case r.TokenRevoked():
            c.execute(
                "UPDATE tokens SET revoked = 1 WHERE holder_kind = ? AND holder_name = ?",
                (record.holder_kind, record.holder_name),
            )
        case r.TokenNamed():
            c.execute(
                "INSERT INTO token_names VALUES (?1, ?2) ON CONFLICT (name)"
                " DO UPDATE SET holder_name = excluded.holder_name WHERE holder_name = ?3"
                " RETURNING name",
                (record.name, record.holder_name, record.before),
            )
            if c.fetchone() is None:
                raise name_given(record)
        case r.TokenUsed():
            c.execute(
                "INSERT INTO token_uses VALUES (?, ?) ON CONFLICT (digest)"
                " DO UPDATE SET used_at = max(used_at, excluded.used_at)",
                (record.digest, time_text(record.at)),
            )
