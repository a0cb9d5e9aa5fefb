"""Public views of RCA clocks."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from consumers.access.people import display_names
from consumers.access.texts import filled_columns
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.filters import owners_for
from consumers.read_service.items import Items
from consumers.read_service.marks import WithdrawnMark, withdrawn_marks
from consumers.read_service.rca_words import approval_of
from consumers.read_service.withholding import as_readable, readable_in
from ledger.vocabulary import RcaState
from projections import queries
from projections.engine.projection import Row
from projections.queries.rca import RcaFilters
from projections.queries.whole import whole
from projections.rca_status import rca_state
from projections.values import time_text


class RcaClock(msgspec.Struct, frozen=True, kw_only=True):
    """The RCA clock of an incident; `state` is current.

    `verdict_at_due` (met or overdue) is what was on record when the RCA was first due; it changes
    only if a wrong mark is `withdrawn`. `at_risk_recorded_at` and `overdue_recorded_at` are when
    the ledger recorded the event, which may be later than the time in it. `due_at` is in force:
    `final_due_at` once a preliminary RCA met the deadline, which `preliminary_due_at` then gives.
    A near miss owes no RCA. `approval_awaited`: it is complete, and somebody other than `author`
    has to approve it.
    """

    id: str
    reference: str
    title: str
    system: str
    severity: str | None
    status: str
    owner: str | None
    month: str
    detected_at: str
    state: RcaState
    due_at: str
    at_risk_at: str
    started_at: str | None
    completed_at: str | None
    at_risk_recorded_at: str | None
    overdue_recorded_at: str | None
    verdict_at_due: str | None
    withdrawn: list[WithdrawnMark] = []
    near_miss: bool = False
    preliminary_at: str | None = None
    preliminary_due_at: str | None = None
    preliminary_met_at: str | None = None
    final_due_at: str | None = None
    approval_awaited: bool = False
    author: str | None = None
    approved_at: str | None = None
    approved_by: str | None = None
    approval_comment: str | None = None


def clocks(
    ledger: Ledger,
    filters: RcaFilters,
    *,
    at: str | None = None,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[RcaClock]:
    """RCA clocks, the earliest due first unless sorted otherwise. Raises Invalid.

    They are as at `at` (RFC 3339 text in UTC; default: now).
    """
    at = at or time_text(ledger.now())
    page = queries.rca.clocks(
        ledger.views,
        as_readable(ledger.reader, filters, sort, searches=bool(filters.q)),
        now=at,
        sort=sort,
        owners=owners_for(ledger.store, sort),
        cursor=cursor,
        limit=limit,
    )
    names = display_names(ledger.store)
    return Items(items=_clocks(ledger, page.rows, names, at), next=page.next)


def whole_list(
    ledger: Ledger, filters: RcaFilters, *, sort: str | None = None
) -> Iterator[list[RcaClock]]:
    """Every matching clock in batches, as of now; see `projections.queries.whole`. Blocking."""
    at, names = time_text(ledger.now()), display_names(ledger.store)
    wanted = as_readable(ledger.reader, filters, sort, searches=bool(filters.q))
    plan = queries.rca.clocks_plan(wanted, at, sort, owners_for(ledger.store, sort))
    return (_clocks(ledger, rows, names, at) for rows in whole(ledger.views, plan))


def _clocks(
    ledger: Ledger, rows: Sequence[Row], names: Mapping[str, str], at: str
) -> list[RcaClock]:
    shown = readable_in(ledger.reader, rows, "rca")
    rows = filled_columns(ledger.store, shown, ("title", "approval"))
    return [_clock(row, names, at) for row in rows]


def _clock(row: Row, names: Mapping[str, str], at: str) -> RcaClock:
    same = {name: row[name] for name in RcaClock.__struct_fields__ if name in row}
    owner = row["owner"]
    return RcaClock(
        **same
        | {
            "id": row["incident"],
            "reference": reference(row["leaf"]),
            "owner": names.get(owner, owner),
            "due_at": row["due"],
            "withdrawn": withdrawn_marks(row),
            "state": rca_state(row, due=row["due"], completed_at=row["completed_at"], now=at),
            "near_miss": bool(row["near_miss"]),
            **approval_of(row, names),
        }
    )
