"""The sign that this process takes signals, given every few seconds; its absence is a gap."""

from datetime import timedelta

from consumers.container.guarded_clock import seconds_passed
from consumers.services import Services
from ledger.execute import GiveSign

SIGN_EVERY_SECONDS = 5.0
"""An interruption is known so exactly."""


class Signs:
    """Gives signs; the first at once. Blocking; one thread at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._given: float | None = None

    def give_due(self) -> bool:
        """Gives a sign where one is due; whether that recorded a gap. Raises Unavailable."""
        now, passed = seconds_passed(), None
        if self._given is not None:
            if now - self._given < SIGN_EVERY_SECONDS:
                return False
            passed = timedelta(seconds=now - self._given)
        sign = GiveSign(passed=passed)
        outcome = self._services.executor.execute(sign, self._services.context())
        self._given = now
        return outcome.events > 0
