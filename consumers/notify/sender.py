"""The loop that sends: it claims what is due, tries it, and records what came of it.

A claim lasts longer than a try. Whoever dies between a try and its record leaves a claim that
lapses, and the next process tries again under the same key. While a channel fails it is tried again
after as long as it has been failing, within bounds, and a little earlier or later than others.
"""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from consumers.notify.channels import Failed, Sending, send
from consumers.notify.message import message_of
from consumers.notify.tries import Tries
from consumers.services import Services
from ledger.domain.delivery import DELIVERY, SENDING, Delivery, RecordDelivered, RecordFailure
from ledger.errors import LedgerError, Unavailable
from ledger.execute import ClaimDeadline, RecordSending
from ledger.settings import ChannelSettings
from ledger.store.decoding import events_in
from ledger.store.side_records import Deadline

CLAIMED_FOR = timedelta(minutes=2)
"""Longer than a try takes, whatever its receiver does."""
SOONEST, LATEST = timedelta(seconds=2), timedelta(minutes=10)
"""The bounds of the wait before a further try."""

log = structlog.get_logger(__name__)


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
        """`public_url` is where people reach the pages; without it messages have no link."""
        self._services = services
        self._store = services.store
        self._channels = channels
        self._public_url = public_url
        self._absent: set[str] = set()
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
        looked = self.tries.not_waiting(due, now)
        if not looked:
            return False
        entries = self._store.load({DELIVERY.stream(each.subject): 0 for each in looked})
        begun = False
        for each in looked:
            state = DELIVERY.folded(events_in(entries[DELIVERY.stream(each.subject)]))
            if not self._is_mine(state, now):
                self.tries.leave(each, state.channel, state.give_up_at)
            elif self.tries.begin(state.channel, [each], partial(self._try, each, state)):
                begun = True
        return begun

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
