"""A cursor that no list gave is refused, whatever it holds."""

import base64
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from consumers.container.ledger import open_ledger
from ledger.errors import Invalid
from ledger.settings import Settings
from ledger.settings.model import ViewsSettings
from projections import queries
from projections.queries.alerts import AlertFilters
from projections.queries.counts import ReviewFilters
from projections.queries.incidents import IncidentFilters
from projections.queries.paging import Page
from projections.queries.rca import RcaFilters
from tests.unit.projections.places import Place


def on(place: Place, directory: Path) -> Settings:
    """An embedded ledger with its read models there."""
    return Settings(data_dir=directory / "ledger", views=ViewsSettings(url=place.url))


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("leaf", 2**64 - 1),
        ("leaf", 2**63),
        ("leaf", -1),
        ("leaf", "7"),
        ("-severity", 2**63),
        ("-severity", "high"),
        ("-detected_at", 7),
    ],
)
def test_a_cursor_of_the_wrong_type_or_range_is_refused(
    tmp_path: Path, place: Place, sort: str, value: object
) -> None:
    ledger = open_ledger(on(place, tmp_path))
    try:
        ledger.seal_and_project()
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


def test_a_cursor_of_another_list_is_refused(tmp_path: Path, place: Place) -> None:
    ledger = open_ledger(on(place, tmp_path))
    now = "2026-11-23T00:00:00.000000Z"
    alerts, reviews = cursor("alerts -newest", 7, "x"), cursor("reviews -reference", 7)
    clocks, counts = cursor("rca due_at", now, "x"), cursor("counts -month", "2026-11", "x")
    views = ledger.views
    try:
        ledger.seal_and_project()
        for other in (reviews, clocks, counts, cursor(7)):
            with pytest.raises(Invalid, match="cursor"):
                queries.alerts.list_alerts(views, AlertFilters(), cursor=other, limit=10)
        for other in (alerts, clocks, counts, cursor(7)):
            with pytest.raises(Invalid, match="cursor"):
                queries.counts.reviews(views, ReviewFilters(), now=now, cursor=other, limit=10)
        for other in (alerts, reviews, counts, cursor(now, "x")):
            with pytest.raises(Invalid, match="cursor"):
                queries.rca.clocks(views, RcaFilters(), now=now, cursor=other, limit=10)
        for other in (alerts, reviews, clocks, cursor("2026-11", "x")):
            with pytest.raises(Invalid, match="cursor"):
                queries.counts.monthly_counts(views, cursor=other, limit=10)
        own = queries.alerts.list_alerts(views, AlertFilters(), cursor=alerts, limit=10)
        assert ([], None) == own
    finally:
        ledger.close()


@pytest.mark.parametrize(
    ("sort", "value"), [("leaf", 2**63 - 1), ("severity", 2**63 - 1), ("system", "\0 %s \1")]
)
def test_a_cursor_of_any_value_of_its_type_is_answered(
    tmp_path: Path, place: Place, sort: str, value: object
) -> None:
    ledger = open_ledger(on(place, tmp_path))
    try:
        ledger.seal_and_project()
        behind = cursor(sort, value, "\0")
        found = queries.incidents.register(
            ledger.views, IncidentFilters(), sort=sort, cursor=behind, limit=10
        )
    finally:
        ledger.close()

    assert ([], None) == found


def test_before_the_first_fold_no_page_gave_a_cursor_and_none_is_taken(
    tmp_path: Path, place: Place
) -> None:
    """An empty page would be taken for the end of a list whose read model is filled anew."""
    ledger = open_ledger(on(place, tmp_path))
    now = "2026-11-23T00:00:00.000000Z"
    views, some = ledger.views, cursor("alerts -newest", 7, "x")
    try:
        asks: tuple[Callable[[str | None], Page], ...] = (
            lambda at: queries.alerts.list_alerts(views, AlertFilters(), cursor=at, limit=10),
            lambda at: queries.counts.reviews(views, ReviewFilters(), now=now, cursor=at, limit=10),
            lambda at: queries.rca.clocks(views, RcaFilters(), now=now, cursor=at, limit=10),
            lambda at: queries.incidents.register(views, IncidentFilters(), cursor=at, limit=10),
            lambda at: queries.incidents.timeline(views, "x", cursor=at, limit=10),
        )
        for ask in asks:
            assert ([], None) == ask(None)
            with pytest.raises(Invalid, match="cursor"):
                ask(some)
    finally:
        ledger.close()
