"""What became of the incidents that somebody reported, without what others wrote in them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from uuid import UUID

import msgspec

from consumers.access.texts import filled_columns
from consumers.commands.references import incident_id, reference
from consumers.container.ledger import Ledger
from consumers.exports.cells import columns_of
from consumers.read_service.incidents import row_from_stream
from consumers.read_service.items import Items
from consumers.read_service.list_types import ListType, in_pages, require_no_sort
from consumers.read_service.withholding import readable_in
from ledger.errors import NotFound
from ledger.vocabulary import RcaState
from projections import queries
from projections.engine.projection import Row
from projections.queries.incident_links import merge_targets
from projections.queries.reports import reported_by
from projections.queries.whole import ROWS_PER_BATCH
from projections.rca_status import rca_state
from projections.values import time_text


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as whoever reported it sees it; times are RFC 3339 in UTC.

    `reported_at` is when the ledger recorded it. `ended_at` and `reason` say when and why it was
    closed, merged or dismissed; `merged_into` is the reference of the incident that it is part of
    now, and `merged_status` where work on that stands. `version` counts its events.
    """

    id: str
    reference: str
    title: str
    system: str
    severity: str | None
    category: str | None
    category_label: str | None
    near_miss: bool
    status: str
    detected_at: str
    reported_at: str
    rca_state: RcaState
    ended_at: str | None
    reason: str | None
    merged_into: str | None
    merged_status: str | None
    version: int


def reports(
    ledger: Ledger, actors: Sequence[str], *, cursor: str | None = None, limit: int | None = None
) -> Items[ReportView]:
    """What these actors reported, the newest first. Raises Invalid for an invalid cursor."""
    page = reported_by(ledger.views, actors, cursor=cursor, limit=limit)
    merged = [row["incident"] for row in page.rows if row["merged_into"] is not None]
    targets = merge_targets(ledger.views, merged)
    at = time_text(ledger.now())
    rows = filled_columns(ledger.store, readable_in(ledger.reader, page.rows, _LIST), _TEXTS)
    items = [_view(row, targets.get(row["incident"]), at) for row in rows]
    return Items(items=items, next=page.next)


def report(ledger: Ledger, actors: Collection[str], ref: str) -> ReportView:
    """One of the incidents that these actors reported. Raises NotFound, also for any other."""
    try:
        row = queries.incidents.incident(ledger.views, str(incident_id(ledger.store, ref)))
    except NotFound:
        row = None
    if row is None or row["opened_by"] not in actors:
        raise NotFound(
            f"You reported no incident {ref!r}.",
            remedy="See airledger reports, or the page /reports.",
        )
    target = merge_targets(ledger.views, [row["incident"]]) if row["merged_into"] else {}
    [shown] = filled_columns(ledger.store, readable_in(ledger.reader, [row], _LIST), _TEXTS)
    return _view(shown, target.get(row["incident"]), time_text(ledger.now()))


def report_from_stream(ledger: Ledger, incident: UUID) -> ReportView:
    """A report folded from its stream: the view in the answer to whoever may only report."""
    row = row_from_stream(ledger, incident)
    target: Row | None = None
    into = row["merged_into"]
    while into is not None:
        target = row_from_stream(ledger, UUID(into))
        into = target["merged_into"]
    [shown] = filled_columns(ledger.store, readable_in(ledger.reader, [row], _LIST), _TEXTS)
    return _view(shown, target, time_text(ledger.now()))


def reports_list(actors: Callable[[Ledger], Sequence[str]]) -> ListType:
    """The list of what some actors reported."""

    def page(
        ledger: Ledger, _: object, sort: str | None, cursor: str | None, limit: int | None
    ) -> Items[ReportView]:
        require_no_sort(sort)
        return reports(ledger, actors(ledger), cursor=cursor, limit=limit)

    def batches(ledger: Ledger, given: object, sort: str | None) -> Iterator[Sequence[ReportView]]:
        return in_pages(lambda cursor: page(ledger, given, sort, cursor, ROWS_PER_BATCH))

    return ListType(name="reports", columns=columns_of(ReportView), page=page, batches=batches)


def _view(row: Row, target: Row | None, now: str) -> ReportView:
    """The view of a register row at `now` (RFC 3339); `target` is what it was merged into."""
    return ReportView(
        **{name: row[name] for name in _SAME},
        id=row["incident"],
        reference=reference(row["leaf"]),
        near_miss=bool(row["near_miss"]),
        reported_at=row["recorded_at"],
        rca_state=rca_state(row, due=row["rca_due"], completed_at=row["rca_completed_at"], now=now),
        ended_at=row["ended"].get("at"),
        reason=row["ended"].get("reason"),
        merged_into=None if target is None else reference(target["leaf"]),
        merged_status=None if target is None else target["status"],
    )


_SAME = (
    *("title", "system", "severity", "category", "category_label", "status", "detected_at"),
    "version",
)
"""The fields that are the row's as they are."""
_LIST = "reports"
"""The list by its name in the record of reads."""
_TEXTS = ("title", "ended")
"""The columns that are shown and may hold texts beside the log."""
