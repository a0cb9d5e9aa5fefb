"""Notices: what happened, and who is told of it by the policy that was in force.

A follower of the sealed log that requests notifications; `consumers.notify` sends them. On its
first start it begins at the log's end: nobody is told of the past. What an import recorded, and
what notifications themselves did, is told to nobody.

Source: runbook section 7.3, "notify Risk Manager".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import UNSET

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
from ledger.domain.review import ReviewLaunched, ReviewOverdue
from ledger.errors import StaleVersion
from ledger.execute import AdvanceFollower, CausedCommand
from ledger.policy import parse_adopted
from ledger.policy.notify import Notify
from ledger.policy.times import after, next_time
from ledger.store.port import Entry
from ledger.store.side_records import PositionMove
from ledger.vocabulary import Notice, Severity

NAME = "notices"
BEGUN = "notices/begun"
"""The position that says, by being 1, that the follower was started once."""
BY_A_SOURCE = "source/"
"""What the actor of an alert's own events begins with."""


def _raised(event: i.Amended) -> Notice | None:
    """The notice of a correction that made the severity worse."""
    if event.field != "severity" or not isinstance(event.to, str):
        return None
    before = Severity(event.from_) if isinstance(event.from_, str) and event.from_ else None
    return Notice.INCIDENT_RAISED if Severity(event.to).worse_than(before) else None


NOTICES: Mapping[type[Event], Callable[[Any], Notice | None]] = {
    i.IncidentDetected: lambda _: Notice.INCIDENT_OPENED,
    i.Classified: lambda _: Notice.INCIDENT_CLASSIFIED,
    i.Amended: _raised,
    i.Closed: lambda _: Notice.INCIDENT_CLOSED,
    i.Dismissed: lambda _: Notice.INCIDENT_CLOSED,
    i.Merged: lambda _: Notice.INCIDENT_CLOSED,
    i.Reopened: lambda _: Notice.INCIDENT_REOPENED,
    i.RcaAtRisk: lambda _: Notice.RCA_AT_RISK,
    i.RcaOverdue: lambda _: Notice.RCA_OVERDUE,
    ReviewLaunched: lambda _: Notice.REVIEW_LAUNCHED,
    ReviewOverdue: lambda _: Notice.REVIEW_OVERDUE,
}
"""The notice that an event of a type is, if any."""
TYPES = frozenset(event.name for event in NOTICES)
OVER = frozenset({Notice.INCIDENT_CLOSED})
"""Notices that nobody has to acknowledge."""


class Found(NamedTuple):
    """An event that some rule of the policy in force names, and that policy."""

    notice: Notice
    recorded: Recorded
    by: Adopted


class Told(NamedTuple):
    """An event that people may be told of, and what the policy's rules ask about it."""

    notice: Notice
    recorded: Recorded
    by: Adopted
    system: str
    severity: Severity | None
    category: str | None
    categories: frozenset[str]


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
        streams = self._store.load({each.recorded.stream: 0 for each in found}) if found else {}
        commands = [
            command
            for each in found
            for command in _requests(_told(each, streams[each.recorded.stream]))
        ]
        return BatchResult(read=len(entries), commands=commands)

    def _found(self, entries: Sequence[Entry]) -> Iterator[Found]:
        """What a rule may be for: streams of other events need not be read."""
        adoptions = adopted(self._store)
        for entry in entries:
            if entry.type not in TYPES:
                continue
            recorded = CODEC.decode(entry.stored, entry.leaf)
            notice = NOTICES[type(recorded.event)](recorded.event)
            by = in_force_at(adoptions, recorded.leaf)
            if notice is None or not parse_adopted(by.event.text).notify.tells_of(notice):
                continue
            if not _goes_without_saying(notice, recorded):
                yield Found(notice, recorded, by)


def _goes_without_saying(notice: Notice, recorded: Recorded) -> bool:
    """Whether it was imported, or classified by the rule that opened it."""
    by_rule = notice is Notice.INCIDENT_CLASSIFIED and recorded.actor.startswith(BY_A_SOURCE)
    return by_rule or recorded.source.startswith(IMPORTS)


def _told(found: Found, entries: Sequence[Entry]) -> Told:
    """With the state that its request left the stream in: a rule may have classified it."""
    recorded = found.recorded
    events = (CODEC.decode(entry.stored, entry.leaf) for entry in entries)
    state = KINDS[kind_of(recorded.stream)].folded(
        each.event
        for each in events
        if each.leaf <= recorded.leaf or each.correlation == recorded.correlation
    )
    is_incident = kind_of(recorded.stream) == INCIDENT.kind
    return Told(
        *found,
        state.system,
        state.severity if is_incident else None,
        state.category if is_incident else None,
        _categories(state) if is_incident else frozenset(),
    )


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
    for rule in notify.rules_for(told.notice, told.system, told.severity, told.category):
        begins = at if rule.digest is None else next_time(at, rule.digest, policy.zone)
        way = Way((rule.name,), begins, rule.tells_risk_manager)
        for channel in rule.channels:
            direct[channel] = direct[channel].also(way) if channel in direct else way
        for step in rule.escalate if told.notice not in OVER else ():
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
    send_at = notify.after_quiet_hours(channel, way.at, told.severity, told.categories)
    waits = send_at > happened
    return CausedCommand(
        kind=DELIVERY.kind,
        subject=subject,
        command=RequestDelivery(
            notice=told.notice,
            event=recorded.id,
            leaf=recorded.leaf,
            about=recorded.stream,
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
