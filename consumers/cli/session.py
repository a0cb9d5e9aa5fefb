"""The context of a command: the settings, and the ledger that they configure."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from consumers.cli.errors import report
from consumers.cli.printing import show_times_in

if TYPE_CHECKING:
    from consumers.cli.server import Server
    from consumers.cli.times import Times
    from consumers.client.protocol import Client
    from consumers.commands.service import Caller
    from consumers.container.ledger import Ledger
    from ledger.errors import LedgerError
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
    """The sources of the settings: `flags` by dotted key override environment and file.

    A command works on the ledger of a server where one is named (`server`), else on the one that
    the settings configure, here.
    """

    config: Path | None = None
    flags: Mapping[str, object] = field(default_factory=dict)
    late: "list[LedgerError]" = field(default_factory=list)
    """Why what a command recorded is not sealed and readable yet."""

    def settings(self, more: Mapping[str, object] | None = None) -> "Settings":
        """The settings; `more` flags override the others. Raises SettingsError."""
        from ledger import logs
        from ledger.settings import load

        given = {key: value for key, value in (more or {}).items() if value is not None}
        settings = load(self.config, {**self.flags, **given})
        chosen = "log_level" in self.flags or settings.log_level == "debug"
        logs.configure(settings.log_level if chosen else "critical")
        show_times_in(settings.time_zone)
        return settings

    def times(self) -> "Times":
        """Reads times in the zone of the settings, else in that of the system."""
        from zoneinfo import ZoneInfo

        from consumers.cli.times import Times

        zone = self.settings().time_zone
        return Times(ZoneInfo(zone) if zone else None)

    def provenance(self) -> "tuple[Provenance, ...]":
        """Each setting with its value and source. Raises SettingsError."""
        from ledger.settings import provenance

        return provenance(self.config, self.flags)

    def server(self) -> "Server | None":
        """The server to work with; None for a ledger that the settings configure, here.

        Raises SettingsError.
        """
        from consumers.cli.server import server_of

        return server_of(self.settings(), self.flags)

    @contextmanager
    def open_client(
        self, *, views: bool = True, write: bool = False, create: bool = False
    ) -> Iterator["Client"]:
        """The ledger, here or over HTTP. What is written can be read when the context ends.

        `views` is as for `open_read`; `write` is `open_write`, with `create`. Where that takes too
        long, the reason is in `late`.
        """
        from consumers.client.local import LocalClient

        if (server := self.server()) is not None:
            with server.open() as remote:
                yield remote
                with self._noting_delay():
                    remote.await_position()
        elif write:
            with self.open_write(create=create) as writer:
                yield LocalClient(writer.ledger, writer.caller)
        else:
            with self.open_read(views=views) as ledger:
                yield LocalClient(ledger)

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
    def open_write(self, *, create: bool = True) -> Iterator[WriteSession]:
        """The ledger for a command that writes; its events are sealed and projected at the end.

        An embedded one is made where it is absent, if `create` says so; else that is refused.
        The read models are updated only if this process may fill them. Where sealing takes too
        long, the reason is in `late`.
        """
        from consumers.access.people import operating_system_user
        from consumers.commands.service import Caller
        from consumers.container.backends import require_there
        from consumers.container.catch_up import ensure_sealed, update_views
        from consumers.container.ledger import open_ledger
        from consumers.container.roles import Role
        from ledger.domain.access.deciding import HOST

        settings = self.settings()
        if not create:
            require_there(settings)
        with _closing(open_ledger(settings, roles=(Role.WEB,))) as ledger:
            actor = operating_system_user(ledger.store, ledger.executor, ledger.services.context())
            yield WriteSession(ledger, Caller(actor=actor, token=actor, asker=HOST))
            with self._noting_delay():
                ensure_sealed(ledger)
                _report_delays(update_views(ledger, wait=False))

    @contextmanager
    def _noting_delay(self) -> Iterator[None]:
        """Keeps in `late` why what was recorded is not sealed or readable yet."""
        from ledger.errors import LedgerError, Unavailable

        try:
            yield
        except LedgerError as error:
            self.late.append(
                Unavailable(
                    f"Recorded, but not sealed and readable yet: {error.message}",
                    remedy=f"Do not repeat the command. {error.remedy}".strip(),
                )
            )


SessionArg = Annotated[Session, Parameter(parse=False)]
"""A command's session; not an option."""
Limit = Annotated[
    int | None,
    Parameter(help="At most so many; all by default.", validator=validators.Number(gte=1)),
]
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
