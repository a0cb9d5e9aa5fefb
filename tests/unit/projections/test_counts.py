"""The monthly counts, a page at a time."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from ledger.domain.incident.commands import Report
from projections import queries
from projections.engine import ViewsDatabase
from tests.harness.commands import report_incident
from tests.unit.projections.world import world


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_the_pages_of_the_counts_hold_each_month_and_system_once(
    tmp_path: Path, views: ViewsDatabase, limit: int
) -> None:
    with world(tmp_path, views) as ledger:
        for number, (month, system) in enumerate(
            [(1, "b"), (1, "c"), (2, "a"), (2, "b"), (3, "a")]
        ):
            report = Report(
                title="It broke", system=system, detected_at=datetime(2026, month, 1, tzinfo=UTC)
            )
            request = report_incident(incident=UUID(int=number + 1), report=report)
            ledger.executor.execute(request, ledger.context())
        ledger.catch_up()

        found: list[tuple[str, str]] = []
        cursor = None
        for _ in range(5):
            page = queries.counts.monthly_counts(ledger.views, cursor=cursor, limit=limit)
            found += [(each.month, each.system) for each in page.counts]
            if (cursor := page.next) is None:
                break

    assert [
        ("2026-03", "a"),
        ("2026-02", "a"),
        ("2026-02", "b"),
        ("2026-01", "b"),
        ("2026-01", "c"),
    ] == found
