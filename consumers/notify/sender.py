"""The loop that sends: it claims what is due, tries it, and records what came of it.

A claim lasts longer than a try. Whoever dies between a try and its record leaves a claim that
lapses, and the next process tries again under the same key. While a channel fails it is tried again
after as long as it has been failing, within bounds, and a little earlier or later than others.
"""

import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec import UNSET

from consumers.notify.channels import send
from consumers.notify.message import message_of
from consumers.notify.outcome import Failed, Sending
from consumers.notify.turns import is_its_turn
from consumers.services import Services
from ledger.domain.delivery import DELIVERY, SENDING, Delivery, RecordDelivered, RecordFailure
from ledger.errors import LedgerError, Unavailable
from ledger.execute import ClaimDeadline, RecordSending
from ledger.settings import AnyChannel
from ledger.settings.trackers import TRACKERS
from ledger.store.decoding import events_in
from ledger.store.side_records import Deadline

AT_ONCE = 8
"""So many are tried at a time: one receiver that hangs does not hold up the others."""
LOOKED_AT = 200
CLAIMED_FOR = timedelta(minutes=2)
"""Longer than a try takes, whatever its receiver does."""
SOONEST, LATEST = timedelta(seconds=2), timedelta(minutes=10)
"""The bounds of the wait before a further try."""
TICKETS_APART = CLAIMED_FOR
"""The least wait before a tracker is tried again: what it did may be found in it only later."""

log = structlog.get_logger(__name__)


class Sender:
    """Sends by these channels. Any number of processes do it, and one tries at a time. Blocking."""

    def __init__(
        self,
        services: Services,
        channels: Mapping[str, AnyChannel],
        *,
        public_url: str | None,
    ) -> None:
        """`public_url` is where people reach the pages; without it messages have no link."""
        self._services = services
        self._store = services.store
        self._channels = channels
        self._public_url = public_url
        self._absent: set[str] = set()

    def send_due(self) -> bool:
        """Tries what is due; whether anything was tried. Raises Unavailable."""
        now = self._services.clock()
        due = self._store.deadlines.due(SENDING.name, now, LOOKED_AT)
        if not due:
            return False
        entries = self._store.load({DELIVERY.stream(each.subject): 0 for each in due})
        states = [
            (each, DELIVERY.folded(events_in(entries[DELIVERY.stream(each.subject)])))
            for each in due
        ]
        mine = [(each, state) for each, state in states if self._is_mine(state, now)][:AT_ONCE]
        if not mine:
            return False
        with ThreadPoolExecutor(AT_ONCE, "notify") as threads:
            return any([*threads.map(self._try, *zip(*mine, strict=True))])

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
        now = self._services.clock()
        is_ticket = isinstance(self._channels.get(state.channel), TRACKERS)
        if is_ticket and not is_its_turn(self._store, deadline.subject, state, self._channels):
            later = ClaimDeadline(deadline=deadline, until=now + wait_after(state, now))
            self._services.executor.execute(later, self._services.context())
            return False
        until = now + CLAIMED_FOR
        claim = ClaimDeadline(deadline=deadline, until=until)
        if not self._services.executor.execute(claim, self._services.context()).done:
            return False
        claimed = Deadline(kind=deadline.kind, subject=deadline.subject, at=until)
        command = self._sent(deadline.subject, state)
        now = self._services.clock()
        again = now + max(wait_after(state, now), TICKETS_APART if is_ticket else SOONEST)
        self._services.executor.execute(
            RecordSending(deadline=claimed, command=command, again=again), self._services.context()
        )
        return True

    def _sent(self, delivery: UUID, state: Delivery) -> RecordDelivered | RecordFailure:
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
        ticket = sent.ticket or UNSET
        return RecordDelivered(channel=state.channel, receipt=sent.receipt, ticket=ticket)


def wait_after(state: Delivery, now: datetime) -> timedelta:
    """How long to wait before a further try, by how long its channel has been tried."""
    tried_for = now - state.since if state.since else SOONEST
    wait = min(max(tried_for, SOONEST), LATEST)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
