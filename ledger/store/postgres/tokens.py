"""Writes of tokens: their rows, their names outside the log, and their last use."""

from collections.abc import Callable

import msgspec

from ledger.policy.times import time_text
from ledger.store import side_records as r
from ledger.store.conflicts import name_given
from ledger.store.postgres.pool import Connection


def write(
    c: Connection, record: r.TokenRow | r.TokenRevoked | r.TokenNamed | r.TokenUsed
) -> Callable[[], None] | None:
    """Writes one of them. What it returns raises Conflict where another grant took a name first."""
    match record:
        case r.TokenRow():
            c.execute(
                "INSERT INTO airledger.tokens VALUES (%s, %s, %s, %s, false, %b)",
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
                "UPDATE airledger.tokens SET revoked = true"
                " WHERE holder_kind = %s AND holder_name = %s",
                (record.holder_kind, record.holder_name),
            )
        case r.TokenNamed():
            return _name(c, record)
        case r.TokenUsed():
            c.execute(
                "INSERT INTO airledger.token_uses AS kept VALUES (%s, %s) ON CONFLICT (digest)"
                " DO UPDATE SET used_at = greatest(kept.used_at, excluded.used_at)",
                (record.digest, time_text(record.at)),
            )
    return None


def _name(c: Connection, record: r.TokenNamed) -> Callable[[], None]:
    given = c.execute(
        "INSERT INTO airledger.token_names AS kept VALUES (%s, %s) ON CONFLICT (name)"
        " DO UPDATE SET holder_name = excluded.holder_name WHERE kept.holder_name = %s"
        " RETURNING name",
        (record.name, record.holder_name, record.before),
    )

    def check() -> None:
        if given.fetchone() is None:
            raise name_given(record)

    return check
