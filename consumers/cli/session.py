"""The context of a command: the settings, and the ledger that they configure."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.errors import report

if TYPE_CHECKING:
    from consumers.commands.service import Caller
    from consumers.container.ledger import Ledger
    from ledger.execute import Context
    from ledger.settings import Provenance, Settings


@dataclass(frozen=True, slots=True)
class WriteSession:
    """An open ledger, and its caller: the operating system's user."""

    ledger: "Ledger"
    caller: "Caller"

    def context(self) -> "Context":
        """The context of a request by the caller, now."""
        return self.ledger.services.context(self.caller.actor)


@dataclass(frozen=True, slots=True)
class Session:
    """The sources of the settings: `flags` by dotted key override environment and file."""

    config: Path | None = None
    flags: Mapping[str, object] = field(default_factory=dict)

    def settings(self, more: Mapping[str, object] | None = None) -> "Settings":
        """The settings; `more` flags override the others. Raises SettingsError."""
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
    def open_read(self, *, views: bool = True) -> Iterator["Ledger"]:
        """The ledger to read from; with `views`, its read models are caught up with the log.

        An embedded ledger is sealed first; on PostgreSQL its sealers do that. Creates no ledger:
        raises SettingsError if an embedded one is missing.
        """
        from consumers.container.backends import require_there
        from consumers.container.catch_up import seal, update_views
        from consumers.container.ledger import open_ledger

        settings = self.settings()
        require_there(settings)
        with _closing(open_ledger(settings, roles=())) as ledger:
            seal(ledger)
            if views:
                _report_delays(update_views(ledger))
            yield ledger

    @contextmanager
    def open_write(self) -> Iterator[WriteSession]:
        """The ledger for a command that writes; its events are sealed and projected at the end.

        The read models are updated only if this process may fill them.
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
                delayed = update_views(ledger, wait=False)
            except LedgerError as error:
                raise Unavailable(
                    f"Recorded, but not sealed and readable yet: {error.message}",
                    remedy=f"Do not repeat the command. {error.remedy}",
                ) from error
            _report_delays(delayed)


SessionArg = Annotated[Session, Parameter(parse=False)]
"""A command's session; not an option."""
Json = Annotated[
    bool, Parameter(name="--json", negative="", help="Print one JSON document.", show_default=False)
]


@contextmanager
def _closing(ledger: "Ledger") -> Iterator["Ledger"]:
    try:
        yield ledger
    finally:
        ledger.close()


def _report_delays(behind: Iterable[str]) -> None:
    for each in behind:
        sys.stdout.flush()
        report(each)
