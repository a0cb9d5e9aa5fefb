"""The services of the routes, in the application's state."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from litestar.datastructures import State

from consumers.access.token_lookup import SourceLookup, TokenLookup
from consumers.access.token_uses import TokenUses
from consumers.container.async_worker import Task
from consumers.container.ledger import Ledger, now
from consumers.container.roles import EVERY_ROLE, Role
from consumers.container.thread_worker import Loop
from consumers.intake.receive import Intake
from consumers.metrics.relay import Relaying
from consumers.web.probing import StoreProbe
from consumers.web.reading import KNOWN_BYTES, UNKNOWN_BYTES, Reading
from consumers.web.sessions import LoginLink, Sessions
from consumers.web.updates import Updates

if TYPE_CHECKING:
    from consumers.evidence_store import ContentStore
    from consumers.oidc.client import Provider


REPORTS_AT_ONCE = 2


@dataclass(frozen=True)
class WebServices:
    """An open ledger, what this process does for it, and its loops: threads by name, tasks.

    `link` is the log-in link that it printed, if any. `draining` tells whether the process is about
    to end.
    """

    ledger: Ledger
    roles: frozenset[Role] = EVERY_ROLE
    relay: Relaying | None = None
    loops: Mapping[str, Loop] = field(default_factory=dict)
    tasks: Sequence[Task] = ()
    link: LoginLink | None = None
    draining: Callable[[], bool] = field(default=lambda: False)

    @property
    def working(self) -> Sequence[Loop | Task]:
        """Every loop, wherever it runs."""
        return (*self.loops.values(), *self.tasks)

    @cached_property
    def intake(self) -> Intake:
        """What takes the bodies of alerting systems."""
        return Intake(self.ledger.services, ending=self.draining)

    @cached_property
    def probe(self) -> StoreProbe:
        """Whether the store serves this process."""
        return StoreProbe(self.ledger, self.roles)

    @cached_property
    def reading_known(self) -> Reading:
        """The bodies of those whose token was accepted."""
        return Reading(KNOWN_BYTES)

    @cached_property
    def reading_unknown(self) -> Reading:
        """The bodies whose token is in them, or whose signature is to be checked."""
        return Reading(UNKNOWN_BYTES)

    @cached_property
    def sessions(self) -> Sessions:
        """The browsers that are logged in."""
        return Sessions(self.ledger.store, self.ledger.reads)

    @cached_property
    def provider(self) -> "Provider | None":
        """Where people log in, where the settings name a provider: its client is loaded then."""
        settings = self.ledger.settings
        if not settings.oidc.is_set:
            return None
        from consumers.oidc.client import Provider

        return Provider(settings.oidc, ca_file=settings.ca_file)

    @cached_property
    def content(self) -> "ContentStore":
        """The content of evidence. Raises SettingsError."""
        from consumers.evidence_store import content_store  # costs a client of object stores

        return content_store(self.ledger.settings)

    @cached_property
    def reports(self) -> asyncio.Semaphore:
        """Risk reports that are made at once; more wait, and hold no thread meanwhile."""
        return asyncio.Semaphore(REPORTS_AT_ONCE)

    @cached_property
    def updates(self) -> Updates:
        """The streams by which pages refresh."""
        return Updates(self.ledger, self.draining)

    @cached_property
    def token_uses(self) -> TokenUses:
        """When tokens were last used."""
        return TokenUses(self.ledger.store, now)

    @cached_property
    def holders(self) -> TokenLookup:
        """Whose tokens requests bring."""
        return TokenLookup(self.ledger.store)

    @cached_property
    def sources(self) -> SourceLookup:
        """The sources that requests name."""
        return SourceLookup(self.ledger.store)


def services_of(state: State) -> WebServices:
    """The services of an application."""
    services: WebServices = state.services
    return services
