"""The exits of phases: what the policy wants is there, counts, and is named (runbook section 2)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain import evidence as v
from ledger.domain import release as r
from ledger.domain import system as s
from ledger.domain.identity import release_id, system_id
from ledger.domain.release.state import Decided
from ledger.domain.release.words import Decision
from ledger.domain.stream_type import NOBODY
from ledger.errors import Refused
from ledger.policy import Policy
from tests.unit.domain.story import POLICY

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
CHAT = s.SYSTEM.stream(system_id("chat"))
RELEASE_ID = release_id("chat", "1.0.0", "production")
NONE = replace(POLICY, phases={})
PHASES = list(s.Phase)


def filed(kind: str, system: str | None = "chat", **given: object) -> v.Evidence:
    return v.Evidence(kind=kind, system=system, digest="a" * 64, **given)  # type: ignore[arg-type]


def decided(decision: Decision | None, system: str = "chat", **given: object) -> r.Release:
    """A release, decided if it was."""
    found = decision and Decided(
        at=NOW,
        decision=decision,
        person="person/1",
        subject_digest="a" * 64,
        requirements=(),
        artefacts=(),
    )
    return r.Release(system=system, version="1.0.0", decided=found, **given)  # type: ignore[arg-type]


def entered(
    phase: s.Phase,
    *named: v.Evidence,
    of: s.Phase | None = None,
    policy: Policy = POLICY,
    release: r.Release | None = None,
) -> s.PhaseEntered:
    """The event of entering a phase from the one before it, or from `of`."""
    before = of or PHASES[phase.place - 2]
    read: dict[str, v.Evidence | r.Release] = {
        v.EVIDENCE.stream(UUID(int=n)): each for n, each in enumerate(named)
    }
    state = s.System(system="chat", phases=(before,))
    ids = [str(UUID(int=n)) for n in range(len(named))]
    if release is not None:
        read[r.RELEASE.stream(RELEASE_ID)] = release
    of_release = None if release is None else str(RELEASE_ID)
    command = s.EnterPhase(phase=phase, reason="Why.", evidence=ids, release=of_release)
    of_type = s.SYSTEM.commands["phase"]
    assert of_type.decide_over is not None
    assert list(read) == list(of_type.reads(command))
    [appended] = of_type.decide_over(command, CHAT, {CHAT: state, **read}, policy, NOW, NOBODY)
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
        assert (UNSET, UNSET, UNSET) == (event.owed, event.evidence, event.release)


def without(release: r.Release | None, phase: s.Phase = s.Phase.OPERATIONALIZATION) -> str:
    """Why a phase is not entered with a release, or without any."""
    with pytest.raises(Refused) as found:
        entered(phase, release=release)
    assert "phase_owes_release" == found.value.rule
    return found.value.message


def test_operation_is_entered_with_a_release_that_was_decided_go() -> None:
    assert "It owes a release that was decided go, and none is named." in without(None)
    for release, why in (
        (decided(None), "1.0.0 of 'chat' is not decided."),
        (decided(Decision.NO_GO), "was decided no-go."),
        (decided(Decision.GO, "search"), "1.0.0 of 'search' is of another system."),
        (decided(Decision.GO, ever_go=True, ever_rolled_back=True), "was rolled back."),
        (decided(Decision.GO, ever_go=True, retired=True), "was retired."),
    ):
        assert why in without(release)
    event = entered(s.Phase.OPERATIONALIZATION, release=decided(Decision.GO, " CHAT"))
    assert (UNSET, str(RELEASE_ID)) == (event.owed, event.release)
    assert entered(s.Phase.OPERATIONALIZATION, policy=NONE).release is UNSET


def test_a_release_that_is_named_and_does_not_count_is_refused_where_none_is_owed() -> None:
    assert "is not decided" in without(decided(None), s.Phase.DATA_UNDERSTANDING)
    go = decided(Decision.GO)
    assert str(RELEASE_ID) == entered(s.Phase.DATA_UNDERSTANDING, release=go).release
