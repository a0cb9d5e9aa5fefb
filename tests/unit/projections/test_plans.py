"""What the register's page asks is answered from indexes, however many incidents there are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from projections import queries
from projections.engine import SQLiteViews
from projections.queries.incidents import IncidentFilters
from projections.queries.reports import reported_by
from tests.unit.projections.world import World, world

NOW = "2026-03-02T00:00:00.000000Z"
LATER = "2026-04-02T00:00:00.000000Z"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as opened:
        for number in range(12):
            labels = {"alertname": f"A{number}", "severity": "page", "system": f"s{number % 3}"}
            opened.take(opened.signal(f"k{number}", labels=labels))
        opened.catch_up()
        yield opened


@pytest.fixture
def plans(ledger: World) -> list[str]:
    """What the database says it does for each query, as they come."""
    found: list[str] = []

    def explain(connection: Connection, cursor: object, sql: str, values: Any, *_: object) -> None:
        if "register_v" in sql and not sql.startswith("EXPLAIN"):
            raw = connection.connection.cursor()
            raw.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            found.extend(row[3] for row in raw.fetchall())

    assert isinstance(ledger.views, SQLiteViews)
    event.listen(ledger.views._engine, "before_cursor_execute", explain)
    return found


def test_how_the_register_stands_is_counted_from_an_index(ledger: World, plans: list[str]) -> None:
    assert (12, 12) == queries.incidents.register_summary(ledger.views, NOW)[:2]

    assert plans
    assert all("COVERING INDEX" in plan for plan in plans)


def test_what_presses_is_searched_in_an_index_and_in_no_row(
    ledger: World, plans: list[str]
) -> None:
    assert (0, 0) == queries.incidents.overdue_counts(ledger.views, NOW)
    assert (0, 12) == queries.incidents.overdue_counts(ledger.views, LATER)

    read = [plan for plan in plans if "register_v" in plan]
    assert 4 == len(read)
    assert all(plan.startswith("SEARCH") and "COVERING INDEX" in plan for plan in read)


def test_what_presses_is_counted_no_further_than_its_bound(
    ledger: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries.incidents, "MAX_OVERDUE", 5)

    assert (0, 5) == queries.incidents.overdue_counts(ledger.views, LATER)


def test_what_presses_is_what_the_register_counts(ledger: World) -> None:
    due = queries.incidents.register(ledger.views, IncidentFilters(), limit=1).rows[0]
    for now in (due["at_risk_at"], due["rca_due"], LATER, NOW):
        standing = queries.incidents.register_summary(ledger.views, now)
        assert standing[-2:] == queries.incidents.overdue_counts(ledger.views, now), now


def test_what_somebody_reported_is_searched_in_an_index_in_its_order(
    ledger: World, plans: list[str]
) -> None:
    [newest] = queries.incidents.register(ledger.views, IncidentFilters(), limit=1).rows
    actor = newest["opened_by"]
    plans.clear()
    first = reported_by(ledger.views, [actor, "person/nobody"], limit=5)
    rest = reported_by(ledger.views, [actor], cursor=first.next, limit=100)

    leaves = [row["leaf"] for row in (*first.rows, *rest.rows)]
    assert 5 == len(first.rows)
    assert (12, leaves) == (len(leaves), sorted(leaves, reverse=True))
    assert all(plan.startswith("SEARCH") and "opened_by=?" in plan for plan in plans)


def test_systems_and_months_are_looked_up_one_after_the_other(
    ledger: World, plans: list[str]
) -> None:
    assert (["s0", "s1", "s2"], ["2026-03"], True) == queries.incidents.filter_choices(ledger.views)

    read = [plan for plan in plans if "register_v" in plan]
    assert read
    assert all(plan.startswith("SEARCH") and "COVERING INDEX" in plan for plan in read)


def test_a_form_is_offered_no_more_systems_than_its_bound_those_of_the_newest_incidents(
    ledger: World, monkeypatch: pytest.MonkeyPatch, plans: list[str]
) -> None:
    monkeypatch.setattr(queries.incidents, "MAX_CHOICES", 2)
    monkeypatch.setattr(queries.alerts, "MAX_CHOICES", 2)
    newest = queries.incidents.register(ledger.views, IncidentFilters(), sort="-leaf", limit=5)
    expected = list(dict.fromkeys(row["system"] for row in newest.rows))[:2]

    found = queries.incidents.filter_choices(ledger.views)

    assert (sorted(expected), ["2026-03"], False) == found
    assert [] == [
        plan for plan in plans if plan.startswith("SCAN register_v") and "INDEX" not in plan
    ]
    assert len(queries.alerts.filter_choices(ledger.views).systems) <= 2


@pytest.mark.parametrize("sort", ["detected_at", "-detected_at", "rca_due", "-rca_due", "leaf"])
def test_a_page_in_these_orders_reads_the_rows_it_shows(
    ledger: World, plans: list[str], sort: str
) -> None:
    assert 5 == len(
        queries.incidents.register(ledger.views, IncidentFilters(), sort=sort, limit=5).rows
    )

    assert [] == [plan for plan in plans if "TEMP B-TREE FOR ORDER BY" in plan]


def test_an_empty_register_has_no_systems(tmp_path: Path) -> None:
    with world(tmp_path) as empty:
        empty.catch_up()
        assert ([], [], True) == queries.incidents.filter_choices(empty.views)
