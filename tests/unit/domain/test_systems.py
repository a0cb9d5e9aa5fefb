"""An AI system: registered, corrected, its phases and dependencies, retired (runbook section 2)."""

from datetime import UTC, datetime, timedelta
from functools import reduce

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from ledger.domain import system as s
from ledger.domain.identity import system_id
from ledger.errors import Invalid, Refused
from tests.unit.domain.story import POLICY

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
REGISTER = s.RegisterSystem(
    system="chat", title="Chat", intended_purpose="Answers.", model_kinds=[s.ModelKind.RAG]
)
REGISTERED = s.SystemRegistered(
    at=NOW,
    system="chat",
    title="Chat",
    intended_purpose="Answers.",
    model_kinds=(s.ModelKind.RAG,),
)
PHASES = list(s.Phase)


def after(*events: s.SystemEvent) -> s.System:
    return reduce(s.evolve, events, s.System())


def decided(command: s.SystemCommand, *events: s.SystemEvent) -> tuple[s.SystemEvent, ...]:
    return s.decide(command, after(*events), POLICY, NOW)


def refused(command: s.SystemCommand, *events: s.SystemEvent) -> str:
    with pytest.raises(Refused) as found:
        decided(command, *events)
    return found.value.rule


def test_it_is_registered_once_however_its_name_is_written() -> None:
    assert (REGISTERED,) == decided(REGISTER)
    assert () == decided(REGISTER, REGISTERED)
    less = s.RegisterSystem(system="chat", title="Chat", intended_purpose="Answers.")
    assert "system_registered" == refused(less, REGISTERED)
    other = s.RegisterSystem(system="Chat", title="Chat", intended_purpose="Something else.")
    assert "system_registered" == refused(other, REGISTERED)
    names = ("Support Assistant", "support  assistant", " SUPPORT ASSISTANT")
    assert 1 == len({system_id(name) for name in names})
    assert system_id("support-assistant") != system_id("support assistant")


@pytest.mark.parametrize(
    "name", ["unassigned", "Unassigned", "airledger/objectives", "SYS-7", "sys-007", "7"]
)
def test_names_of_the_ledger_s_own_are_refused(name: str) -> None:
    command = s.RegisterSystem(system=name, title="T", intended_purpose="P")
    assert "system_name_reserved" == refused(command)


@pytest.mark.parametrize("name", ["chat\n", "\nchat", "chat ", " chat", "\n", "a\nb"])
def test_a_name_is_one_line_without_blanks_at_its_ends(name: str) -> None:
    given = {"system": name, "title": "T", "intended_purpose": "P"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, type=s.RegisterSystem)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"alias": name}, type=s.AddAlias)


def test_a_correction_states_what_changed_alone() -> None:
    same = s.AmendSystem(reason="Again.", title="Chat", model_kinds=[s.ModelKind.RAG])
    assert () == decided(same, REGISTERED)
    more = s.AmendSystem(reason="Wrong.", title="Chat", personal_data=False, kpis=["csat"])
    [amended] = decided(more, REGISTERED)
    assert amended == s.SystemAmended(at=NOW, reason="Wrong.", personal_data=False, kpis=("csat",))
    state = after(REGISTERED, amended)
    assert (False, ("csat",), "Chat") == (state.personal_data, state.kpis, state.title)
    with pytest.raises(Invalid):
        decided(s.AmendSystem(reason="Nothing."), REGISTERED)


def test_what_it_depends_on_is_said_once_and_taken_back_once() -> None:
    add = s.AddDependency(supplier="A", service="responses", model="large-4")
    added = s.DependencyAdded(at=NOW, supplier="A", service="responses", model="large-4")
    assert (added,) == decided(add, REGISTERED)
    assert () == decided(add, REGISTERED, added)
    other = s.RemoveDependency(supplier="A", service="responses")
    assert "no_such_dependency" == refused(other, REGISTERED, added)
    remove = s.RemoveDependency(supplier="A", service="responses", model="large-4")
    [removed] = decided(remove, REGISTERED, added)
    assert () == after(REGISTERED, added, removed).depends_on


def test_a_phase_follows_the_one_before_or_goes_back_for_a_reason() -> None:
    ahead = s.EnterPhase(phase=s.Phase.EVALUATION)
    assert "phase_order" == refused(ahead, REGISTERED)
    [entered] = decided(s.EnterPhase(phase=s.Phase.DATA_UNDERSTANDING), REGISTERED)
    assert s.PhaseEntered(at=NOW, iteration=1, phase=s.Phase.DATA_UNDERSTANDING) == entered
    back = s.EnterPhase(phase=s.Phase.BUSINESS_UNDERSTANDING)
    assert "reason_to_go_back" == refused(back, REGISTERED, entered)
    with_reason = s.EnterPhase(phase=s.Phase.BUSINESS_UNDERSTANDING, reason="A new law.")
    [gone_back] = decided(with_reason, REGISTERED, entered)
    assert (s.Phase.BUSINESS_UNDERSTANDING,) == after(REGISTERED, entered, gone_back).phases


def test_iterations_go_on_beside_each_other() -> None:
    [begun] = decided(s.BeginIteration(cause=s.Cause.TRIGGER), REGISTERED)
    assert s.IterationBegun(at=NOW, iteration=2, cause=s.Cause.TRIGGER, reason=UNSET) == begun
    first = s.EnterPhase(phase=s.Phase.DATA_UNDERSTANDING, iteration=1)
    [entered] = decided(first, REGISTERED, begun)
    both = after(REGISTERED, begun, entered).phases
    assert (s.Phase.DATA_UNDERSTANDING, s.Phase.BUSINESS_UNDERSTANDING) == both
    third = s.EnterPhase(phase=s.Phase.DATA_UNDERSTANDING, iteration=3)
    assert "no_such_iteration" == refused(third, REGISTERED, begun)


def test_a_retired_system_takes_no_more_commands() -> None:
    [retired] = decided(
        s.RetireSystem(data="Gone.", keys="Gone.", users="Told.", open_clocks="None."), REGISTERED
    )
    commands: tuple[s.SystemCommand, ...] = (
        REGISTER,
        s.BeginIteration(),
        s.ClassifySystem(risk_class=s.RiskClass.HIGH, basis="Annex III."),
        s.RetireSystem(data="Gone.", keys="Gone.", users="Told.", open_clocks="None."),
    )
    assert {"system_retired"} == {refused(each, REGISTERED, retired) for each in commands}


def test_a_classification_ends_at_its_end_once_unless_it_was_renewed() -> None:
    until = NOW + timedelta(days=1)
    classify = s.ClassifySystem(risk_class=s.RiskClass.HIGH, basis="Annex III.", until=until)
    [classified] = decided(classify, REGISTERED)
    state = after(REGISTERED, classified)
    assert () == s.decide(s.EndClassification(), state, POLICY, until - timedelta(microseconds=1))
    [ended] = s.decide(s.EndClassification(), state, POLICY, until + timedelta(days=3))
    assert s.ClassificationEnded(at=until, risk_class=s.RiskClass.HIGH) == ended
    assert s.Classification.ENDED is s.evolve(state, ended).classification
    renewed = s.SystemClassified(at=NOW, risk_class=s.RiskClass.HIGH, basis="Annex III.")
    [retired] = decided(
        s.RetireSystem(data="Gone.", keys="Gone.", users="Told.", open_clocks="None."), REGISTERED
    )
    for later in (ended, renewed, retired):
        assert () == s.decide(s.EndClassification(), s.evolve(state, later), POLICY, until)


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(PHASES), st.booleans())))
def test_no_iteration_ever_skips_a_phase(steps: list[tuple[int, s.Phase, bool]]) -> None:
    """Whatever is asked for, in whatever order: each place is a step on, or back with a reason."""
    state = after(REGISTERED, *decided(s.BeginIteration(), REGISTERED))
    naive = [1, 1]
    for number, phase, has_reason in steps:
        command = s.EnterPhase(phase=phase, iteration=number, reason="Why." if has_reason else "")
        wanted = phase.place
        allowed = number <= len(naive) and (
            wanted in {naive[number - 1], naive[number - 1] + 1}
            or (wanted < naive[number - 1] and has_reason)
        )
        try:
            events = s.decide(command, state, POLICY, NOW)
        except Refused:
            assert not allowed
            continue
        assert allowed
        naive[number - 1] = wanted
        state = reduce(s.evolve, events, state)
        assert naive == [each.place for each in state.phases]
