"""The events of a March, and of some days before and after: a ledger small enough to count.

Each is recorded at the time that stands before it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from ledger.domain import risk
from ledger.domain.catalogue import CODEC
from ledger.domain.control import ControlAssessed, ControlReassessmentDue, Effect
from ledger.domain.envelope import Event, Recorded, stream_id
from ledger.domain.evidence import EvidenceApproved, EvidenceFiled
from ledger.domain.identity import control_id
from ledger.domain.improvement import (
    CauseKind,
    ImprovementAccepted,
    ImprovementCause,
    ImprovementKind,
    ImprovementProposed,
)
from ledger.domain.incident import events as e
from ledger.domain.objective import ObjectiveBreached, ObjectiveRecovered
from ledger.domain.policy import PolicyAdopted
from ledger.domain.release.events import (
    ReleaseDecided,
    ReleaseDeployed,
    ReleaseProposed,
    RequirementJudged,
)
from ledger.domain.release.words import Decision, DeployMode, Verdict
from ledger.domain.review import ReviewLaunched
from ledger.domain.risk import events as r
from ledger.domain.standard import StandardKind, StandardRegistered
from ledger.domain.system import SystemRegistered
from ledger.domain.text import OutsideText
from ledger.policy import digest, shipped
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import Store
from ledger.vocabulary import Severity
from tests.contract.samples import seal_all

PIA, EMIL = (f"person/019d5c3e-7a00-7000-8000-00000000000{each}" for each in (1, 2))
BESIDE = OutsideText(text="019d5c3e-7a00-7000-8000-0000000000aa", commitment="ab" * 32)
SECRET = "The name of the patient"
DAY = timedelta(days=1)
Step = tuple[datetime, str, str | UUID, Event]
"""When it was recorded, the kind and name of its stream, and the event."""

OWN_STANDARDS = """
[standards.our_law]
label = "Our law"
kind = "law"
[standards.our_law.clauses]
"1" = "Somebody oversees"
"2" = "Risks are known"
"3" = "Nobody does this"
[controls.oversight]
words = "A person can stop it"
maps = { our_law = ["1", "2"] }
[controls.register]
words = "A register of risks"
scope = "organisation"
maps = { our_law = ["2"] }
"""


def policy_text() -> str:
    """The shipped policy with a law and two controls of its own in place of the catalogue."""
    lines: list[str] = []
    taken = True
    for line in shipped().splitlines():
        if line.startswith("["):
            taken = not line.startswith(("[standards", "[controls"))
        if taken:
            lines.append(line)
    return "\n".join(lines) + OWN_STANDARDS


def of(name: str | UUID) -> UUID:
    """The id of a stream by its name here."""
    return uuid5(NAMESPACE_URL, name) if isinstance(name, str) else name


REGISTER, OVERSIGHT = control_id("register", None), control_id("oversight", "chat")


def march(day: int, hour: int = 12) -> datetime:
    """A time in March; day 32 is the first of April."""
    return datetime(2026, 3, 1, hour, tzinfo=UTC) + (day - 1) * DAY


def recorded(
    steps: Iterable[Step], first: int = 0, versions: Mapping[str, int] | None = None
) -> Iterator[Recorded]:
    """The events as the ledger records them, from a leaf on, after those versions."""
    versions = Counter(versions or {})
    for leaf, (at, kind, name, event) in enumerate(steps, start=first):
        stream = stream_id(kind, of(name))
        versions[stream] += 1
        yield Recorded(
            event=event,
            stream=stream,
            version=versions[stream],
            leaf=leaf,
            id=str(uuid5(NAMESPACE_URL, f"event-{leaf}")),
            recorded_at=at,
            actor=PIA,
            source="airledger",
            correlation=str(of("request")),
        )


def record(store: Store, steps: Iterable[Step] = ()) -> int:
    """Appends and seals them, those of March without any; the last leaf."""
    mapper = EnvelopeMapper(CODEC)
    given = list(steps) or [*before(), *in_march(), *after()]
    streams = {stream_id(kind, of(name)) for _, kind, name, _ in given}
    there = {stream: len(found) for stream, found in store.load(dict.fromkeys(streams, 0)).items()}
    events = recorded(given, store.size(), there)
    store.append([mapper.to_new_event(each) for each in events])
    seal_all(store)
    return store.size() - 1


def before() -> Iterator[Step]:
    """What stood when March began."""
    at = march(-9)
    yield at, "policy", "policy", adopted(at, policy_text())
    for system in ("chat", "scoring"):
        yield at, "system", system, registered(at, system)
    yield at, "standard", "our_law", _law(at)
    yield at, "risk", "leak", identified(at, "Prompts leak", "chat", "privacy")
    yield at, "risk", "leak", assessed(at, "possible", "moderate", 9, "medium")
    yield at, "risk", "bias", identified(at, BESIDE, "scoring", "fairness")
    yield at, "risk", "bias", assessed(at, "likely", "major", 16, "high")
    yield at, "risk", "old", identified(at, "An old one", None, "other")
    yield at, "risk", "old", assessed(at, "rare", "minor", 2, "low")
    yield at, "risk", "vague", identified(at, "A vague one", None, "legal")
    yield at, "evidence", "dpia", _filed(at, "dpia", march(14), system="chat")
    yield at, "evidence", "charter", _filed(at, "governance_charter", march(400))
    approved = EvidenceApproved(at=at, person=EMIL, role="governance_lead")
    yield at, "evidence", "charter", approved
    yield at, "control", REGISTER, _controlled(at, "register", None, Effect.EFFECTIVE)
    yield at, "control", OVERSIGHT, _controlled(at, "oversight", "chat", Effect.PARTLY)


def in_march() -> Iterator[Step]:
    """What happened in March, and was recorded then."""
    yield march(2), "incident", "leaked", detected(march(2), "chat", Severity.CRITICAL)
    yield march(2), "incident", "leaked", e.IncidentRestricted(at=march(2), basis="person")
    yield march(3), "incident", "leaked", _analysed(march(3, 11))
    yield march(4), "incident", "fell", detected(march(4), "chat", Severity.LOW, title=BESIDE)
    yield march(6), "incident", "fell", _analysed(march(6))
    yield march(5), "incident", "near", detected(march(5), "scoring", None)
    yield march(5), "incident", "near", e.NearMissDeclared(at=march(5), reason="It was caught.")
    launched = ReviewLaunched(
        at=march(6),
        system="chat",
        month="2026-03",
        threshold=1,
        zone="UTC",
        action="Launch RCA review",
        leaf=20,
        count=2,
        incidents=(of("leaked"), of("fell")),
        due=march(20),
    )
    yield march(6), "review", "chat", launched
    yield march(7), "risk", "leak", assessed(march(7), "likely", "severe", 20, "extreme")
    yield march(7), "risk", "leak", r.RiskIncidentLinked(at=march(7), incident=str(of("leaked")))
    yield march(7), "risk", "leak", treated(march(7), march(20))
    yield march(8), "risk", "bias", accepted(march(8), march(50))
    yield march(9), "risk", "old", r.RiskClosed(at=march(9), reason="It is over.")
    yield march(9), "risk", "new", identified(march(9), "A new one", "chat", "security")
    yield march(10), "objective", "latency", _breached(march(10))
    yield march(12), "objective", "latency", ObjectiveRecovered(at=march(12), basis="met", leaf=1)
    yield march(13), "release", "chat@2", _proposed(march(13))
    yield march(14), "release", "chat@2", _decided(march(14), Decision.NO_GO)
    yield march(15), "release", "chat@2", _decided(march(15), Decision.GO)
    yield march(16), "release", "scoring@9", _deployed(march(16))
    cause = ImprovementCause(kind=CauseKind.INCIDENT, ref=f"incident/{of('leaked')}")
    yield march(17), "improvement", "leak", _improvement(march(17), SECRET, cause)
    owned = ImprovementAccepted(at=march(17), owner=EMIL, due=march(21))
    yield march(17), "improvement", "leak", owned
    audit = ImprovementCause(kind=CauseKind.AUDIT)
    yield march(18), "improvement", "audit", _improvement(march(18), "Keep the logs", audit)
    yield march(19), "control", OVERSIGHT, _reassess(march(19), march(25))


def after() -> Iterator[Step]:
    """What was recorded in April, some of it about March."""
    yield march(33), "incident", "late", detected(march(31), "scoring", Severity.HIGH)
    yield march(33), "risk", "leak", assessed(march(33), "rare", "minor", 2, "low")
    yield march(34), "control", OVERSIGHT, _controlled(march(34), "oversight", "chat", Effect.NOT)
    yield (
        march(34),
        "improvement",
        "audit",
        ImprovementAccepted(at=march(34), owner=EMIL, due=march(35)),
    )


def adopted(at: datetime, text: str) -> PolicyAdopted:
    return PolicyAdopted(at=at, text=text, digest=digest(text), reason="Begun.")


def registered(at: datetime, system: str) -> SystemRegistered:
    return SystemRegistered(at=at, system=system, title=system, intended_purpose="Help.")


def _law(at: datetime) -> StandardRegistered:
    return StandardRegistered(
        at=at, standard="our_law", title="Our law", standard_kind=StandardKind.LAW, version="2025"
    )


def identified(
    at: datetime, title: str | OutsideText, system: str | None, category: str
) -> r.RiskIdentified:
    whose: dict[str, Any] = {} if system is None else {"system": system}
    due = march(100)
    return r.RiskIdentified(
        at=at, title=title, category=category, owner=PIA, review_due=due, **whose
    )


def assessed(at: datetime, likelihood: str, impact: str, score: int, band: str) -> r.RiskAssessed:
    return r.RiskAssessed(
        at=at,
        level=risk.RiskLevel.CURRENT,
        likelihood=likelihood,
        impact=impact,
        rationale=BESIDE,
        matrix="ab" * 32,
        score=score,
        band=band,
        tolerated=band in {"low", "medium"},
        person=PIA,
    )


def treated(at: datetime, due: datetime) -> r.RiskTreatmentChosen:
    return r.RiskTreatmentChosen(
        at=at, treatment=risk.Treatment.MITIGATE, plan=BESIDE, person=PIA, due=due
    )


def accepted(at: datetime, until: datetime) -> r.RiskAccepted:
    return r.RiskAccepted(
        at=at,
        person=EMIL,
        role="governance_lead",
        until=until,
        reason=BESIDE,
        band="high",
        assessed_at_version=2,
    )


def _filed(at: datetime, kind: str, until: datetime, *, system: str | None = None) -> EvidenceFiled:
    whose: dict[str, Any] = {} if system is None else {"system": system}
    content = sha256(kind.encode()).hexdigest()
    return EvidenceFiled(
        at=at, evidence_kind=kind, title=kind, digest=content, valid_until=until, **whose
    )


def _controlled(at: datetime, control: str, system: str | None, effect: Effect) -> ControlAssessed:
    whose: dict[str, Any] = {} if system is None else {"system": system}
    return ControlAssessed(
        at=at, control=control, person=PIA, design=effect, operating=effect, **whose
    )


def _reassess(at: datetime, by: datetime) -> ControlReassessmentDue:
    return ControlReassessmentDue(
        at=at, control="oversight", system="chat", standard="our_law", by=by, leaf=3
    )


def detected(
    at: datetime, system: str, severity: Severity | None, *, title: str | OutsideText = SECRET
) -> e.IncidentDetected:
    return e.IncidentDetected(
        at=at,
        title=title,
        system=system,
        severity=severity,
        source="airledger",
        basis="person",
        month=f"{at:%Y-%m}",
        rca_due=at + DAY,
        at_risk_at=at + DAY / 2,
        counts=True,
    )


def _analysed(at: datetime) -> e.RcaCompleted:
    return e.RcaCompleted(at=at, summary=SECRET, root_cause=BESIDE, actions=(SECRET,))


def _breached(at: datetime) -> ObjectiveBreached:
    return ObjectiveBreached(
        at=at,
        objective="latency",
        system="chat",
        metric="p95",
        segment={"region": "eu"},
        comparison="<",
        target=2.0,
        unit="s",
        rule="in_a_row",
        value=2.75,
        limit=2.0,
        since=at,
        measurements=("m-1",),
        leaf=1,
    )


def _proposed(at: datetime) -> ReleaseProposed:
    return ReleaseProposed(
        at=at,
        system="chat",
        version="2",
        environment="production",
        change_class="major",
        authors=(PIA,),
        artefacts=(),
    )


def _decided(at: datetime, decision: Decision) -> ReleaseDecided:
    verdict = Verdict.PASS if decision is Decision.GO else Verdict.FAIL
    judged = RequirementJudged(id="quality", gate="evaluation", verdict=verdict, reason="So.")
    return ReleaseDecided(
        at=at,
        decision=decision,
        person=EMIL,
        subject_digest="cd" * 32,
        requirements=(judged,),
        artefacts=(),
        change_class="major",
    )


def _deployed(at: datetime) -> ReleaseDeployed:
    return ReleaseDeployed(
        at=at,
        system="scoring",
        version="9",
        environment="production",
        mode=DeployMode.FULL,
        approved=False,
        gated=True,
        why="Nobody decided it.",
    )


def _improvement(at: datetime, title: str, cause: ImprovementCause) -> ImprovementProposed:
    kind = ImprovementKind.CORRECTIVE
    return ImprovementProposed(
        at=at, title=title, system="chat", improvement_kind=kind, cause=cause
    )
