"""What a command is given: the settings, and the ledger that they name, opened for it."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.errors import say

if TYPE_CHECKING:
    from consumers.commands.service import Caller
    from consumers.container.ledger import Ledger
    from ledger.execute import Context
    from ledger.settings import Provenance, Settings


@dataclass(frozen=True, slots=True)
class WriteSession:
    """An open ledger, and the person who commands it: the operating system's user."""

    ledger: "Ledger"
    caller: "Caller"

    def context(self) -> "Context":
        """The circumstances of a request of theirs, now."""
        return self.ledger.services.context(self.caller.actor)


@dataclass(frozen=True, slots=True)
class Session:
    """Where the settings of this call come from: `flags` by dotted key, under them the rest."""

    config: Path | None = None
    flags: Mapping[str, object] = field(default_factory=dict)

    def settings(self, more: Mapping[str, object] | None = None) -> "Settings":
        """The settings, `more` flags over the others. Raises SettingsError."""
        from ledger import logs
        from ledger.settings import load

        given = {key: value for key, value in (more or {}).items() if value is not None}
        settings = load(self.config, {**self.flags, **given})
        chosen = "log_level" in self.flags or settings.log_level == "debug"
        logs.configure(settings.log_level if chosen else "critical")
        return settings

    def provenance(self) -> "tuple[Provenance, ...]":
        """Each setting with its value and source. Raises SettingsError."""
        from ledger.settings import provenance

        return provenance(self.config, self.flags)

    @contextmanager
    def reading(self, *, views: bool = True) -> Iterator["Ledger"]:
        """The ledger to read from; with `views`, its read models hold all that is sealed.

        An embedded one is sealed first. Of one on PostgreSQL that is its sealers' work. None is
        made: raises SettingsError where an embedded one is absent.
        """
        from consumers.container.backends import require_there
        from consumers.container.catch_up import seal, update_views
        from consumers.container.ledger import open_ledger

        settings = self.settings()
        require_there(settings)
        with _closing(open_ledger(settings, roles=())) as ledger:
            seal(ledger)
            if views:
                _tell(update_views(ledger))
            yield ledger

    @contextmanager
    def acting(self) -> Iterator[WriteSession]:
        """The ledger for a command that writes; what it wrote is sealed after it.

        And in the read models, where it may fill them.
        """
        from consumers.access.people import operating_system_user
        from consumers.commands.service import Caller
        from consumers.container.catch_up import ensure_sealed, update_views
        from consumers.container.ledger import open_ledger
        from consumers.container.roles import Role
        from ledger.errors import LedgerError, Unavailable

        with _closing(open_ledger(self.settings(), roles=(Role.WEB,))) as ledger:
            actor = operating_system_user(ledger.store, ledger.executor, ledger.services.context())
            yield WriteSession(ledger, Caller(actor=actor, token=actor))
            try:
                ensure_sealed(ledger)
                told = update_views(ledger, wait=False)
            except LedgerError as error:
                raise Unavailable(
                    f"It was recorded, but is not sealed and readable yet: {error.message}",
                    remedy=f"Do not repeat it. {error.remedy}",
                ) from error
            _tell(told)


SessionArg = Annotated[Session, Parameter(parse=False)]
"""A command's session; it is no option."""
Json = Annotated[
    bool, Parameter(name="--json", negative="", help="Print one JSON document.", show_default=False)
]


@contextmanager
def _closing(ledger: "Ledger") -> Iterator["Ledger"]:
    try:
        yield ledger
    finally:
        ledger.close()


def _tell(behind: Iterable[str]) -> None:
    for each in behind:
        sys.stdout.flush()
        say(each)
