"""The loop that sends: it claims what is due, tries it, and records what came of it.

A claim lasts longer than a try. Whoever dies between a try and its record leaves a claim that
lapses, and the next process tries again under the same key. While a channel fails it is tried again
after as long as it has been failing, within bounds, and a little earlier or later than others.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import structlog
from msgspec import UNSET
from msgspec.structs import replace

from consumers.access.acknowledge_links import Link, link_of
from consumers.notify.channels import send
from consumers.notify.message import Message, digest_of, message_of
from consumers.notify.outcome import Failed, Sending
from consumers.notify.reasons import unexpected
from consumers.notify.tries import Tries
from consumers.notify.turns import is_its_turn
from consumers.services import Services
from ledger.domain.delivery import (
    DELIVERY,
    SENDING,
    Delivery,
    RecordDelivered,
    RecordFailure,
    RecordNotNeeded,
)
from ledger.domain.envelope import kind_of
from ledger.domain.identity import digest_key
from ledger.domain.incident.kind import INCIDENT
from ledger.errors import LedgerError, Unavailable
from ledger.execute import ClaimSending, RecordSending
from ledger.policy.notify import IN_EVERY_DIGEST
from ledger.policy.times import LAST, after
from ledger.settings import ChannelSettings
from ledger.settings.trackers import TRACKERS
from ledger.store.decoding import events_in
from ledger.store.side_records import Deadline

CLAIMED_FOR = timedelta(minutes=2)
"""Longer than a try takes, whatever its receiver does."""
SOONEST, LATEST = timedelta(seconds=2), timedelta(minutes=10)
"""The bounds of the wait before a further try."""
DIGEST_NOTICES = 200
"""The most notices of one message of a digest: beyond it there is a further message."""
TICKETS_APART = CLAIMED_FOR
"""The least wait before a tracker is tried again: what it did may be found in it only later."""

log = structlog.get_logger(__name__)


class Due(NamedTuple):
    """A notification whose time has come, and where it stands."""

    deadline: Deadline
    state: Delivery


class Sender:
    """Sends by these channels. Any number of processes do it, and one tries at a time.

    One thread at a time calls it; it tries in threads of its own (see `Tries`).
    """

    def __init__(
        self,
        services: Services,
        channels: Mapping[str, ChannelSettings],
        *,
        public_url: str | None,
    ) -> None:
        """`public_url` is where people reach the pages; messages have no link while it is None."""
        self._services = services
        self._store = services.store
        self._channels = channels
        self.public_url = public_url
        self._absent: dict[str, datetime] = {}
        """Channels that this process does not have, and when it first looked for each."""
        self.tries = Tries(len(channels))

    def send_due(self) -> bool:
        """Tries what is due, and waits for it; whether anything was tried. Raises Unavailable."""
        self.begin_due()
        self.tries.wait()
        return self.tries.ended()

    def begin_due(self) -> bool:
        """Begins to try what is due; whether that is anything, or a try ended since.

        Raises Unavailable, also for a try of before.
        """
        ended = self.tries.ended()
        return self._begin() or ended

    def _begin(self) -> bool:
        now = self._services.clock()
        due = self._store.deadlines.due(SENDING.name, now, self.tries.limit)
        mine = []
        for each in self._whole_digests(self._due(self.tries.not_waiting(due, now))):
            if self._is_mine(each.state, now):
                mine.append(each)
            else:
                until = self._waited_for(each.state)
                self.tries.leave(each.deadline, each.state.channel, until)
        begun = False
        for group in self._together(mine):
            deadlines = [of.deadline for of in group]
            run = partial(self._try, group)
            begun = self.tries.begin(group[0].state.channel, deadlines, run) or begun
        return begun

    def _due(self, deadlines: Sequence[Deadline]) -> list[Due]:
        if not deadlines:
            return []
        entries = self._store.load({DELIVERY.stream(each.subject): 0 for each in deadlines})
        return [
            Due(each, DELIVERY.folded(events_in(entries[DELIVERY.stream(each.subject)])))
            for each in deadlines
        ]

    def _whole_digests(self, due: Sequence[Due]) -> list[Due]:
        """These, and all others of their digests' times: a digest is the same in every try."""
        times = {of.deadline.at for of in due if of.state.digest}
        known = {of.deadline for of in due}
        same = [each for at in times for each in self._store.deadlines.at(SENDING.name, at)]
        more = [each for each in self.tries.not_under_way(same) if each not in known]
        return [*due, *self._due(more)]

    def _is_mine(self, state: Delivery, now: datetime) -> bool:
        """Whether this process has its channel, or nobody had it for long enough."""
        if not state.is_open or state.channel in self._channels:
            return True
        if state.channel not in self._absent:
            self._absent[state.channel] = now
            log.warning("channel_not_set", channel=state.channel)
        return now >= self._waited_for(state)

    def _waited_for(self, state: Delivery) -> datetime:
        """Until when another process may have the channel: then the next one is tried, if any."""
        end = state.give_up_at or LAST
        if not state.channels or state.since is None:
            return end
        begun = max(state.since, self._absent[state.channel])
        return min(end, after(begun, state.next_channel_after))

    def _try(self, due: Sequence[Due]) -> bool:
        """Claims them, which fails where another claimed or ended one since its state was read."""
        now = self._services.clock()
        until, state = now + CLAIMED_FOR, due[0].state
        delivery = due[0].deadline.subject
        deadlines = tuple(each.deadline for each in due)
        is_ticket = self._is_tracker(state.channel)
        if is_ticket and not is_its_turn(self._store, delivery, state, self._channels):
            later = ClaimSending(deadlines=deadlines, until=now + wait_after(state, now))
            self._services.executor.execute(later, self._services.context())
            return False
        link = None if is_ticket else self._link(delivery, state, now)
        claim = ClaimSending(deadlines=deadlines, until=until, link=link.kept if link else ())
        if not self._services.executor.execute(claim, self._services.context()).done:
            return False
        claimed = tuple(replace(each.deadline, at=until) for each in due)
        command = self._sent(due, link.secret if link else "")
        now = self._services.clock()
        again = now + max(wait_after(state, now), TICKETS_APART if is_ticket else SOONEST)
        self._services.executor.execute(
            RecordSending(deadlines=claimed, command=command, again=again), self._services.context()
        )
        return True

    def _sent(
        self, due: Sequence[Due], secret: str
    ) -> RecordDelivered | RecordFailure | RecordNotNeeded:
        """What the try came to. What ended is not sent: of that nothing is recorded either."""
        name = due[0].state.channel
        if not all(each.state.is_open for each in due):  # a store that was repaired is told anew
            return RecordFailure(channel=name, reason="It ended before.")
        channel = self._channels.get(name)
        if channel is None:
            absent = (
                f"No process has this channel: set notify.channels.{name} where the reactor runs."
            )
            return RecordFailure(channel=name, reason=absent)
        if due[0].state.notice in IN_EVERY_DIGEST and self._is_tracker(name):  # that has no digest
            return RecordNotNeeded()
        try:
            by = Sending(self.public_url or "airledger", self._services.clock())
            sent = send(channel, self._message(due, secret), by, self.tries.sending)
        except Unavailable:
            raise
        except Failed as failure:
            log.info("notification_failed", channel=name, reason=failure.reason)
            return RecordFailure(channel=name, reason=failure.reason)
        except LedgerError as error:
            return RecordFailure(channel=name, reason=str(error))
        except Exception as error:  # noqa: BLE001 - `unexpected` logs it
            return RecordFailure(channel=name, reason=unexpected(error))
        ticket = sent.ticket or UNSET
        return RecordDelivered(channel=name, receipt=sent.receipt, ticket=ticket)

    def _message(self, due: Sequence[Due], secret: str) -> Message:
        """One for all of them, under a key of their own where they are a digest."""
        parts = [
            message_of(self._store, f"{of.subject}", state, self.public_url, secret)
            for of, state in due
        ]
        if not due[0].state.digest or self._is_tracker(due[0].state.channel):
            return parts[0]
        key = digest_key(of.subject for of, _ in due)
        return digest_of(f"{key}", parts, self.public_url)

    def _link(self, delivery: UUID, state: Delivery, now: datetime) -> Link | None:
        """The link to acknowledge what it is about; None where there is none."""
        channel = self._channels.get(state.channel)
        is_incident = kind_of(state.about) == INCIDENT.kind
        if channel is None or not is_incident or state.digest or self.public_url is None:
            return None
        return link_of(self._store, delivery, channel.model_dump_json(), now)

    def _is_tracker(self, channel: str) -> bool:
        return isinstance(self._channels.get(channel), TRACKERS)

    def _together(self, due: Iterable[Due]) -> list[tuple[Due, ...]]:
        """What is one message each: those of a digest have one channel and time, in any try.

        A digest of very many is several messages, of the same notices in any try. A ticket is about
        one incident.
        """
        groups: dict[object, list[Due]] = {}
        for each in due:
            of, state = each
            is_digest = state.digest and not self._is_tracker(state.channel)
            group = (state.channel, state.since, of.at) if is_digest else of.subject
            groups.setdefault(group, []).append(each)
        return [part for group in groups.values() for part in _messages(group)]


def _messages(group: Iterable[Due]) -> Iterator[tuple[Due, ...]]:
    """Parts of a size that a message may have, in the order of the log."""
    ordered = sorted(group, key=_place_in_log)
    for first in range(0, len(ordered), DIGEST_NOTICES):
        yield tuple(ordered[first : first + DIGEST_NOTICES])


def _place_in_log(due: Due) -> tuple[int, int]:
    return due.state.leaf, due.deadline.subject.int


def wait_after(state: Delivery, now: datetime) -> timedelta:
    """How long to wait before a further try, by how long its channel has been tried."""
    tried_for = now - state.since if state.since else SOONEST
    wait = min(max(tried_for, SOONEST), LATEST)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
