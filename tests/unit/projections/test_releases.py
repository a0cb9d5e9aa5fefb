"""What a row of the list of releases says that somebody is needed for."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Recorded
from ledger.domain.release import events as e
from ledger.domain.release.artefacts import Artefact
from ledger.domain.release.words import Decision, DeployMode, Verdict
from ledger.vocabulary import ArtefactKind
from projections.engine.projection import Row
from projections.releases import RELEASES

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = (str(UUID(int=1)),)
PROMPT = Artefact(kind=ArtefactKind.PROMPT, name="chat", digest="ab" * 32)
PROPOSED = e.ReleaseProposed(
    at=NOON,
    system="chat",
    version="1.0.0",
    environment="production",
    change_class="major",
    authors=("emil",),
    artefacts=(PROMPT,),
)
AMENDED = e.ReleaseAmended(at=NOON, reason="Another prompt.", artefacts=())
ROLLED_BACK = e.ReleaseRolledBack(at=NOON)
LATE = e.ReleaseUndecidedLate(at=NOON)
NONCONFORMING = e.ReleaseNonconforming(
    at=NOON, requirement="dpia", verdict=Verdict.UNDECIDED, reason="It expired."
)
CONFORMING = e.ReleaseConforming(at=NOON, requirement="dpia")


def decided(decision: Decision = Decision.GO) -> e.ReleaseDecided:
    return e.ReleaseDecided(
        at=NOON,
        decision=decision,
        person="person/1",
        subject_digest="ab" * 32,
        requirements=(),
        artefacts=(PROMPT,),
        change_class="major",
    )


def deployed(decide_by: datetime | UnsetType = UNSET) -> e.ReleaseDeployed:
    return e.ReleaseDeployed(
        at=NOON,
        system="chat",
        version="1.0.0",
        environment="production",
        mode=DeployMode.FULL,
        approved=True,
        gated=True,
        decide_by=decide_by,
    )


EMERGENCY = deployed(decide_by=NOON + timedelta(hours=48))


def needs(*events: e.ReleaseEvent) -> str | None:
    """What is needed after these events."""
    row: Row | None = None
    for leaf, event in enumerate(events):
        recorded = Recorded(
            stream=f"release/{KEY[0]}",
            version=leaf + 1,
            leaf=leaf,
            id=str(UUID(int=leaf)),
            event=event,
            recorded_at=NOON,
            actor="person/1",
            source="airledger",
            correlation="c",
        )
        row = RELEASES.evolve(row, recorded, KEY)
    assert row is not None
    return None if row["needs"] is None else str(row["needs"])


def test_what_is_proposed_needs_a_decision_and_again_once_it_is_changed() -> None:
    assert "undecided" == needs(PROPOSED)
    for decision in Decision:
        assert None is needs(PROPOSED, decided(decision))
        assert "undecided" == needs(PROPOSED, decided(decision), AMENDED)
        assert None is needs(PROPOSED, decided(decision), AMENDED, decided(decision))
    assert None is needs(PROPOSED, e.ReleaseRetired(at=NOON, reason="Another is better."))


def test_an_emergency_that_runs_needs_a_decision_until_it_is_decided_or_taken_back() -> None:
    assert "runs_undecided" == needs(PROPOSED, EMERGENCY)
    assert "overdue" == needs(PROPOSED, EMERGENCY, LATE)
    assert None is needs(PROPOSED, EMERGENCY, LATE, decided())
    assert None is needs(PROPOSED, EMERGENCY, LATE, ROLLED_BACK)


def test_what_runs_needs_somebody_while_it_conforms_no_more() -> None:
    ran = (PROPOSED, decided(), deployed())
    assert None is needs(*ran)
    assert "nonconforming" == needs(*ran, NONCONFORMING)
    assert None is needs(*ran, NONCONFORMING, CONFORMING)
    assert None is needs(*ran, NONCONFORMING, ROLLED_BACK)
    assert None is needs(deployed())
