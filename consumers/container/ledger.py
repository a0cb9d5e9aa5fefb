"""The object graph of a process, in one class; nothing connects at import."""

import os
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack, suppress
from copy import copy
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import structlog
import uuid_utils

from consumers.access.readers import HOST as EVERYTHING
from consumers.access.readers import Reader
from consumers.container.backends import log_signer, open_store, open_views, require_log
from consumers.container.erasures import erase_again, finish_scrub
from consumers.container.guarded_clock import GuardedClock
from consumers.container.reads import ReadRecord
from consumers.container.roles import EVERY_ROLE, WRITER_ROLES, Role
from consumers.evidence_store import content_store
from consumers.reactor import FOLLOWERS, LogFollower
from consumers.services import Services
from ledger.domain.access.deciding import HOST
from ledger.domain.catalogue import READERS_CODEC
from ledger.domain.envelope import stream_id
from ledger.domain.identity import POLICY_ID
from ledger.domain.policy import AdoptPolicy
from ledger.errors import SettingsError, UnknownEvent
from ledger.execute import AdoptPolicyRequest, Executor
from ledger.policy import shipped
from ledger.sealing import KeptCheckpoint, Sealer
from ledger.settings import Settings
from ledger.store.port import Store
from projections.catalogue import PROJECTIONS
from projections.engine import PartitionProjector, Progress, Projector, ViewsDatabase

if TYPE_CHECKING:
    from consumers.notify import Sender

log = structlog.get_logger(__name__)

PRIVATE = 0o700


now = GuardedClock()
"""The time of the machine's clock, in UTC, guarded: the default time of every ledger."""


def new_id() -> str:
    """A fresh id (UUIDv7, RFC 9562), which sorts by time."""
    return str(uuid_utils.uuid7())


class Ledger:
    """An open ledger: everything that a command or a server works with.

    A part is made when it is first asked for: a process that only seals has no read models, and one
    that only reads needs no signing key. `now` is the ledger's time, for all that is recorded and
    shown: the machine's clock, guarded (ADR 23), but for a demo's, which is not. `reader` is who
    reads it (see `read_by`): the owner of the host, unless told otherwise.
    """

    def __init__(
        self, settings: Settings, store: Store, *, clock: Callable[[], datetime] = now
    ) -> None:
        """`store` is the ledger's from here on."""
        self.settings = settings
        self.store = store
        self.now = clock
        self.reader = EVERYTHING
        self._opened = ExitStack()
        self._opened.callback(store.close)

    def read_by(self, reader: Reader) -> "Ledger":
        """The same ledger, as somebody reads it. What is restricted is withheld by `reader`."""
        _ = self.views, self.services, self.reads  # made once, for all who read
        shared = copy(self)
        shared.reader = reader
        return shared

    @cached_property
    def executor(self) -> Executor:
        """The one way in."""
        executor = Executor(self.store, clock=self.now, new_id=new_id)
        self._opened.callback(executor.close)
        return executor

    @cached_property
    def services(self) -> Services:
        """What the parts that write share."""
        return Services(
            self.store,
            self.executor,
            clock=self.now,
            new_id=new_id,
            content=lambda: content_store(self.settings),
        )

    @cached_property
    def reads(self) -> ReadRecord:
        """The record of what was read."""
        return ReadRecord(self.store, lambda: self.services, self.now)

    @cached_property
    def sealer(self) -> Sealer:
        """The sealer, started. Raises SettingsError without the key, Fork, Unavailable."""
        signer = log_signer(self.settings, self.store)
        sealer = Sealer(self.store, signer, KeptCheckpoint(self.settings.key_path))
        sealer.start()
        return sealer

    @cached_property
    def views(self) -> ViewsDatabase:
        """The read models."""
        views = open_views(self.settings)
        self._opened.callback(views.close)
        return views

    @cached_property
    def projector(self) -> Projector:
        """What fills the read models from the store."""
        return Projector(self.store, self.views, READERS_CODEC, PROJECTIONS)

    @cached_property
    def partition_projector(self) -> PartitionProjector:
        """What fills the read models from Kafka."""
        from consumers.topics.topics import EVENTS, topics

        generation = topics()[EVENTS].generation
        texts = self.store.texts.readable
        return PartitionProjector(
            self.views, READERS_CODEC, PROJECTIONS, topic=generation, texts=texts
        )

    @property
    def progress(self) -> tuple[Progress, ...]:
        """How far this process has filled each read model."""
        if self.settings.views_from_kafka:
            return self.partition_projector.progress
        return self.projector.progress

    @cached_property
    def followers(self) -> Mapping[str, LogFollower]:
        """The followers of the sealed log, by name, in the order of their registry."""
        return {of.name: of.start(self.services) for of in FOLLOWERS}

    @cached_property
    def sender(self) -> "Sender":
        """What sends notifications, by the channels of the settings."""
        from consumers.notify import Sender  # costs a client of HTTP

        notify, http = self.settings.notify, self.settings.http
        return Sender(self.services, notify.channels, public_url=http.public_url)

    def seal_and_project(self) -> None:
        """Seals everything appended so far and what its followers cause, then projects it.

        Read models that are filled from Kafka are left out. Blocking.
        """
        self.seal_and_react()
        if not self.settings.views_from_kafka:
            self.projector.catch_up()

    def seal_and_react(self) -> bool:
        """Seals everything appended so far, and what its followers cause; whether they did.

        What they cause may cause more at the next call. Blocking.
        """
        self.sealer.seal()
        caused = [_catch_up_known(follower.catch_up) for follower in self.followers.values()]
        if any(caused):
            self.sealer.seal()
        return any(caused)

    def finish(self) -> None:
        """Takes no more commands, and finishes those that wait. Blocking."""
        if "executor" in self.__dict__:
            self.executor.close()

    def close(self) -> None:
        """Finishes what waits, then lets go of everything."""
        self.finish()
        self._opened.close()


def _catch_up_known(catch_up: Callable[[], bool]) -> bool:
    """Whether a follower caused anything; what a newer program wrote is left to that program.

    A command of an older program is recorded and sealed all the same.
    """
    try:
        return catch_up()
    except UnknownEvent as error:
        log.warning("left_to_a_newer_program", reason=str(error))
        return False


def open_ledger(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = now,
    roles: Collection[Role] = EVERY_ROLE,
) -> Ledger:
    """Opens the ledger that the settings name, for these roles; an embedded one is made if absent.

    `clock` is its time. Raises SettingsError, Fork (the store contradicts what was signed) or
    Unavailable.
    """
    settings.require_supported()
    if settings.embedded or settings.views_embedded:
        prepare_directory(settings)
    with ExitStack() as opened:
        ledger = Ledger(settings, open_store(settings), clock=clock)
        opened.callback(ledger.close)
        _begin(ledger, roles)
        opened.pop_all()
    return ledger


def _begin(ledger: Ledger, roles: Collection[Role]) -> None:
    """What must be there before anything else: a log, and a policy to decide by."""
    seals = ledger.settings.embedded or Role.SEALER in roles
    if seals:
        _ = ledger.sealer
    else:
        require_log(ledger.store)
    appends = ledger.settings.embedded or not WRITER_ROLES.isdisjoint(roles)
    if appends and _adopt_first_policy(ledger) and seals:
        ledger.sealer.seal()
    if appends:
        erase_again(ledger.store, lambda: ledger.services)
        ledger.reads.record_days()
        finish_scrub(ledger.store)


def _adopt_first_policy(ledger: Ledger) -> bool:
    """The first event of a new ledger: the policy as shipped. Whether it was new."""
    stream = stream_id("policy", POLICY_ID)
    if ledger.store.load({stream: 0})[stream]:
        return False
    command = AdoptPolicy(text=shipped(), reason="As shipped.")
    request = AdoptPolicyRequest(command=command, asker=HOST, first=True)
    return ledger.executor.execute(request, ledger.services.context()).events > 0


def prepare_directory(settings: Settings) -> None:
    """The data directory, private to its owner; what others put there is left alone."""
    directory = settings.data_dir
    try:
        with suppress(FileExistsError):  # made at the same time by another, or no directory
            directory.mkdir(mode=PRIVATE, parents=True)
        writable = os.access(directory, os.W_OK | os.X_OK)
    except OSError as error:
        raise SettingsError(
            f"The data directory {directory} cannot be made: {error}.",
            remedy="Name another with --data-dir, or make its parent writable.",
        ) from error
    if not directory.is_dir() or not writable:
        raise SettingsError(
            f"{directory} is not a directory that this user may write to.",
            remedy="Name another with --data-dir, or change its owner or rights.",
        )
