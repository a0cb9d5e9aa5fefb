"""What should count for which month, and which reviews should have been launched."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from ledger.domain.envelope import Recorded
from ledger.domain.incident import events as e
from ledger.domain.policy import PolicyAdopted
from ledger.domain.review import ReviewLaunched
from tests.property.year.reading import (
    InForce,
    Log,
    amended_time,
    in_force,
    name_of,
    of_kind,
    written,
)

NAMESPACE = UUID("6f0d6b0e-4c0f-5d1b-9a38-1f6b7a0c2e11")


@dataclass
class Member:
    """An incident's part, as the events told it so far."""

    incident: str
    leaf: int
    system: str
    month: str
    counts: bool
    detected: datetime
    status: str = "open"
    near_miss: bool = False

    @property
    def place(self) -> tuple[str, str] | None:
        """The month and system that it counts for, if it does."""
        if self.near_miss or not self.counts or self.status in {"merged", "dismissed"}:
            return None
        return self.month, self.system

    @property
    def averted(self) -> bool:
        """Whether it is a near miss that stands."""
        return self.near_miss and self.status not in {"merged", "dismissed"}


@dataclass(frozen=True)
class Review:
    """A review, and the event that it comes of."""

    id: str
    month: str
    system: str
    threshold: int
    zone: str
    action: str
    incidents: tuple[str, ...]
    leaf: int
    at: datetime
    causation: str
    correlation: str
    policy_digest: str | None
    due: datetime | None


def members(log: Log) -> dict[str, Member]:
    """Every incident's part."""
    found: dict[str, Member] = {}
    for each in of_kind(log, "incident"):
        _take(found, each)
    return found


def averted(found: dict[str, Member], place: tuple[str, str]) -> list[Member]:
    """The near misses of a month and system, in order of detection."""
    return sorted(
        (m for m in found.values() if m.averted and (m.month, m.system) == place),
        key=lambda m: m.leaf,
    )


def counted(found: dict[str, Member], place: tuple[str, str]) -> list[Member]:
    """Those that count for a month and system, in order of detection."""
    return sorted((m for m in found.values() if m.place == place), key=lambda m: m.leaf)


def due_reviews(log: Log) -> list[Review]:
    """The reviews that the log comes to, in order."""
    found: dict[str, Member] = {}
    launched: dict[tuple[str, str], Review] = {}
    for each in log:
        for place in _judged(found, each, log):
            incidents = counted(found, place)
            policy = in_force(log, each.leaf)
            if place not in launched and len(incidents) > policy.more_than:
                launched[place] = _review(place, incidents, policy, each)
    return list(launched.values())


def launched_reviews(log: Log) -> list[Review]:
    """The reviews that the log tells of, in order."""
    return [
        Review(
            id=name_of(each),
            month=event.month,
            system=event.system,
            threshold=event.threshold,
            zone=event.zone,
            action=event.action,
            incidents=tuple(str(incident) for incident in event.incidents),
            leaf=event.leaf,
            at=event.at,
            causation=each.causation or "",
            correlation=each.correlation,
            policy_digest=each.policy_digest,
            due=event.due or None,
        )
        for each in log
        if isinstance(event := each.event, ReviewLaunched)
    ]


def wrong_decisions(log: Log) -> list[str]:
    """Detections and amendments that took something else from the policy than it says."""
    return [
        f"leaf {each.leaf}: {expected} is not {actual}"
        for each, before, averted in _with_members(log)
        if (expected := _expected(each, before, log, averted=averted)) != (actual := _stated(each))
    ]


def _judged(found: dict[str, Member], each: Recorded, log: Log) -> Iterator[tuple[str, str]]:
    """The places that an event has judged, after it was taken."""
    if isinstance(each.event, PolicyAdopted):
        month = in_force(log, each.leaf).month(each.recorded_at)
        yield from sorted({m.place for m in found.values() if m.place and m.place[0] == month})
    if not each.stream.startswith("incident/"):
        return
    before = found[name_of(each)].place if name_of(each) in found else None
    _take(found, each)
    after = found[name_of(each)].place
    if after is not None and after != before and not each.source.startswith("import/"):
        yield after


def _review(
    place: tuple[str, str], incidents: list[Member], policy: InForce, by: Recorded
) -> Review:
    month, system = place
    return Review(
        id=str(uuid5(NAMESPACE, f'["review","{system}","{month}"]')),
        month=month,
        system=system,
        threshold=policy.more_than,
        zone=policy.zone,
        action=policy.action,
        incidents=tuple(member.incident for member in incidents),
        leaf=by.leaf,
        at=by.recorded_at,
        causation=by.id,
        correlation=by.correlation,
        policy_digest=policy.digest,
        due=None if policy.review_due_after is None else by.recorded_at + policy.review_due_after,
    )


def _take(found: dict[str, Member], each: Recorded) -> None:
    name, event = name_of(each), each.event
    if isinstance(event, e.IncidentDetected):
        found[name] = Member(name, each.leaf, event.system, event.month, event.counts, event.at)
        return
    member = found[name]
    match event:
        case e.Classified():
            member.counts = member.counts if event.counts is None else event.counts
        case e.Amended():
            if event.field == "system":
                member.system = str(event.to)
            if event.field == "detected_at":
                member.detected = amended_time(event)
            if event.field in {"system", "detected_at", "severity"}:
                member.month, member.counts = str(event.month), bool(event.counts)
        case e.Merged():
            member.status = "merged"
        case e.Dismissed():
            member.status = "dismissed"
        case e.Closed():
            member.status = "closed"
        case e.Reopened():
            member.status = "open"
        case e.NearMissDeclared():
            member.near_miss, member.counts = True, False
        case e.NearMissWithdrawn():
            member.near_miss, member.counts = False, event.counts


Taken = tuple[str | None, datetime | None, datetime | None, bool | None]
"""What an event takes from the policy: month, due, at risk, counts."""


def _stated(each: Recorded) -> Taken | None:
    match each.event:
        case e.IncidentDetected() as event:
            return event.month, event.rca_due, event.at_risk_at, event.counts
        case e.Amended(field="detected_at" | "severity" | "system") as event:
            return event.month, event.rca_due, event.at_risk_at, event.counts
        case e.Classified() | e.NearMissWithdrawn() as event:
            return None, None, None, event.counts
    return None


def _expected(each: Recorded, before: Taken | None, log: Log, *, averted: bool) -> Taken | None:
    """`averted`: it is a near miss, or is reported as one by this event."""
    policy = in_force(log, each.leaf)
    match each.event:
        case e.IncidentDetected() as event:
            return (*_dated(policy, event.at), not averted and policy.counts(event.severity))
        case e.Amended(field="detected_at") as event if before:
            return (*_dated(policy, amended_time(event)), before[3])
        case e.Amended(field="severity", to=to) if before:
            counts = policy.counts(None if to is None else str(to))
            return (*before[:3], not averted and counts)
        case e.Amended(field="system"):
            return before
        case e.Classified(severity=severity):
            return None, None, None, not averted and policy.counts(severity)
        case e.NearMissWithdrawn():
            return None, None, None, policy.counts(_severity(log, each))
    return None


def _severity(log: Log, until: Recorded) -> str | None:
    """An incident's severity before an event."""
    found: str | None = None
    for each in log:
        if each.stream != until.stream or each.leaf >= until.leaf:
            continue
        match each.event:
            case e.IncidentDetected(severity=severity):
                found = severity
            case e.Classified(severity=severity):
                found = severity or found
            case e.Amended(field="severity", to=to):
                found = None if to is None else str(to)
    return found


def _dated(policy: InForce, at: datetime) -> tuple[str, datetime, datetime]:
    due = at + policy.due_after
    return policy.month(at), due, due - policy.at_risk_lead


def _with_members(log: Log) -> Iterator[tuple[Recorded, Taken | None, bool]]:
    """Every event of an incident, with what was last taken from the policy before it.

    And whether it is a near miss then: one that is reported is so by the event that follows.
    """
    taken: dict[str, Taken] = {}
    reported = {each.causation for each in log if isinstance(each.event, e.NearMissDeclared)}
    averted: dict[str, bool] = {}
    for each in of_kind(log, "incident"):
        name = name_of(each)
        if isinstance(each.event, e.IncidentDetected | e.NearMissDeclared | e.NearMissWithdrawn):
            declared = isinstance(each.event, e.NearMissDeclared)
            averted[name] = declared or each.id in reported
        yield each, taken.get(name), averted[name]
        stated = _stated(each)
        if (
            isinstance(each.event, e.Classified | e.NearMissWithdrawn)
            and stated
            and stated[3] is not None
        ):
            stated = (*taken[name][:3], stated[3])
        if stated:
            taken[name] = stated
        if isinstance(each.event, e.NearMissDeclared):
            taken[name] = (*taken[name][:3], False)


def crossed_at(found: list[Member], threshold: int) -> str | None:
    """When a month without a review was crossed: the detection that exceeds the threshold."""
    if len(found) <= threshold:
        return None
    return written(sorted(member.detected for member in found)[threshold])
