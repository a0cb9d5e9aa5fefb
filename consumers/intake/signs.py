"""The sign that this process takes signals, given every few seconds; its absence is a gap."""

import time

from consumers.services import Services
from ledger.execute import GiveSign

SIGN_EVERY_SECONDS = 5.0
"""An interruption is known so exactly."""


class Signs:
    """Gives signs; the first at once. Blocking; one thread at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._next = 0.0

    def give_due(self) -> bool:
        """Gives a sign where one is due; whether that recorded a gap. Raises Unavailable."""
        now = time.monotonic()
        if now < self._next:
            return False
        outcome = self._services.executor.execute(GiveSign(), self._services.context())
        self._next = now + SIGN_EVERY_SECONDS
        return outcome.events > 0
