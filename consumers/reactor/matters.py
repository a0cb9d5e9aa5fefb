"""What an event is about, as the policy's rules ask it: systems, severity, category.

A notification that was given up is about what it was to tell.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from consumers.commands.policy_history import Adopted
from ledger.domain.catalogue import CODEC, KINDS
from ledger.domain.delivery import DELIVERY, Delivery, DeliveryGivenUp
from ledger.domain.envelope import Recorded, kind_of
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.state import Incident
from ledger.domain.intake import IntakeEvent, QuarantineGrown
from ledger.domain.source import SilenceEnded, SourceEvent, SourceHeard, SourceSilent
from ledger.policy import parse_adopted
from ledger.policy.notify import IN_EVERY_DIGEST, Matter
from ledger.store.decoding import events_in
from ledger.store.port import Entry, Store
from ledger.vocabulary import Notice

Streams = Mapping[str, Sequence[Entry]]


class Found(NamedTuple):
    """An event that some rule of the policy in force names, and that policy."""

    notice: Notice
    recorded: Recorded
    by: Adopted


class Told(NamedTuple):
    """An event that people may be told of, and what the policy's rules ask about it.

    `source` names the source that it is about, which its stream does not say.
    """

    matter: Matter
    recorded: Recorded
    by: Adopted
    source: str | UnsetType = UNSET


def told_of(store: Store, found: Sequence[Found]) -> Iterator[Told]:
    """Each with what it is about, but for notifications about another one that was given up.

    Raises Unavailable, UnknownEvent.
    """
    streams = _loaded(store, {each.recorded.stream for each in found if _by_state(each.recorded)})
    given_up = {
        each.recorded.stream: _delivery(each, streams) for each in found if _is_given_up(each)
    }
    about = _loaded(store, {each.about for each in given_up.values()})
    for each in found:
        delivery = given_up.get(each.recorded.stream)
        if delivery is None:
            yield Told(_matter(each, streams), each.recorded, each.by, _source_of(each))
        elif delivery.notice is not None and delivery.notice not in IN_EVERY_DIGEST:
            first = _was_to_tell(each, delivery, delivery.notice, about)
            matter = _matter(first, about)._replace(notice=each.notice)
            yield Told(matter, each.recorded, each.by, _source_of(first))


def _loaded(store: Store, streams: Collection[str]) -> Streams:
    return store.load(dict.fromkeys(streams, 0)) if streams else {}


def _by_state(recorded: Recorded) -> bool:
    """Whether rules ask for the state of what it is about; of a source they ask the policy."""
    return not isinstance(recorded.event, SourceEvent | IntakeEvent)


def _is_given_up(found: Found) -> bool:
    return isinstance(found.recorded.event, DeliveryGivenUp)


def _delivery(found: Found, streams: Streams) -> Delivery:
    state: Delivery = DELIVERY.folded(events_in(streams[found.recorded.stream]))
    return state


def _was_to_tell(found: Found, delivery: Delivery, notice: Notice, about: Streams) -> Found:
    """The event that a notification was about."""
    entry = next(each for each in about[delivery.about] if each.leaf == delivery.leaf)
    return Found(notice, CODEC.decode(entry.stored, entry.leaf), found.by)


def _matter(found: Found, streams: Streams) -> Matter:
    """With the state that its request left the stream in: a rule may have classified it."""
    recorded = found.recorded
    match recorded.event:
        case SourceSilent(source=source) | SourceHeard(source=source) | SilenceEnded(source=source):
            coverage = parse_adopted(found.by.event.text).coverage
            return Matter(found.notice, coverage.systems_of(source))
        case QuarantineGrown():
            return Matter(found.notice, None)
    entries = streams[recorded.stream]
    events = (CODEC.decode(entry.stored, entry.leaf) for entry in entries)
    state = KINDS[kind_of(recorded.stream)].folded(
        each.event
        for each in events
        if each.leaf <= recorded.leaf or each.correlation == recorded.correlation
    )
    if kind_of(recorded.stream) != INCIDENT.kind:
        concerned = KINDS[kind_of(recorded.stream)].concerns(state).systems
        return Matter(found.notice, concerned or None)
    systems = frozenset({state.system})
    return Matter(found.notice, systems, state.severity, state.category, _categories(state))


def _source_of(found: Found) -> str | UnsetType:
    event = found.recorded.event
    return event.source if isinstance(event, SourceSilent | SourceHeard | SilenceEnded) else UNSET


def _categories(state: Incident) -> frozenset[str]:
    return frozenset(each for each in (state.category, state.secondary_category) if each)
