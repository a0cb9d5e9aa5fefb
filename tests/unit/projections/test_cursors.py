"""A cursor that no list gave is refused, whatever it holds."""

import base64
from pathlib import Path

import msgspec
import pytest

from consumers.runtime import open_ledger
from ledger.errors import Invalid
from ledger.settings import Settings
from projections import queries
from projections.queries.alerts import AlertFilters
from projections.queries.counts import ReviewFilters
from projections.queries.incidents import IncidentFilters
from projections.queries.rca import RcaFilters


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("leaf", 2**64 - 1),
        ("leaf", 2**63),
        ("leaf", -1),
        ("leaf", "7"),
        ("-severity", "high"),
        ("-detected_at", 7),
    ],
)
def test_a_cursor_of_the_wrong_type_or_range_is_refused(
    tmp_path: Path, sort: str, value: object
) -> None:
    ledger = open_ledger(Settings(data_dir=tmp_path / "ledger"))
    try:
        ledger.settle()
        with pytest.raises(Invalid, match="cursor"):
            queries.incidents.register(
                ledger.views,
                IncidentFilters(),
                sort=sort,
                cursor=cursor(sort, value, "x"),
                limit=10,
            )
    finally:
        ledger.close()


def test_a_cursor_of_another_list_is_refused(tmp_path: Path) -> None:
    ledger = open_ledger(Settings(data_dir=tmp_path / "ledger"))
    now = "2026-11-23T00:00:00.000000Z"
    alerts, reviews = cursor("alerts", 7), cursor("reviews", 7)
    clocks, counts = cursor("rca", now, "x"), cursor("counts", "2026-11", "x")
    views = ledger.views
    try:
        ledger.settle()
        for other in (reviews, clocks, counts, cursor(7)):
            with pytest.raises(Invalid, match="cursor"):
                queries.alerts.episodes(views, AlertFilters(), cursor=other, limit=10)
        for other in (alerts, clocks, counts, cursor(7)):
            with pytest.raises(Invalid, match="cursor"):
                queries.counts.reviews(views, ReviewFilters(), cursor=other, limit=10)
        for other in (alerts, reviews, counts, cursor(now, "x")):
            with pytest.raises(Invalid, match="cursor"):
                queries.rca.clocks(views, RcaFilters(), now=now, cursor=other, limit=10)
        for other in (alerts, reviews, clocks, cursor("2026-11", "x")):
            with pytest.raises(Invalid, match="cursor"):
                queries.counts.months(views, cursor=other, limit=10)
        own = queries.alerts.episodes(views, AlertFilters(), cursor=alerts, limit=10)
        assert ([], None) == own
    finally:
        ledger.close()
