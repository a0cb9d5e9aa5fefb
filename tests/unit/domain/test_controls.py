"""A control: assessed by persons, called for by changes, overdue and expired by the clock."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain import control as k
from ledger.domain import evidence as v
from ledger.domain import system as y
from ledger.domain.control import ControlStatus, Effect
from ledger.domain.envelope import stream_id
from ledger.domain.identity import control_id, system_id
from ledger.domain.stream_type import Sender
from ledger.errors import Invalid, Refused
from tests.unit.domain.story import POLICY

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
DAY = timedelta(days=1)
BY = NOW + 30 * DAY
EVIDENCE = str(UUID(int=1))
ADA = Sender("person/ada", frozenset({"person/ada"}))
ASSESS = k.AssessControl(
    control="oversight", system="chat", design=Effect.EFFECTIVE, operating=Effect.PARTLY
)
ASSESSED = k.ControlAssessed(
    at=NOW,
    control="oversight",
    system="chat",
    person="person/ada",
    design=Effect.EFFECTIVE,
    operating=Effect.PARTLY,
)
CALL = k.CallForReassessment(
    control="oversight",
    system="chat",
    standard="eu_ai_act",
    by=BY,
    leaf=7,
    at=NOW,
    assessments=0,
)
DUE = k.ControlReassessmentDue(
    at=NOW, control="oversight", system="chat", standard="eu_ai_act", by=BY, leaf=7
)
OVERDUE = k.ControlReassessmentOverdue(at=BY, by=BY)
CHAT = y.System(system="chat")
FILED = v.Evidence(kind="other", digest="ab" * 32, system="chat")


def after(*events: k.ControlEvent) -> k.Control:
    return reduce(k.evolve, events, k.Control())


def decided(
    command: k.ControlCommand, *events: k.ControlEvent, now: datetime = NOW
) -> tuple[k.ControlEvent, ...]:
    return k.decide(command, after(*events), POLICY, now, ADA)


def refused(command: k.ControlCommand, *events: k.ControlEvent) -> str:
    with pytest.raises(Refused) as found:
        decided(command, *events)
    assert found.value.remedy
    return found.value.rule


def assessed_over(
    command: k.AssessControl,
    *,
    system: y.System = CHAT,
    evidence: v.Evidence = FILED,
    now: datetime = NOW,
) -> tuple[Any, ...]:
    """The events of an assessment, with this system and this evidence on record."""
    stream = k.CONTROL.stream(control_id(command.control, command.system))
    states: dict[str, Any] = {
        stream: k.Control(),
        stream_id("system", system_id("chat")): system,
        stream_id("evidence", UUID(EVIDENCE)): evidence,
    }
    [appended] = k.assess(command, stream, states, POLICY, now, ADA)
    return appended.events


class TestAssessing:
    """A person says how far a control of the catalogue is effective."""

    def test_it_comes_to_the_worse_of_design_and_operation(self) -> None:
        assert (ASSESSED,) == decided(ASSESS)
        assert ControlStatus.PARTLY is after(ASSESSED).status_at(NOW)
        worse = replace(ASSESSED, design=Effect.NOT)
        assert ControlStatus.NOT is after(worse).status_at(NOW)
        best = replace(ASSESSED, operating=Effect.EFFECTIVE)
        assert ControlStatus.EFFECTIVE is after(best).status_at(NOW)

    def test_the_catalogue_has_it(self) -> None:
        with pytest.raises(Invalid, match="Did you mean oversight") as found:
            decided(replace(ASSESS, control="oversigth"))
        assert ["control"] == [field for field, _ in found.value.errors]

    def test_the_catalogue_says_whose_it_is(self) -> None:
        assert "control_of_systems" == refused(replace(ASSESS, system=None))
        assert "control_of_organisation" == refused(replace(ASSESS, control="roles"))
        [assessed] = decided(replace(ASSESS, control="roles", system=None))
        assert isinstance(assessed, k.ControlAssessed)
        assert assessed.system is UNSET

    def test_it_applies_in_both_ways_or_in_none(self) -> None:
        one = replace(ASSESS, operating=Effect.NOT_APPLICABLE)
        assert "control_applies_or_not" == refused(one)
        [both] = decided(replace(one, design=Effect.NOT_APPLICABLE))
        assert ControlStatus.NOT_APPLICABLE is after(both).status_at(NOW)

    def test_it_holds_until_a_time_to_come(self) -> None:
        assert "assessed_until_later" == refused(replace(ASSESS, until=NOW))
        [assessed] = decided(replace(ASSESS, until=BY))
        assert ControlStatus.PARTLY is after(assessed).status_at(BY - DAY)
        assert ControlStatus.EXPIRED is after(assessed).status_at(BY)

    def test_the_system_is_on_record_and_in_use(self) -> None:
        assert (ASSESSED,) == assessed_over(ASSESS)
        for system in (y.System(), replace(CHAT, retired=True)):
            with pytest.raises(Refused) as found:
                assessed_over(ASSESS, system=system)
            assert "control_of_registered" == found.value.rule

    @pytest.mark.parametrize(
        "evidence",
        [
            replace(FILED, withdrawn=True),
            replace(FILED, superseded_by=str(UUID(int=2))),
            replace(FILED, valid_until=NOW),
            replace(FILED, system="search"),
            replace(
                FILED,
                decisions=(
                    v.EvidenceDecided(
                        at=NOW,
                        person="person/1",
                        approved=False,
                        role=None,
                        release=None,
                        versions=(),
                        change_classes=(),
                        conditions=(),
                        until=None,
                    ),
                ),
            ),
        ],
        ids=["withdrawn", "superseded", "expired", "of another system", "rejected"],
    )
    def test_what_does_not_count_backs_no_assessment(self, evidence: v.Evidence) -> None:
        backed = replace(ASSESS, evidence=[EVIDENCE, EVIDENCE])
        [assessed] = assessed_over(backed)
        assert (EVIDENCE,) == assessed.evidence
        [assessed] = assessed_over(backed, evidence=replace(FILED, system=None))
        assert (EVIDENCE,) == assessed.evidence
        with pytest.raises(Refused, match=EVIDENCE) as found:
            assessed_over(backed, evidence=evidence)
        assert "control_evidence_counts" == found.value.rule


class TestReassessing:
    """A change of a standard calls once for each control; an assessment answers it."""

    def test_one_change_calls_once_however_often_it_is_read(self) -> None:
        assert (DUE,) == decided(CALL)
        assert () == decided(CALL, DUE)
        assert () == decided(CALL, DUE, ASSESSED)
        assert (replace(DUE, leaf=9),) == decided(replace(CALL, leaf=9), DUE)

    def test_what_was_assessed_since_the_change_is_not_called_for(self) -> None:
        assert () == decided(CALL, ASSESSED)
        assert () == decided(replace(CALL, assessments=1), ASSESSED, ASSESSED)
        assert (DUE,) == decided(replace(CALL, assessments=1), ASSESSED)

    def test_an_assessment_answers_all_that_was_called_for(self) -> None:
        other = replace(DUE, leaf=9, by=BY + DAY, standard="iso_42001")
        state = after(ASSESSED, DUE, other)
        assert ControlStatus.REASSESSMENT_DUE is state.status_at(NOW)
        assert ControlStatus.REASSESSMENT_OVERDUE is state.status_at(BY)
        assert ControlStatus.PARTLY is after(ASSESSED, DUE, other, ASSESSED).status_at(BY)

    def test_one_that_was_never_assessed_is_called_for_as_well(self) -> None:
        assert ControlStatus.NOT_ASSESSED is after().status_at(NOW)
        assert ControlStatus.REASSESSMENT_DUE is after(DUE).status_at(NOW)

    def test_the_clock_marks_each_time_once(self) -> None:
        mark = k.MarkReassessmentOverdue()
        later = replace(DUE, leaf=9, by=BY + DAY)
        assert () == decided(mark, DUE, later, now=BY - DAY)
        assert (OVERDUE,) == decided(mark, DUE, later, now=BY)
        assert () == decided(mark, DUE, later, OVERDUE, now=BY)
        last = k.ControlReassessmentOverdue(at=BY + DAY, by=BY + DAY)
        assert (OVERDUE, last) == decided(mark, DUE, later, now=BY + DAY)
        assert (last,) == decided(mark, DUE, later, OVERDUE, now=BY + DAY)
        assert () == decided(mark, DUE, ASSESSED, now=BY)

    def test_who_assesses_late_before_the_clock_leaves_the_mark(self) -> None:
        first, second = decided(ASSESS, DUE, now=BY + DAY)
        assert (OVERDUE, replace(ASSESSED, at=BY + DAY)) == (first, second)

    def test_the_earliest_time_is_watched_whatever_is_called_for_later(self) -> None:
        sooner = decided(replace(CALL, leaf=9, by=BY - DAY), DUE)
        assert (replace(DUE, leaf=9, by=BY - DAY),) == sooner
        [later] = decided(replace(CALL, leaf=9, by=BY + DAY), DUE)
        assert replace(DUE, leaf=9, by=BY + DAY, next_by=BY) == later
        watched = k.REASSESSMENT_DUE.sets[k.ControlReassessmentDue]
        assert (BY, BY) == (watched(DUE), watched(later))
        assert BY == k.REASSESSMENT_DUE.next_at(after(DUE, later))
        assert BY + DAY == k.REASSESSMENT_DUE.next_at(after(DUE, later, OVERDUE))

    @given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 40)), max_size=12))
    def test_the_clock_never_comes_later_than_the_earliest_time(
        self, calls: list[tuple[int, int]]
    ) -> None:
        events: list[k.ControlEvent] = []
        for leaf, days in calls:
            events += decided(replace(CALL, leaf=leaf, by=NOW + days * DAY), *events)
        owed = after(*events).owed
        assert len({leaf for leaf, _ in calls}) == len(owed)
        if owed:
            watched = k.REASSESSMENT_DUE.sets[k.ControlReassessmentDue](events[-1])
            assert min(each.by for each in owed) == watched


def test_an_assessment_that_ended_is_marked_once_under_its_time() -> None:
    assessed, mark = replace(ASSESSED, until=BY), k.MarkAssessmentExpired(until=BY)
    expired = k.ControlAssessmentExpired(at=BY, until=BY)
    assert () == decided(mark, assessed, now=BY - DAY)
    assert (expired,) == decided(mark, assessed, now=BY + DAY)
    assert () == decided(mark, assessed, expired, now=BY + DAY)
    assert () == decided(mark, replace(assessed, until=BY + DAY), now=BY)
    assert () == decided(mark, ASSESSED, now=BY)


class TestRetiring:
    """Where its system was retired nothing is owed any more, and nothing becomes late."""

    RETIRE = k.RetireControl(at=BY - DAY)
    RETIRED = k.ControlRetired(at=BY - DAY)

    def test_what_is_owed_ends_once(self) -> None:
        before = (replace(ASSESSED, until=BY), DUE)
        assert (self.RETIRED,) == decided(self.RETIRE, *before)
        assert () == decided(self.RETIRE, *before, self.RETIRED)
        assert () == decided(self.RETIRE)
        state = after(*before, self.RETIRED)
        assert ControlStatus.RETIRED is state.status_at(BY + DAY)
        for watched in (k.REASSESSMENT_DUE, k.ASSESSMENT_EXPIRY):
            assert watched.next_at(state) is None
            assert k.ControlRetired in watched.ends

    def test_nothing_becomes_late_and_nothing_is_called_for(self) -> None:
        past = (replace(ASSESSED, until=BY), DUE, self.RETIRED)
        assert () == decided(k.MarkReassessmentOverdue(), *past, now=BY + DAY)
        assert () == decided(k.MarkAssessmentExpired(until=BY), *past, now=BY + DAY)
        assert () == decided(replace(CALL, leaf=9, assessments=1), *past)

    def test_what_was_late_before_stays_marked(self) -> None:
        late = replace(self.RETIRE, at=BY)
        assert (OVERDUE, k.ControlRetired(at=BY)) == decided(late, DUE)


def test_a_control_is_named_with_its_system_or_alone() -> None:
    assert control_id("oversight", "chat") == k.CONTROL.named("oversight@Chat")
    assert control_id("roles", None) == k.CONTROL.named("roles")
    assert k.CONTROL.named("roles@") is k.CONTROL.named("The roles@chat") is None


def test_each_event_is_a_sentence() -> None:
    backed = replace(ASSESSED, evidence=(EVIDENCE,), until=BY, notes="Seen.")
    for event, said in (
        (ASSESSED, "Assessed by person/ada: as designed effective, in operation partly effective"),
        (DUE, "To be assessed again until 2026-04-09T08:00:00.000000Z: eu_ai_act changed, leaf 7"),
        (OVERDUE, "Nobody assessed it again until"),
        (k.ControlAssessmentExpired(at=BY, until=BY), "The assessment held until"),
        (k.ControlRetired(at=BY), "The system was retired: nothing is to be assessed any more"),
    ):
        assert k.describe(event).startswith(said)
    assert k.describe(backed).endswith(
        "backed by 1 piece of evidence, until 2026-04-09T08:00:00.000000Z: Seen."
    )
