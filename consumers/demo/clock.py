"""The time of a demo: the moment that is being played, and the machine's clock after that.

The one clock that is ever moved. It begins in the past, goes forward alone, and once let go of it
is the machine's for good. Only `airledger demo` has one, for a new ledger whose log says in its
origin that it is a demo's.
"""

from datetime import datetime, timedelta

from consumers.commands.policy_history import policy_in_force
from consumers.container.guarded_clock import machine_time
from consumers.container.ledger import Ledger
from consumers.container.thread_worker import IDLE_SECONDS
from ledger.domain.deadlines import DEADLINES
from ledger.domain.release import CONFORMITY
from ledger.domain.staleness import STALENESS
from ledger.execute import GiveSign
from ledger.policy.times import after

MOST_WATCHED = 1_000
LOOKED_AT = tuple(of.name for of in DEADLINES if of not in (STALENESS, CONFORMITY))
"""The deadlines that the clock stops at. What is deployed is judged each day: that waits."""
CHECKED_AFTER = timedelta(seconds=IDLE_SECONDS)
"""How soon after something is due the loop of a server looks for it."""


class PlayedClock:
    """Called, it tells the time."""

    def __init__(self, begins: datetime) -> None:
        self._at: datetime | None = begins

    def __call__(self) -> datetime:
        """The moment that is being played, else the machine's time."""
        return self._at or machine_time()

    def advance_to(self, moment: datetime, ledger: Ledger) -> None:
        """Goes on to a moment, by way of each at which the ledger records that something is due.

        So an RCA that becomes overdue meanwhile is recorded as such when it does. What was
        appended is sealed, and who is to be told of it is told. All the time signals are taken.
        Blocking.
        """
        self._go_to(moment, ledger)
        _give_sign(ledger, passed=timedelta(0))

    def pause_until(self, moment: datetime, ledger: Ledger) -> None:
        """Goes on to a moment until which no signal is taken. Blocking."""
        self._go_to(moment, ledger)
        _give_sign(ledger, passed=None)

    def _go_to(self, moment: datetime, ledger: Ledger) -> None:
        _settle(ledger)
        while self._at is not None and (due := self._next_due(ledger, moment)) is not None:
            self._at = due
            _settle(ledger)
        if self._at is not None:
            self._at = max(self._at, moment)

    def release(self, ledger: Ledger) -> None:
        """Becomes the machine's clock, which is past every moment played. Blocking."""
        self.advance_to(machine_time(), ledger)
        self._at = None
        ledger.seal_and_project()

    def _next_due(self, ledger: Ledger, moment: datetime) -> datetime | None:
        """The first moment, after now and no later than this one, to look for what is due."""
        stale_after = policy_in_force(ledger.store).alerts.shortest_stale_after
        heard = ledger.store.deadlines.due(
            STALENESS.name, after(moment, -stale_after), MOST_WATCHED
        )
        due = [after(each.at, stale_after) for each in heard]
        for name in LOOKED_AT:
            due += [each.at for each in ledger.store.deadlines.due(name, moment, MOST_WATCHED)]
        looks = [after(each, CHECKED_AFTER) for each in due]
        return min((look for look in looks if self() < look <= moment), default=None)


def _give_sign(ledger: Ledger, *, passed: timedelta | None) -> None:
    """Says that signals are taken now; also since the sign before, where the time is known."""
    ledger.executor.execute(GiveSign(passed=passed), ledger.services.context())


def _settle(ledger: Ledger) -> None:
    """Seals what was appended and all that it causes, and sends what is due by now."""
    sends = bool(ledger.settings.notify.channels)
    while ledger.seal_and_react() or (sends and ledger.sender.send_due()):
        pass
