"""The loop that sends: it claims what is due, tries it, and records what came of it.

A claim lasts longer than a try. Whoever dies between a try and its record leaves a claim that
lapses, and the next process tries again under the same key. While a channel fails it is tried again
after as long as it has been failing, within bounds, and a little earlier or later than others.

Each channel has tries of its own under way, so that a receiver that hangs holds up no other,
however much waits for it.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog

from consumers.notify.channels import Failed, Sending, send
from consumers.notify.message import message_of
from consumers.services import Services
from ledger.domain.delivery import DELIVERY, SENDING, Delivery, RecordDelivered, RecordFailure
from ledger.errors import LedgerError, Unavailable
from ledger.execute import ClaimDeadline, RecordSending
from ledger.settings import ChannelSettings
from ledger.store.decoding import events_in
from ledger.store.side_records import Deadline

AT_ONCE = 4
"""So many are tried at a time by each channel."""
LOOKED_AT = 200
MOST_ASIDE = 5_000
"""So many that wait for a channel at work are looked past, to find those of the others."""
CLAIMED_FOR = timedelta(minutes=2)
"""Longer than a try takes, whatever its receiver does."""
SOONEST, LATEST = timedelta(seconds=2), timedelta(minutes=10)
"""The bounds of the wait before a further try."""

log = structlog.get_logger(__name__)


class _Aside(NamedTuple):
    """What is due and cannot be tried: its channel, and where no process has that, until when."""

    channel: str
    until: datetime | None


class Sender:
    """Sends by these channels. Any number of processes do it, and one tries at a time.

    One thread at a time calls it; it tries in threads of its own. `on_ended` is called in these
    when a try ended.
    """

    def __init__(
        self,
        services: Services,
        channels: Mapping[str, ChannelSettings],
        *,
        public_url: str | None,
    ) -> None:
        """`public_url` is where people reach the pages; without it messages have no link."""
        self._services = services
        self._store = services.store
        self._channels = channels
        self._public_url = public_url
        self.on_ended: Callable[[], None] = lambda: None
        self._absent: set[str] = set()
        self._threads = ThreadPoolExecutor(AT_ONCE * (len(channels) + 1), "notify")
        self._tries: dict[Future[bool], tuple[UUID, str]] = {}
        self._aside: dict[Deadline, _Aside] = {}
        self._ending = False

    def send_due(self) -> bool:
        """Tries what is due, and waits for it; whether anything was tried. Raises Unavailable."""
        self.begin_due()
        wait(self._tries)
        return self._ended()

    def begin_due(self) -> bool:
        """Begins to try what is due; whether that is anything, or anything ended since.

        Raises Unavailable, also for a try of before.
        """
        ended = self._ended()
        return (not self._ending and self._begin()) or ended

    def finish(self) -> None:
        """Begins no further try, and waits for those under way: as long as a try takes.

        What is due then stays so, for the next process. Any thread may call it.
        """
        self._ending = True
        self._threads.shutdown()

    def _ended(self) -> bool:
        """Forgets the tries that ended; whether any of them was a try. Raises as they did."""
        ended = [future for future in self._tries if future.done()]
        for future in ended:
            del self._tries[future]
        results = [future.result() for future in ended]
        return any(results)

    def _begin(self) -> bool:
        under_way = Counter(channel for _, channel in self._tries.values())
        begun = False
        for deadline, state in self._waiting(under_way):
            channel = state.channel
            if not self._is_mine(state, self._services.clock()):
                self._aside[deadline] = _Aside(channel, state.give_up_at)
            elif under_way[channel] >= AT_ONCE:
                self._aside[deadline] = _Aside(channel, None)
            else:
                try:
                    future = self._threads.submit(self._try, deadline, state)
                except RuntimeError:  # it is ending
                    return begun
                under_way[channel] += 1
                self._tries[future] = deadline.subject, channel
                future.add_done_callback(lambda _: self.on_ended())
                begun = True
        return begun

    def _waiting(self, under_way: Mapping[str, int]) -> Sequence[tuple[Deadline, Delivery]]:
        """What is due and may be tried as far as is known, the longest due first."""
        now = self._services.clock()
        due = self._store.deadlines.due(
            SENDING.name, now, LOOKED_AT + min(len(self._aside), MOST_ASIDE)
        )
        self._aside = {each: self._aside[each] for each in due if each in self._aside}
        trying = {subject for subject, _ in self._tries.values()}
        looked = [each for each in due if each.subject not in trying]
        looked = [each for each in looked if self._may_be_tried(each, under_way, now)][:LOOKED_AT]
        if not looked:
            return ()
        entries = self._store.load({DELIVERY.stream(each.subject): 0 for each in looked})
        for each in looked:
            self._aside.pop(each, None)
        return [
            (each, DELIVERY.folded(events_in(entries[DELIVERY.stream(each.subject)])))
            for each in looked
        ]

    def _may_be_tried(
        self, deadline: Deadline, under_way: Mapping[str, int], now: datetime
    ) -> bool:
        """Whether nothing is known that keeps it from being tried now."""
        aside = self._aside.get(deadline)
        if aside is None:
            return True
        if aside.until is not None:
            return now >= aside.until
        return under_way.get(aside.channel, 0) < AT_ONCE

    def _is_mine(self, state: Delivery, now: datetime) -> bool:
        """Whether this process has its channel, or nobody had it until the end."""
        if not state.is_open or state.channel in self._channels:
            return True
        if state.channel not in self._absent:
            self._absent.add(state.channel)
            log.warning("channel_not_set", channel=state.channel)
        return state.give_up_at is not None and now >= state.give_up_at

    def _try(self, deadline: Deadline, state: Delivery) -> bool:
        """Claims it, which fails where another claimed or ended it since its state was read."""
        until = self._services.clock() + CLAIMED_FOR
        claim = ClaimDeadline(deadline=deadline, until=until)
        if not self._services.executor.execute(claim, self._services.context()).done:
            return False
        claimed = Deadline(kind=deadline.kind, subject=deadline.subject, at=until)
        command = self._sent(deadline.subject, state)
        now = self._services.clock()
        again = now + wait_after(state, now)
        self._services.executor.execute(
            RecordSending(deadline=claimed, command=command, again=again), self._services.context()
        )
        return True

    def _sent(self, delivery: UUID, state: Delivery) -> RecordDelivered | RecordFailure:
        """What the try came to. What ended is not sent: of that nothing is recorded either."""
        if not state.is_open:  # a store that was repaired is told of it anew
            return RecordFailure(channel=state.channel, reason="It ended before.")
        channel = self._channels.get(state.channel)
        if channel is None:
            return RecordFailure(channel=state.channel, reason="No process has this channel.")
        try:
            message = message_of(self._store, f"{delivery}", state, self._public_url)
            by = Sending(self._public_url or "airledger", self._services.clock())
            sent = send(channel, message, by)
        except Unavailable:
            raise
        except Failed as failure:
            log.info("notification_failed", channel=state.channel, reason=failure.reason)
            return RecordFailure(channel=state.channel, reason=failure.reason)
        except LedgerError as error:
            return RecordFailure(channel=state.channel, reason=str(error))
        return RecordDelivered(channel=state.channel, receipt=sent.receipt)


def wait_after(state: Delivery, now: datetime) -> timedelta:
    """How long to wait before a further try, by how long its channel has been tried."""
    tried_for = now - state.since if state.since else SOONEST
    wait = min(max(tried_for, SOONEST), LATEST)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
