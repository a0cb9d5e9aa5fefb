"""Public views of alerts."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from consumers.access.texts import filled_columns
from consumers.container.ledger import Ledger
from consumers.read_service.items import Items
from consumers.read_service.withholding import as_readable, withheld_alerts
from ledger.vocabulary import AlertState
from projections import queries
from projections.engine.projection import Row
from projections.queries.alerts import AlertFilters
from projections.queries.incident_links import follow_merges
from projections.queries.whole import whole


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and the state of its newest episode.

    `incident` is the one it belongs to now, with merges followed; `rule` is the policy's rule that
    was applied. Of a stale alert, `stale_since` is when it was marked and `last_heard_at` when it
    was last heard of: whether it still fires is unknown since then.
    """

    id: str
    source: str
    dedup_key: str
    title: str
    system: str
    severity: str | None
    state: AlertState
    incident: str | None
    rule: str | None
    started_at: str | None
    ended_at: str | None
    stale_since: str | None
    last_heard_at: str | None
    episodes: int

    @property
    def since(self) -> str | None:
        """Since when it is in its state; None if its start is unknown."""
        return self.ended_at or self.stale_since or self.started_at


def list_alerts(
    ledger: Ledger,
    filters: AlertFilters,
    *,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[AlertView]:
    """Alerts, the one with the newest event first unless sorted otherwise. Raises Invalid."""
    wanted = as_readable(ledger.reader, filters, sort)
    page = queries.alerts.list_alerts(ledger.views, wanted, sort=sort, cursor=cursor, limit=limit)
    return Items(items=_alerts(ledger, page.rows), next=page.next)


def whole_list(
    ledger: Ledger, filters: AlertFilters, *, sort: str | None = None
) -> Iterator[list[AlertView]]:
    """Every matching alert in batches; see `projections.queries.whole`. Blocking."""
    plan = queries.alerts.alerts_plan(as_readable(ledger.reader, filters, sort), sort)
    return (_alerts(ledger, rows) for rows in whole(ledger.views, plan))


def _alerts(ledger: Ledger, rows: Sequence[Row]) -> list[AlertView]:
    linked = {row["incident"] for row in rows if row["incident"] is not None}
    targets = follow_merges(ledger.views, linked)
    shown = withheld_alerts(ledger, rows)
    return [_alert(row, targets) for row in filled_columns(ledger.store, shown, ("title",))]


def _alert(row: Row, targets: Mapping[str, str]) -> AlertView:
    same = {name: row[name] for name in AlertView.__struct_fields__ if name in row}
    incident = row["incident"]
    return AlertView(
        **same | {"id": row["alert"], "incident": targets.get(incident) if incident else None}
    )
