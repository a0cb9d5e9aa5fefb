"""Notices: what happened, and who is told of it by the policy that was in force.

A follower of the sealed log that requests notifications; `consumers.notify` sends them. On its
first start it begins at the log's end: nobody is told of the past. What an import recorded, and
what notifications themselves did, is told to nobody; but one that was given up is told in the next
digest.

Source: runbook section 7.3, "notify Risk Manager".
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET

from consumers.commands.policy_history import adopted, in_force_at
from consumers.reactor.follower import BatchResult, Follower
from consumers.reactor.follower_type import FollowerType
from consumers.reactor.matters import Found, Told, told_of
from consumers.reactor.reviews import IMPORTS
from consumers.services import Services
from ledger.domain.catalogue import CODEC
from ledger.domain.control.events import ControlReassessmentOverdue
from ledger.domain.delivery import DELIVERY, DeliveryGivenUp, RequestDelivery
from ledger.domain.envelope import Event, Recorded
from ledger.domain.identity import delivery_id, escalation_id
from ledger.domain.improvement.events import (
    ImprovementOverdue,
    ImprovementProposed,
    ImprovementRecurred,
)
from ledger.domain.incident import events as i
from ledger.domain.intake import QuarantineGrown
from ledger.domain.release.events import (
    ReleaseDecided,
    ReleaseNonconforming,
    ReleaseUndecidedLate,
)
from ledger.domain.review import ReviewLaunched, ReviewOverdue
from ledger.domain.risk.events import (
    RiskAcceptanceExpired,
    RiskAssessed,
    RiskReviewOverdue,
    RiskTreatmentOverdue,
)
from ledger.domain.risk.words import RiskLevel
from ledger.domain.source import SilenceEnded, SourceHeard, SourceSilent
from ledger.domain.standard.events import StandardChanged
from ledger.domain.system import ClassificationEnded
from ledger.errors import Refused, StaleVersion
from ledger.execute import AdvanceFollower, CausedCommand
from ledger.policy import parse_adopted
from ledger.policy.notify import ESCALATES, Notify
from ledger.policy.times import after, next_time
from ledger.store.port import Entry
from ledger.store.side_records import PositionMove
from ledger.vocabulary import Notice, Severity

NAME = "notices"
BEGUN = "notices/begun"
"""The position that says, by being 1, that the follower was started once."""
BY_A_SOURCE = "source/"
"""What the actor of an alert's own events begins with."""


def _is_told(event: Event) -> bool:
    """Whether it is what its notice says: a worse severity, a current level above tolerance."""
    match event:
        case i.Amended():
            return _is_worse(event)
        case RiskAssessed():
            return event.level is RiskLevel.CURRENT and not event.tolerated
        case _:
            return True


def _is_worse(event: i.Amended) -> bool:
    """Whether a correction made the severity worse."""
    if event.field != "severity" or not isinstance(event.to, str):
        return False
    before = Severity(event.from_) if isinstance(event.from_, str) and event.from_ else None
    return Severity(event.to).worse_than(before)


NOTICES: Mapping[type[Event], Notice] = {
    i.IncidentDetected: Notice.INCIDENT_OPENED,
    i.Classified: Notice.INCIDENT_CLASSIFIED,
    i.Amended: Notice.INCIDENT_RAISED,
    i.Closed: Notice.INCIDENT_CLOSED,
    i.Dismissed: Notice.INCIDENT_CLOSED,
    i.Merged: Notice.INCIDENT_CLOSED,
    i.Reopened: Notice.INCIDENT_REOPENED,
    i.RcaAtRisk: Notice.RCA_AT_RISK,
    i.RcaOverdue: Notice.RCA_OVERDUE,
    ReviewLaunched: Notice.REVIEW_LAUNCHED,
    ReviewOverdue: Notice.REVIEW_OVERDUE,
    ClassificationEnded: Notice.CLASSIFICATION_ENDED,
    ImprovementProposed: Notice.IMPROVEMENT_PROPOSED,
    ImprovementOverdue: Notice.IMPROVEMENT_OVERDUE,
    ImprovementRecurred: Notice.IMPROVEMENT_RECURRED,
    RiskAssessed: Notice.RISK_ABOVE_TOLERANCE,
    RiskAcceptanceExpired: Notice.RISK_ACCEPTANCE_EXPIRED,
    RiskReviewOverdue: Notice.RISK_OVERDUE,
    RiskTreatmentOverdue: Notice.RISK_OVERDUE,
    StandardChanged: Notice.STANDARD_CHANGED,
    ControlReassessmentOverdue: Notice.CONTROL_OVERDUE,
    ReleaseDecided: Notice.RELEASE_DECIDED,
    ReleaseNonconforming: Notice.RELEASE_NONCONFORMING,
    ReleaseUndecidedLate: Notice.RELEASE_OVERDUE,
    SourceSilent: Notice.SOURCE_SILENT,
    SourceHeard: Notice.SOURCE_HEARD,
    SilenceEnded: Notice.SOURCE_HEARD,
    QuarantineGrown: Notice.QUARANTINE_GROWN,
    DeliveryGivenUp: Notice.DELIVERY_GIVEN_UP,
}
"""The notice that an event of a type is, where `_is_told` does not leave it out."""
TYPES = frozenset(event.name for event in NOTICES)


class NoticeProcess:
    """Requests notifications, each once, whatever dies. Blocking; one thread at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._begins_at = self._store.size()
        self._begun = False
        self._follower = Follower(NAME, services, types=TYPES, process=self._process)

    def catch_up(self) -> bool:
        """Requests what all that is sealed calls for; whether that was anything.

        Raises Unavailable, UnknownEvent (see Follower).
        """
        if not self._begun:
            self._begin()
        self._follower.heed_move()  # of `tell_from`
        return self._follower.catch_up()

    def _begin(self) -> None:
        """On the very first start, passes what the log had when this process opened it."""
        positions = self._store.followers.positions([NAME, BEGUN])
        if positions[BEGUN] == 0:
            request = AdvanceFollower(
                moved=PositionMove(follower=BEGUN, old=0, new=1),
                kept=(PositionMove(follower=NAME, old=positions[NAME], new=self._begins_at),),
            )
            with suppress(StaleVersion):  # another process was first
                self._services.executor.execute(request, self._services.context())
        self._begun = True

    def _process(self, entries: Sequence[Entry]) -> BatchResult:
        told = told_of(self._store, list(self._found(entries)))
        now = self._services.clock()
        commands = [command for each in told for command in _requests(each, now)]
        return BatchResult(read=len(entries), commands=commands)

    def _found(self, entries: Sequence[Entry]) -> Iterator[Found]:
        """What a rule may be for: streams of other events need not be read."""
        adoptions = adopted(self._store)
        for entry in entries:
            if entry.type not in TYPES:
                continue
            recorded = CODEC.decode(entry.stored, entry.leaf)
            if not _is_told(recorded.event):
                continue
            notice = NOTICES[type(recorded.event)]
            by = in_force_at(adoptions, recorded.leaf)
            if not parse_adopted(by.event.text).notify.tells_of(notice):
                continue
            if not _goes_without_saying(notice, recorded):
                yield Found(notice, recorded, by)


def _goes_without_saying(notice: Notice, recorded: Recorded) -> bool:
    """Whether it was imported, or classified by the rule that opened it."""
    by_rule = notice is Notice.INCIDENT_CLASSIFIED and recorded.actor.startswith(BY_A_SOURCE)
    return by_rule or recorded.source.startswith(IMPORTS)


class Way(NamedTuple):
    """A channel that rules name, and from when on it is told of what happened."""

    rules: tuple[str, ...]
    at: datetime
    tells_risk_manager: bool = False

    def also(self, other: "Way") -> "Way":
        """With another rule that names it: it is told once, as soon as any of them says."""
        return Way(
            self.rules + other.rules,
            min(self.at, other.at),
            self.tells_risk_manager or other.tells_risk_manager,
        )


def _requests(told: Told, now: datetime) -> Iterator[CausedCommand]:
    """One for each channel that the rules name, and one for each step of an escalation.

    What is requested late has its full time until it is given up.
    """
    policy = parse_adopted(told.by.event.text)
    notify, recorded = policy.notify, told.recorded
    at = recorded.recorded_at
    direct: dict[str, Way] = {}
    steps: dict[tuple[timedelta, str], Way] = {}
    for rule in notify.rules_for(told.matter):
        begins = at if rule.digest is None else next_time(at, rule.digest, policy.zone)
        way = Way((rule.name,), begins, rule.tells_risk_manager)
        for channel in notify.channels_of(rule):
            direct[channel] = direct[channel].also(way) if channel in direct else way
        for step in rule.escalate if told.matter.notice in ESCALATES else ():
            later = Way((rule.name,), after(at, step.after))  # it tells somebody else
            for channel in notify.channels_of(step):
                place = (step.after, channel)
                steps[place] = steps[place].also(later) if place in steps else later
    for channel, way in direct.items():
        subject = delivery_id(recorded.id, channel)
        yield _request(told, notify, channel, way, subject, now)
    for (waits, channel), way in steps.items():
        subject = escalation_id(recorded.id, channel, waits)
        yield _request(told, notify, channel, way, subject, now, escalates=True)


def _request(
    told: Told,
    notify: Notify,
    channel: str,
    way: Way,
    subject: UUID,
    now: datetime,
    *,
    escalates: bool = False,
) -> CausedCommand:
    """What is held back is sent as one message, but for escalations: these are urgent."""
    recorded, happened = told.recorded, told.recorded.recorded_at
    send_at = notify.after_quiet_hours(channel, way.at, told.matter)
    waits = send_at > happened
    return CausedCommand(
        kind=DELIVERY.kind,
        subject=subject,
        command=RequestDelivery(
            notice=told.matter.notice,
            event=recorded.id,
            leaf=recorded.leaf,
            about=recorded.stream,
            source=told.source,
            channels=notify.chain(channel),
            rules=way.rules,
            tells_risk_manager=way.tells_risk_manager,
            next_channel_after=notify.next_channel_after,
            give_up_at=after(max(send_at, now), notify.give_up_after),
            send_at=send_at if waits else UNSET,
            digest=True if waits and not escalates else UNSET,
            unless_acknowledged_since=happened if escalates else UNSET,
        ),
        correlation=recorded.correlation,
        causation=recorded.id,
        policy_digest=told.by.event.digest,
    )


def tell_from(services: Services, leaf: int) -> int:
    """Has people told of what happened from a leaf on, and returns from where they were told.

    What was requested already is not requested again. Raises Refused for a leaf below 0, or after
    that place, StaleVersion where a process moved the place meanwhile, Unavailable.
    """
    positions = services.store.followers.positions([NAME, BEGUN])
    begun = positions[BEGUN] > 0
    place = positions[NAME] if begun else services.store.size()
    if not 0 <= leaf <= place:
        raise Refused(
            "tells_from_later",
            f"People are told of what happens from leaf {place} on; no leaf {leaf} is before it.",
            remedy=f"Write a leaf from 0 to {place}.",
        )
    begins = () if begun else (PositionMove(follower=BEGUN, old=0, new=1),)
    moved = PositionMove(follower=NAME, old=positions[NAME], new=leaf)
    services.executor.execute(AdvanceFollower(moved=moved, kept=begins), services.context())
    return place


NOTICE_PROCESS = FollowerType(name=NAME, role="reactor", start=NoticeProcess)
