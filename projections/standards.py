"""The laws and standards on record: the version that is worked by, and when somebody looks again.

One row each. Source: runbook section 3.
"""

from collections.abc import Iterable
from typing import Any, assert_never, cast

from msgspec import UNSET
from sqlalchemy import Column, Integer, String

from ledger.domain import standard as s
from ledger.domain.envelope import Recorded
from ledger.domain.text import plain_text
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Key, Projection, Row
from projections.values import subject, time_text

TEXTS = {"title": "title", "reference": "published", "version": "version", "url": "url"}
"""The columns of fields that are texts."""
TIMES = ("in_force_from", "review_due")


def columns() -> Iterable[Column[Any]]:
    """`leaf` is that of the first event; `status` is where it stands as far as events say.

    `systems` are those in its scope as one text, a line each; none for all. `changed_leaf` is that
    of the latest change.
    """
    yield Column("standard_id", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("standard", String, nullable=False)
    yield Column("title", String, nullable=False)
    yield Column("standard_kind", String, nullable=False)
    yield Column("status", String, nullable=False)
    yield Column("published", String)
    yield Column("version", String)
    yield Column("in_force_from", String)
    yield Column("url", String)
    yield Column("systems", String)
    yield Column("review_due", String)
    yield Column("reviewed_at", String)
    yield Column("changes", Integer, nullable=False)
    yield Column("changed_at", String)
    yield Column("changed_leaf", Integer)
    yield Column("summary", String)
    yield Column("reassess_by", String)
    yield Column("registered_at", String, nullable=False)


def keys(recorded: Recorded) -> Iterable[Key]:
    """The standard."""
    return ((subject(recorded),),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    """The row after one of its events."""
    event = cast("s.StandardEvent", recorded.event)
    if isinstance(event, s.StandardRegistered):
        row = {
            "standard_id": key[0],
            "leaf": recorded.leaf,
            "standard": event.standard,
            "status": s.StandardStatus.IN_USE.value,
            "registered_at": time_text(event.at),
            "changes": 0,
            **dict.fromkeys((*TEXTS.values(), *TIMES, "systems", "reviewed_at", "changed_at")),
            **dict.fromkeys(("changed_leaf", "summary", "reassess_by")),
        }
        return {**row, **_given(event)}
    if row is None:
        raise ValueError(f"{recorded.stream} was not registered before leaf {recorded.leaf}")
    return {**row, **_changes(row, event, recorded.leaf)}


def _changes(row: Row, event: s.StandardEvent, leaf: int) -> dict[str, Any]:
    match event:
        case s.StandardAmended():
            return _given(event)
        case s.StandardChanged():
            changed: dict[str, Any] = {
                "version": event.version,
                "changes": row["changes"] + 1,
                "changed_at": time_text(event.at),
                "changed_leaf": leaf,
                "summary": plain_text(event.summary),
                "reassess_by": time_text(event.reassess_by),
            }
            if event.in_force_from:
                changed["in_force_from"] = time_text(event.in_force_from)
            return changed
        case s.StandardReviewed():
            return {
                "reviewed_at": time_text(event.at),
                "review_due": time_text(event.review_due) if event.review_due else None,
                "status": s.StandardStatus.IN_USE.value,
            }
        case s.StandardReviewOverdue():
            return {"status": s.StandardStatus.REVIEW_OVERDUE.value}
        case s.StandardWithdrawn():
            return {"status": s.StandardStatus.WITHDRAWN.value}
        case s.StandardRegistered():
            return {}
        case _:
            assert_never(event)


def _given(event: s.StandardRegistered | s.StandardAmended) -> dict[str, Any]:
    """The columns that an event sets."""
    given: dict[str, Any] = {
        column: value
        for name, column in TEXTS.items()
        if (value := getattr(event, name)) is not UNSET
    }
    for name in TIMES:
        if at := getattr(event, name):
            given[name] = time_text(at)
    if event.standard_kind is not UNSET:
        given["standard_kind"] = event.standard_kind.value
    if event.systems is not UNSET:
        given["systems"] = "\n".join(event.systems) or None
    if isinstance(event, s.StandardAmended) and event.review_due:
        given["status"] = s.StandardStatus.IN_USE.value
    return given


LIST = ListView(
    kind="standard",
    key="standard_id",
    path="standards",
    title="Standards",
    lead="The laws and standards that systems are held to, and when somebody looks again.",
    columns=(
        ListColumn(name="standard", label="Id", filters=True),
        ListColumn(name="title", label="Title"),
        ListColumn(name="standard_kind", label="Kind", vocabulary=s.StandardKind, filters=True),
        ListColumn(name="version", label="Version"),
        ListColumn(name="status", label="Status", vocabulary=s.StandardStatus, filters=True),
        ListColumn(name="in_force_from", label="In force from", cell=CellKind.TIME),
        ListColumn(name="review_due", label="Look again until", cell=CellKind.TIME),
        ListColumn(name="reviewed_at", label="Looked at", cell=CellKind.TIME, on_page=False),
        ListColumn(name="changes", label="Changes", on_page=False),
        ListColumn(name="changed_at", label="Changed", cell=CellKind.TIME),
        ListColumn(name="summary", label="What changed", on_page=False),
        ListColumn(name="reassess_by", label="Re-assess until", cell=CellKind.TIME),
        ListColumn(name="systems", label="Systems", on_page=False),
        ListColumn(name="published", label="Published", on_page=False),
        ListColumn(name="url", label="Address", on_page=False),
        ListColumn(name="registered_at", label="Registered", cell=CellKind.TIME, on_page=False),
    ),
)

STANDARDS = Projection(
    name="standards",
    version=1,
    kinds=frozenset({"standard"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=LIST,
)
