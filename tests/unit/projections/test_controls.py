"""Controls and standards as rows: they say of each what its stream does, at every time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from consumers.read_service.control_coverage import (
    ControlStanding,
    clauses_covered,
    counts_of,
    standing_of,
    standings_of,
    worst,
)
from consumers.read_service.controls import status_now
from ledger.domain import control as k
from ledger.domain import standard as s
from ledger.domain.control import ControlStatus, Effect
from ledger.domain.envelope import Event, Recorded
from ledger.domain.identity import control_id, standard_id
from ledger.policy import parse_policy, shipped
from projections import controls, standards
from projections.engine.projection import Row
from projections.values import time_text
from tests.golden.envelope import recorded
from tests.unit.domain.story import POLICY

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
DAY = timedelta(days=1)
CONTROL = k.CONTROL.stream(control_id("oversight", "chat"))
STANDARD = s.STANDARD.stream(standard_id("eu_ai_act"))
Evolve = Callable[[Row | None, Recorded, Any], Row]


def row_after(stream: str, evolve: Evolve, *events: Event) -> Row | None:
    """The row after these events of one stream."""
    row: Row | None = None
    for number, event in enumerate(events):
        entry = recorded(event, stream=stream, leaf=number)
        row = evolve(row, entry, (stream.partition("/")[2],))
    return row


COMMANDS = st.one_of(
    st.builds(
        k.AssessControl,
        control=st.just("oversight"),
        system=st.just("chat"),
        design=st.sampled_from([Effect.EFFECTIVE, Effect.PARTLY, Effect.NOT]),
        operating=st.sampled_from([Effect.EFFECTIVE, Effect.PARTLY, Effect.NOT]),
        until=st.none() | st.integers(50, 90).map(lambda days: NOW + days * DAY),
    ),
    st.builds(
        k.CallForReassessment,
        control=st.just("oversight"),
        system=st.just("chat"),
        standard=st.sampled_from(["eu_ai_act", "iso_42001"]),
        by=st.integers(1, 90).map(lambda days: NOW + days * DAY),
        leaf=st.integers(1, 9),
        at=st.just(NOW),
    ),
    st.just(k.MarkReassessmentOverdue()),
)


@given(st.lists(st.tuples(COMMANDS, st.integers(0, 5)), max_size=12), st.integers(0, 120))
def test_a_row_says_what_the_stream_does_at_every_time(
    commands: list[tuple[k.ControlCommand, int]], later: int
) -> None:
    events: list[k.ControlEvent] = []
    now = NOW
    for command, days in commands:
        now += days * DAY
        state = reduce(k.evolve, events, k.Control())
        events += k.decide(command, state, POLICY, now)
    state = reduce(k.evolve, events, k.Control())
    row = row_after(CONTROL, controls.evolve, *events)
    at = now + later * DAY
    if row is None:
        assert ControlStatus.NOT_ASSESSED is state.status_at(at)
        return
    assert state.status_at(at) is status_now(row, time_text(at))
    assert len(state.owed) == row["owed"]
    due = min((each.by for each in state.owed), default=None)
    assert (None if due is None else time_text(due)) == row["reassess_by"]
    standing = standing_of("oversight", "chat", state, at)
    assert (standing.status, standing.reassess_by) == (
        status_now(row, time_text(at)),
        row["reassess_by"],
    )


def test_a_row_of_a_standard_follows_its_events() -> None:
    registered = s.StandardRegistered(
        at=NOW,
        standard="eu_ai_act",
        title="EU AI Act",
        standard_kind=s.StandardKind.LAW,
        review_due=NOW + DAY,
        systems=("chat", "search"),
    )
    changed = s.StandardChanged(
        at=NOW, version="2026", summary="Logs.", reassess_by=NOW + DAY, in_force_from=NOW
    )
    row = row_after(STANDARD, standards.evolve, registered, changed)
    assert row is not None
    assert ("2026", 1, 1, "chat\nsearch", "in_use") == (
        row["version"],
        row["changes"],
        row["changed_leaf"],
        row["systems"],
        row["status"],
    )
    overdue = s.StandardReviewOverdue(at=NOW + DAY, due=NOW + DAY)
    amended = s.StandardAmended(at=NOW, reason="R", review_due=NOW + 3 * DAY, systems=())
    reviewed = s.StandardReviewed(at=NOW, person="person/1", review_due=UNSET)
    for events, status in (
        ((overdue,), "review_overdue"),
        ((overdue, amended), "in_use"),
        ((overdue, reviewed), "in_use"),
        ((s.StandardWithdrawn(at=NOW, reason="R"),), "withdrawn"),
    ):
        found = row_after(STANDARD, standards.evolve, registered, *events)
        assert found is not None
        assert status == found["status"]
    last = row_after(STANDARD, standards.evolve, registered, amended, reviewed)
    assert last is not None
    assert (None, None) == (last["systems"], last["review_due"])


def standing(status: ControlStatus) -> Callable[[str, str | None], ControlStanding]:
    return lambda control, system: ControlStanding(control=control, system=system, status=status)


class TestCoverage:
    """A clause is covered by controls that are all effective or not applicable."""

    def test_a_clause_without_a_control_is_a_gap_and_never_covered(self) -> None:
        found = clauses_covered(POLICY, "eu_ai_act", ["chat"], standing(ControlStatus.EFFECTIVE))
        assert ["47"] == [each.clause for each in found if each.gap]
        assert {"47"} == {each.clause for each in found if not each.covered}

    def test_a_clause_is_as_its_worst_control_and_system(self) -> None:
        def stands(control: str, system: str | None) -> ControlStanding:
            late = (control, system) == ("oversight", "search")
            status = ControlStatus.REASSESSMENT_OVERDUE if late else ControlStatus.EFFECTIVE
            return ControlStanding(control=control, system=system, status=status)

        found = clauses_covered(POLICY, "eu_ai_act", ["chat", "search"], stands)
        worse = {each.clause for each in found if each.status is ControlStatus.REASSESSMENT_OVERDUE}
        assert {"14", "26"} == worse
        counts = counts_of(standings_of(found))
        assert {"reassessment_overdue": 1, "effective": 16 * 2 + 6 - 1} == counts

    def test_without_a_system_only_the_organisation_s_controls_stand(self) -> None:
        found = clauses_covered(POLICY, "eu_ai_act", [], standing(ControlStatus.NOT_ASSESSED))
        assert {None} == {each.system for each in standings_of(found)}
        by_clause = {each.clause: each for each in found}
        assert by_clause["14"].status is None
        assert not by_clause["14"].covered

    def test_what_nobody_assessed_or_what_expired_covers_nothing(self) -> None:
        for status in ControlStatus:
            found = clauses_covered(POLICY, "eu_ai_act", ["chat"], standing(status))
            fine = status in {ControlStatus.EFFECTIVE, ControlStatus.NOT_APPLICABLE}
            assert fine is any(each.covered for each in found)

    def test_a_standard_that_the_policy_has_not_has_no_clauses(self) -> None:
        none = parse_policy(shipped().partition("[standards.")[0] + _rest())
        found = clauses_covered(none, "eu_ai_act", ["chat"], standing(ControlStatus.EFFECTIVE))
        assert () == found

    def test_what_is_owed_is_worse_than_what_was_found(self) -> None:
        assert worst(list(ControlStatus)) is ControlStatus.REASSESSMENT_OVERDUE
        assert worst([ControlStatus.EFFECTIVE, ControlStatus.PARTLY]) is ControlStatus.PARTLY
        assert worst([]) is None


def _rest() -> str:
    """The shipped policy behind its catalogue."""
    return "\n# --- Runbook section 9" + shipped().partition("\n# --- Runbook section 9")[2]
