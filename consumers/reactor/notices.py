"""Notices: what happened, and who is told of it by the policy that was in force.

A follower of the sealed log that requests notifications; `consumers.notify` sends them. On its
first start it begins at the log's end: nobody is told of the past. What an import recorded, and
what notifications themselves did, is told to nobody.

Source: runbook section 7.3, "notify Risk Manager".
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET, UnsetType

from consumers.commands.policy_history import Adopted, adopted, in_force_at
from consumers.reactor.follower import BatchResult, Follower
from consumers.reactor.follower_type import FollowerType
from consumers.reactor.reviews import IMPORTS
from consumers.services import Services
from ledger.domain.catalogue import CODEC, KINDS
from ledger.domain.delivery import DELIVERY, RequestDelivery
from ledger.domain.envelope import Event, Recorded, kind_of
from ledger.domain.identity import delivery_id, escalation_id
from ledger.domain.incident import events as i
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.state import Incident
from ledger.domain.intake import IntakeEvent, QuarantineGrown
from ledger.domain.review import ReviewLaunched, ReviewOverdue
from ledger.domain.source import SilenceEnded, SourceEvent, SourceHeard, SourceSilent
from ledger.errors import StaleVersion
from ledger.execute import AdvanceFollower, CausedCommand
from ledger.policy import parse_adopted
from ledger.policy.notify import ESCALATES, Matter, Notify
from ledger.policy.times import after, next_time
from ledger.store.port import Entry
from ledger.store.side_records import PositionMove
from ledger.vocabulary import Notice, Severity

NAME = "notices"
BEGUN = "notices/begun"
"""The position that says, by being 1, that the follower was started once."""
BY_A_SOURCE = "source/"
"""What the actor of an alert's own events begins with."""


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
    SourceSilent: Notice.SOURCE_SILENT,
    SourceHeard: Notice.SOURCE_HEARD,
    SilenceEnded: Notice.SOURCE_HEARD,
    QuarantineGrown: Notice.QUARANTINE_GROWN,
}
"""The notice that an event of a type is; a correction only where it makes the severity worse."""
TYPES = frozenset(event.name for event in NOTICES)


class Found(NamedTuple):
    """An event that some rule of the policy in force names, and that policy."""

    notice: Notice
    recorded: Recorded
    by: Adopted


class Told(NamedTuple):
    """An event that people may be told of, and what the policy's rules ask about it."""

    matter: Matter
    recorded: Recorded
    by: Adopted


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
        found = list(self._found(entries))
        read = {each.recorded.stream: 0 for each in found if _by_state(each)}
        streams = self._store.load(read) if read else {}
        told = (
            Told(_matter(each, streams.get(each.recorded.stream, ())), each.recorded, each.by)
            for each in found
        )
        commands = [command for each in told for command in _requests(each)]
        return BatchResult(read=len(entries), commands=commands)

    def _found(self, entries: Sequence[Entry]) -> Iterator[Found]:
        """What a rule may be for: streams of other events need not be read."""
        adoptions = adopted(self._store)
        for entry in entries:
            if entry.type not in TYPES:
                continue
            recorded = CODEC.decode(entry.stored, entry.leaf)
            if isinstance(recorded.event, i.Amended) and not _is_worse(recorded.event):
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


def _by_state(found: Found) -> bool:
    """Whether rules ask for the state of what it is about; of a source they ask the policy."""
    return not isinstance(found.recorded.event, SourceEvent | IntakeEvent)


def _matter(found: Found, entries: Sequence[Entry]) -> Matter:
    """With the state that its request left the stream in: a rule may have classified it."""
    recorded = found.recorded
    match recorded.event:
        case SourceSilent(source=source) | SourceHeard(source=source) | SilenceEnded(source=source):
            coverage = parse_adopted(found.by.event.text).coverage
            return Matter(found.notice, coverage.systems_of(source))
        case QuarantineGrown():
            return Matter(found.notice, None)
    events = (CODEC.decode(entry.stored, entry.leaf) for entry in entries)
    state = KINDS[kind_of(recorded.stream)].folded(
        each.event
        for each in events
        if each.leaf <= recorded.leaf or each.correlation == recorded.correlation
    )
    systems = frozenset({state.system})
    if kind_of(recorded.stream) != INCIDENT.kind:
        return Matter(found.notice, systems)
    return Matter(found.notice, systems, state.severity, state.category, _categories(state))


def _source_of(event: Event) -> str | UnsetType:
    """The name of the source that an event is about, which its stream does not say."""
    return event.source if isinstance(event, SourceSilent | SourceHeard | SilenceEnded) else UNSET


def _categories(state: Incident) -> frozenset[str]:
    return frozenset(each for each in (state.category, state.secondary_category) if each)


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


def _requests(told: Told) -> Iterator[CausedCommand]:
    """One for each channel that the rules name, and one for each step of an escalation."""
    policy = parse_adopted(told.by.event.text)
    notify, recorded = policy.notify, told.recorded
    at = recorded.recorded_at
    direct: dict[str, Way] = {}
    steps: dict[tuple[timedelta, str], Way] = {}
    for rule in notify.rules_for(told.matter):
        begins = at if rule.digest is None else next_time(at, rule.digest, policy.zone)
        way = Way((rule.name,), begins, rule.tells_risk_manager)
        for channel in rule.channels:
            direct[channel] = direct[channel].also(way) if channel in direct else way
        for step in rule.escalate if told.matter.notice in ESCALATES else ():
            later = way._replace(at=after(at, step.after))
            for channel in step.channels:
                place = (step.after, channel)
                steps[place] = steps[place].also(later) if place in steps else later
    for channel, way in direct.items():
        yield _request(told, notify, channel, way, delivery_id(recorded.id, channel))
    for (waits, channel), way in steps.items():
        subject = escalation_id(recorded.id, channel, waits)
        yield _request(told, notify, channel, way, subject, escalates=True)


def _request(
    told: Told, notify: Notify, channel: str, way: Way, subject: UUID, *, escalates: bool = False
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
            source=_source_of(recorded.event),
            channels=notify.chain(channel),
            rules=way.rules,
            tells_risk_manager=way.tells_risk_manager,
            next_channel_after=notify.next_channel_after,
            give_up_at=after(send_at, notify.give_up_after),
            send_at=send_at if waits else UNSET,
            digest=True if waits and not escalates else UNSET,
            unless_acknowledged_since=happened if escalates else UNSET,
        ),
        correlation=recorded.correlation,
        causation=recorded.id,
        policy_digest=told.by.event.digest,
    )


NOTICE_PROCESS = FollowerType(name=NAME, role="reactor", start=NoticeProcess)
