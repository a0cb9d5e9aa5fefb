"""A register of risks straight through the store: as many as asked for, sealed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from uuid import NAMESPACE_URL, UUID, uuid5

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger, new_id
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Event, Recorded, stream_id
from ledger.domain.incident import events as i
from ledger.domain.risk import events as r
from ledger.domain.risk.words import RiskLevel, Treatment
from ledger.policy.risks import Risks
from ledger.policy.times import month_in
from ledger.store.mapper import EnvelopeMapper
from ledger.vocabulary import Severity

ONE_ABOVE_IN = 20
"""One risk in so many is above tolerance, and has two incidents behind it."""
ONE_NOT_ASSESSED_IN = 100
_PER_APPEND = 5_000
_NOW = datetime.now(UTC)
_BEGAN, MOVED = _NOW - timedelta(days=45), _NOW - timedelta(hours=1)
_LATER = _NOW + timedelta(days=365)
_OWNER = f"person/{UUID(int=1)}"
Step = tuple[datetime, str, UUID, Event]
"""When it is recorded, the kind and id of its stream, and the event."""


def fill_risks(ledger: Ledger, risks: int) -> int:
    """Appends and seals risks with three to six events each; returns the log's size.

    They were identified and assessed 45 days ago. An hour ago half of them were assessed again, so
    that the movement has something to compare, and some became intolerable.
    """
    mapper = EnvelopeMapper(CODEC)
    steps = _steps(risks, policy_in_force(ledger.store).risks)
    events = (mapper.to_new_event(each) for each in _recorded(steps))
    while batch := list(islice(events, _PER_APPEND)):
        ledger.store.append(batch)
    return ledger.sealer.seal().size


def above_in(risks: int) -> int:
    """How many of so many risks are above tolerance."""
    return len(range(0, risks, ONE_ABOVE_IN))


def _recorded(steps: Iterator[Step]) -> Iterator[Recorded]:
    versions = dict[str, int]()
    for leaf, (at, kind, of, event) in zip(count(), steps, strict=False):
        stream = stream_id(kind, of)
        versions[stream] = versions.get(stream, 0) + 1
        yield Recorded(
            event=event,
            stream=stream,
            version=versions[stream],
            leaf=leaf,
            id=new_id(),
            recorded_at=at,
            actor=_OWNER,
            source="airledger",
            correlation=str(of),
        )


def _steps(risks: int, matrix: Risks) -> Iterator[Step]:
    categories = list(matrix.categories)
    for number in range(risks):
        of = _id("risk", number)
        yield _BEGAN, "risk", of, _identified(number, categories[number % len(categories)])
        if number % ONE_NOT_ASSESSED_IN != 1:
            worst = ("likely", "major") if number % 2 else ("possible", "moderate")
            yield _BEGAN, "risk", of, _assessed(_BEGAN, matrix, RiskLevel.INHERENT, *worst)
            yield _BEGAN, "risk", of, _assessed(_BEGAN, matrix, RiskLevel.CURRENT, *_fair(number))
    for number in range(2 * above_in(risks)):
        yield MOVED, "incident", _id("incident", number), _detected(number)
    for number in range(0, risks, 2):
        of = _id("risk", number)
        if number % ONE_ABOVE_IN:
            yield MOVED, "risk", of, _assessed(MOVED, matrix, RiskLevel.CURRENT, "rare", "minor")
            continue
        yield MOVED, "risk", of, _assessed(MOVED, matrix, RiskLevel.CURRENT, "likely", "major")
        yield MOVED, "risk", of, _treated(number)
        for place in (0, 1):
            behind = _id("incident", 2 * (number // ONE_ABOVE_IN) + place)
            yield MOVED, "risk", of, r.RiskIncidentLinked(at=MOVED, incident=str(behind))


def _id(kind: str, number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"{kind}-{number}")


def _fair(number: int) -> tuple[str, str]:
    """Labels that are tolerated."""
    return ("unlikely", "moderate") if number % 3 else ("possible", "moderate")


def _identified(number: int, category: str) -> r.RiskIdentified:
    return r.RiskIdentified(
        at=_BEGAN,
        title=f"Answers of release {number} repeat what a customer typed",
        category=category,
        owner=_OWNER,
        review_due=_LATER,
        system=f"assistant-{number % 20}",
        causes="Prompts of one customer are kept in the context of another.",
        consequences="Personal data of customers is seen by others.",
    )


def _assessed(
    at: datetime, matrix: Risks, level: RiskLevel, likelihood: str, impact: str
) -> r.RiskAssessed:
    band = matrix.band_of(likelihood, impact)
    return r.RiskAssessed(
        at=at,
        level=level,
        likelihood=likelihood,
        impact=impact,
        rationale="Judged by the incidents of the last quarter.",
        matrix=matrix.digest,
        score=matrix.score_of(likelihood, impact),
        band=band,
        tolerated=matrix.tolerates(band) is True,
        person=_OWNER,
    )


def _treated(number: int) -> r.RiskTreatmentChosen:
    return r.RiskTreatmentChosen(
        at=MOVED,
        treatment=Treatment.MITIGATE,
        plan=f"Isolate the contexts of release {number}.",
        person=_OWNER,
        due=_LATER,
    )


def _detected(number: int) -> i.IncidentDetected:
    return i.IncidentDetected(
        at=MOVED,
        title=f"A customer saw another's address ({number})",
        system=f"assistant-{number % 20}",
        severity=list(Severity)[number % len(Severity)],
        source="bench",
        basis="person",
        month=month_in(MOVED, UTC),
        rca_due=_LATER,
        at_risk_at=_LATER,
        counts=True,
    )
