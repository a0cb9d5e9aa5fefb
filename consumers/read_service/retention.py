"""Incidents whose texts were kept for as long as the policy says: a person decides. Blocking."""

from collections.abc import Iterator

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.items import Items
from ledger.domain.incident.kind import INCIDENT
from ledger.store.text_reads import RecordTexts
from projections.engine.projection import Row
from projections.queries.ended import ended_incidents
from projections.values import time_text


class DueErasure(msgspec.Struct, frozen=True, kw_only=True):
    """An incident whose work ended at `ended_at`, with the number of texts that can be read."""

    id: str
    reference: str
    system: str
    status: str
    detected_at: str
    ended_at: str
    texts: int


def due_erasures(
    ledger: Ledger, *, cursor: str | None = None, limit: int | None = None
) -> Items[DueErasure]:
    """Incidents that ended longer ago than `retention.incidents`, and have texts; oldest first.

    A page may have fewer of them than its limit, for those without texts are left out, and has a
    cursor all the same. None are due where the policy names no time. Raises Invalid for an invalid
    cursor.
    """
    kept = policy_in_force(ledger.store).retention.incidents
    if kept is None:
        return Items(items=[], next=None)
    before = time_text(ledger.now() - kept)
    page = ended_incidents(ledger.views, before, cursor=cursor, limit=limit)
    due = [row for row in page.rows if row["ended"].get("at", before) < before]
    return Items(items=list(_with_texts(ledger, due)), next=page.next)


def _with_texts(ledger: Ledger, rows: list[Row]) -> Iterator[DueErasure]:
    texts = RecordTexts(ledger.store)
    for row in rows:
        named = texts.of(f"{INCIDENT.kind}/{row['incident']}")
        if readable := ledger.store.texts.readable({each.text for each in named}):
            yield DueErasure(
                id=row["incident"],
                reference=reference(row["leaf"]),
                system=row["system"],
                status=row["status"],
                detected_at=row["detected_at"],
                ended_at=row["ended"]["at"],
                texts=len(readable),
            )
