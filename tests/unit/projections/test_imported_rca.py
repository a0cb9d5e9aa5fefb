"""History has no clock, so the completion is the first to say whether an RCA was late."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.domain.incident.commands import CompleteRca
from ledger.domain.incident.events import IMPORTED, IncidentDetected
from ledger.store.mapper import EnvelopeMapper
from projections.rca_sla import RCA_SLA
from projections.register import REGISTER
from tests.unit.execute.desk import NOON
from tests.unit.projections.world import world

DAY = timedelta(days=1)
THEN = NOON - 30 * DAY
OF = UUID(int=1)


def imported() -> Recorded:
    """An incident of a month ago, as an import records it."""
    return Recorded(
        event=IncidentDetected(
            at=THEN,
            title="It broke",
            system="chat",
            severity=None,
            source="import/page",
            basis=IMPORTED,
            month="2026-01",
            rca_due=THEN + DAY,
            at_risk_at=THEN + DAY - timedelta(hours=4),
            counts=True,
        ),
        stream=f"incident/{OF}",
        version=1,
        leaf=-1,
        id="1",
        recorded_at=NOON,
        actor="airledger",
        source="import/page",
        correlation="c",
    )


@pytest.mark.parametrize(("hours", "verdict"), [(1, "met"), (24, "met"), (80, "overdue")], ids=str)
def test_an_imported_rca_completed_after_its_due_time_was_not_complete_then(
    tmp_path: Path, hours: int, verdict: str
) -> None:
    with world(tmp_path) as ledger:
        ledger.store.append([EnvelopeMapper(CODEC).to_new_event(imported())])
        completed = CompleteRca(summary="s", root_cause="r", at=THEN + timedelta(hours=hours))
        ledger.do(OF, completed, source="import/page")

        found = [ledger.rows(of)[str(OF),]["verdict_at_due"] for of in (RCA_SLA, REGISTER)]

    assert [verdict, verdict] == found
