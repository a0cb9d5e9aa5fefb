"""The exits of phases: what the policy wants is there, counts, and is named (runbook section 2)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain import evidence as v
from ledger.domain import system as s
from ledger.domain.identity import system_id
from ledger.domain.stream_type import NOBODY
from ledger.errors import Refused
from ledger.policy import Policy
from tests.unit.domain.story import POLICY

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
CHAT = s.SYSTEM.stream(system_id("chat"))
NONE = replace(POLICY, phases={})
PHASES = list(s.Phase)


def filed(kind: str, system: str | None = "chat", **given: object) -> v.Evidence:
    return v.Evidence(kind=kind, system=system, digest="a" * 64, **given)  # type: ignore[arg-type]


def entered(
    phase: s.Phase, *named: v.Evidence, of: s.Phase | None = None, policy: Policy = POLICY
) -> s.PhaseEntered:
    """The event of entering a phase from the one before it, or from `of`."""
    before = of or PHASES[phase.place - 2]
    evidence = {v.EVIDENCE.stream(UUID(int=n)): each for n, each in enumerate(named)}
    state = s.System(system="chat", phases=(before,))
    ids = [str(UUID(int=n)) for n in range(len(named))]
    command = s.EnterPhase(phase=phase, reason="Why.", evidence=ids)
    of_type = s.SYSTEM.commands["phase"]
    assert of_type.decide_over is not None
    assert list(evidence) == list(of_type.reads(command))
    [appended] = of_type.decide_over(command, CHAT, {CHAT: state, **evidence}, policy, NOW, NOBODY)
    [event] = appended.events
    assert isinstance(event, s.PhaseEntered)
    return event


def refused(phase: s.Phase, *named: v.Evidence) -> str:
    with pytest.raises(Refused) as found:
        entered(phase, *named)
    assert "phase_owes_evidence" == found.value.rule
    return found.value.message


def test_all_that_is_owed_is_named_and_one_of_what_may_be_chosen() -> None:
    report = filed("red_team_report")
    said = refused(s.Phase.EVALUATION)
    assert "It owes Red team report (red_team_report)." in said
    assert "Threat and risk assessment (tra) or Data protection impact assessment (dpia)" in said
    assert "Red team" not in refused(s.Phase.EVALUATION, report)
    for either in ("tra", "dpia"):
        event = entered(s.Phase.EVALUATION, report, filed(either))
        assert ("red_team_report", "tra or dpia") == event.owed
        assert (str(UUID(int=0)), str(UUID(int=1))) == event.evidence


def test_evidence_of_the_organisation_counts_and_of_another_system_does_not() -> None:
    assert entered(s.Phase.DATA_PREPARATION, filed("legal_basis", system=None)).evidence
    assert entered(s.Phase.DATA_PREPARATION, filed("legal_basis", system=" CHAT")).evidence
    assert "is about the system 'search'" in refused(
        s.Phase.DATA_PREPARATION, filed("legal_basis", system="search")
    )


def test_what_has_ended_or_was_rejected_does_not_count() -> None:
    rejected = v.EvidenceDecided(
        at=NOW,
        person="person/1",
        approved=False,
        role="dpo",
        release=None,
        versions=(),
        change_classes=(),
        conditions=(),
        until=None,
    )
    for given, why in (
        ({"valid_until": NOW}, "is expired"),
        ({"withdrawn": True}, "is withdrawn"),
        ({"superseded_by": "x"}, "is superseded"),
        ({"decisions": (rejected,)}, "was rejected"),
    ):
        said = refused(s.Phase.DATA_PREPARATION, filed("legal_basis", **given))
        assert why in said
        assert "It owes Legal basis (legal_basis)." in said
    later = NOW + timedelta(microseconds=1)
    assert entered(s.Phase.DATA_PREPARATION, filed("legal_basis", valid_until=later)).owed


def test_what_is_named_and_does_not_count_is_refused_where_nothing_is_owed() -> None:
    assert not entered(s.Phase.DATA_UNDERSTANDING).owed
    assert "is withdrawn" in refused(s.Phase.DATA_UNDERSTANDING, filed("tra", withdrawn=True))


def test_going_back_owes_nothing_and_neither_does_a_policy_without_the_table() -> None:
    back = entered(s.Phase.DATA_UNDERSTANDING, of=s.Phase.MODEL_DEVELOPMENT)
    assert not back.owed
    for phase in PHASES[1:]:
        event = entered(phase, policy=NONE)
        assert (UNSET, UNSET) == (event.owed, event.evidence)
