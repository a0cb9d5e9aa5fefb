"""The evidence on record: what each piece is, of which system, and until when. One row each.

Source: runbook section 8.
"""

from collections.abc import Iterable
from typing import Any, assert_never, cast

from msgspec import UNSET
from sqlalchemy import BigInteger, Column, Integer, String

from ledger.domain import evidence as v
from ledger.domain.envelope import Recorded
from ledger.domain.text import plain_text
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event; `status` is where it stands as far as events say.

    `approved` are the roles whose latest decision approves it without conditions, as one text.
    """
    yield Column("evidence_id", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("kind", String, nullable=False)
    yield Column("title", String, nullable=False)
    yield Column("system", String)
    yield Column("release", String)
    yield Column("digest", String, nullable=False)
    yield Column("size", BigInteger)
    yield Column("media_type", String)
    yield Column("url", String)
    yield Column("status", String, nullable=False)
    yield Column("approved", String)
    yield Column("filed_at", String, nullable=False)
    yield Column("valid_until", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The piece of evidence."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row after one of its events."""
    event = cast("v.EvidenceEvent", recorded.event)
    if isinstance(event, v.EvidenceFiled):
        return {
            "evidence_id": key[0],
            "leaf": recorded.leaf,
            "kind": event.evidence_kind,
            "title": plain_text(event.title),
            "system": event.system or None,
            "release": event.release or None,
            "digest": event.digest,
            "size": None if event.size is UNSET else event.size,
            "media_type": event.media_type or None,
            "url": event.url or None,
            "status": v.EvidenceStatus.FILED.value,
            "approved": None,
            "filed_at": time_text(event.at),
            "valid_until": time_text(event.valid_until) if event.valid_until else None,
        }
    if row is None:
        raise ValueError(f"{recorded.stream} was not filed before leaf {recorded.leaf}")
    return {**row, **_changes(row, event)}


def _changes(row: Row, event: v.EvidenceEvent) -> dict[str, Any]:
    match event:
        case v.EvidenceRefiled():
            return _refiled(event)
        case v.EvidenceApproved():
            return _approving(row, event.role or None, approved=not event.conditions)
        case v.EvidenceRejected():
            return _approving(row, event.role or None, approved=False)
        case v.EvidenceSuperseded():
            return {"status": v.EvidenceStatus.SUPERSEDED.value}
        case v.EvidenceWithdrawn():
            return {"status": v.EvidenceStatus.WITHDRAWN.value}
        case v.EvidenceExpired():
            return {"status": v.EvidenceStatus.EXPIRED.value}
        case v.EvidenceAttested() | v.EvidenceFiled() | v.EvidenceChecked():
            return {}
        case _:
            assert_never(event)


def _refiled(event: v.EvidenceRefiled) -> dict[str, Any]:
    changes: dict[str, Any] = {
        name: value
        for name in ("release", "size", "media_type", "url")
        if (value := getattr(event, name)) is not UNSET
    }
    if event.title is not UNSET:
        changes["title"] = plain_text(event.title)
    if event.valid_until:
        changes["valid_until"] = time_text(event.valid_until)
        changes["status"] = v.EvidenceStatus.FILED.value
    return changes


def _approving(row: Row, role: str | None, *, approved: bool) -> dict[str, Any]:
    if role is None:
        return {}
    roles = set(filter(None, (row["approved"] or "").split(", "))) - {role}
    if approved:
        roles.add(role)
    return {"approved": ", ".join(sorted(roles)) or None}


LIST = ListView(
    kind="evidence",
    key="evidence_id",
    path="evidence",
    title="Evidence",
    lead="The documents on record by their digests, who approved them and until when they hold.",
    columns=(
        ListColumn(name="kind", label="Kind", filters=True),
        ListColumn(name="title", label="Title"),
        ListColumn(name="system", label="System", filters=True),
        ListColumn(name="release", label="Release", filters=True),
        ListColumn(name="status", label="Status", vocabulary=v.EvidenceStatus, filters=True),
        ListColumn(name="approved", label="Approved by"),
        ListColumn(name="valid_until", label="Valid until", cell=CellKind.TIME),
        ListColumn(name="filed_at", label="Filed", cell=CellKind.TIME),
        ListColumn(name="digest", label="Digest", filters=True),
        ListColumn(name="size", label="Bytes"),
        ListColumn(name="media_type", label="Media type"),
        ListColumn(name="url", label="Kept at"),
    ),
)

EVIDENCE = Projection(
    name="evidence",
    version=1,
    kinds=frozenset({"evidence"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=LIST,
)
