"""A mark that is withdrawn leaves in the read models what would stand there without it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from ledger.domain.incident import events as e
from ledger.domain.incident.describing import describe as sentence
from ledger.vocabulary import RcaMark
from projections.engine.projection import Projection, Row
from projections.rca_sla import RCA_SLA
from projections.register import REGISTER
from projections.values import time_text
from tests.golden.envelope import recorded
from tests.unit.domain.story import AT_RISK_AT, DUE, NOW, detected

AT_RISK, OVERDUE = e.RcaAtRisk(at=AT_RISK_AT, due=DUE), e.RcaOverdue(at=DUE, due=DUE)
OTHER = DUE + timedelta(hours=5)
IN_TIME = e.RcaCompleted(at=DUE, summary="s", root_cause="r")
TOO_LATE = e.RcaCompleted(at=DUE + timedelta(hours=1), summary="s", root_cause="r")
JUMPED = NOW + timedelta(days=40)


def withdrawn(mark: RcaMark, due: datetime = DUE) -> e.RcaMarkWithdrawn:
    return e.RcaMarkWithdrawn(at=NOW, due=due, mark=mark, reason="A wrong clock")


def row(projection: Projection, events: Sequence[e.IncidentEvent]) -> Row:
    """The row of an incident after these events, each recorded an hour after the one before."""
    found: Row | None = None
    for number, event in enumerate([detected(), *events]):
        at = JUMPED + number * timedelta(hours=1)
        each = recorded(event, version=number + 1, leaf=number, recorded_at=at)
        for key in projection.keys(each):
            found = projection.evolve(found, each, key)
    assert found is not None
    return found


@pytest.mark.parametrize("projection", [REGISTER, RCA_SLA], ids=["register", "rca_sla"])
@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([OVERDUE], "overdue"),
        ([OVERDUE, withdrawn(RcaMark.OVERDUE)], None),
        ([OVERDUE, withdrawn(RcaMark.OVERDUE), IN_TIME], "met"),
        ([OVERDUE, IN_TIME, withdrawn(RcaMark.OVERDUE)], "met"),
        ([OVERDUE, withdrawn(RcaMark.OVERDUE), TOO_LATE], "overdue"),
        ([OVERDUE, withdrawn(RcaMark.OVERDUE), OVERDUE], "overdue"),
        ([AT_RISK, OVERDUE, withdrawn(RcaMark.AT_RISK)], "overdue"),
        ([OVERDUE, e.RcaOverdue(at=OTHER, due=OTHER), withdrawn(RcaMark.OVERDUE)], "overdue"),
        (
            [OVERDUE, e.RcaOverdue(at=OTHER, due=OTHER), withdrawn(RcaMark.OVERDUE, OTHER)],
            "overdue",
        ),
        ([IN_TIME], "met"),
    ],
)
def test_the_verdict_at_the_due_time_is_as_if_the_mark_had_never_been(
    projection: Projection, events: list[e.IncidentEvent], verdict: str | None
) -> None:
    assert verdict == row(projection, events)["verdict_at_due"]


def test_when_a_mark_was_recorded_is_said_of_those_that_stand() -> None:
    clock = row(RCA_SLA, [AT_RISK, OVERDUE])
    assert ("2026-04-19T11", "2026-04-19T12") == (
        clock["at_risk_recorded_at"][:13],
        clock["overdue_recorded_at"][:13],
    )
    both = [withdrawn(RcaMark.AT_RISK), withdrawn(RcaMark.OVERDUE)]
    clock = row(RCA_SLA, [AT_RISK, OVERDUE, *both])
    assert (None, None) == (clock["at_risk_recorded_at"], clock["overdue_recorded_at"])
    clock = row(RCA_SLA, [AT_RISK, OVERDUE, *both, AT_RISK])
    assert "2026-04-19T15" == clock["at_risk_recorded_at"][:13]


def test_the_timeline_says_which_mark_was_withdrawn_and_why() -> None:
    due = time_text(DUE)
    assert (
        f"Mark withdrawn: root cause analysis at risk, due {due} (A wrong clock)",
        f"Mark withdrawn: root cause analysis overdue, due {due} (A wrong clock)",
    ) == tuple(sentence(withdrawn(mark)) for mark in RcaMark)
