"""What the routes work with, under one name in the application's state."""

from collections.abc import Callable
from dataclasses import dataclass, field

from litestar.datastructures import State

from consumers.loops import Loop
from consumers.runtime import Ledger
from consumers.signals.intake import Intake
from consumers.web.holders import Holders


@dataclass(frozen=True, slots=True)
class Services:
    """An open ledger, its intake, the holders of its tokens, and its loops.

    `acting` loops append to the ledger, and end before the others. `visitor` is a token of this
    process alone that may read: the log-in link's. `draining` tells whether the process is about to
    end.
    """

    ledger: Ledger
    intake: Intake
    holders: Holders
    loops: tuple[Loop, ...] = ()
    acting: tuple[Loop, ...] = ()
    visitor: str | None = None
    draining: Callable[[], bool] = field(default=lambda: False)

    @property
    def every_loop(self) -> tuple[Loop, ...]:
        """All of them."""
        return self.loops + self.acting


def services_of(state: State) -> Services:
    """The services of an application."""
    services: Services = state.services
    return services
