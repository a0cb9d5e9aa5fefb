"""The object graph of a process, in one function; nothing connects at import."""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import uuid_utils

from consumers.people import by_airledger
from consumers.reactor import Clock, ReviewProcess
from consumers.stores import log_signer, open_store, open_views
from ledger.domain.catalogue import CODEC
from ledger.domain.policy import AdoptPolicy
from ledger.errors import SettingsError
from ledger.execute import Executor, TakePolicy
from ledger.policy import shipped
from ledger.sealing import KeptCheckpoint, Sealer
from ledger.settings import Settings
from ledger.store.port import Store
from projections.catalogue import PROJECTIONS
from projections.engine import Projector, ViewsDatabase

PRIVATE = 0o700


def now() -> datetime:
    """The time of the machine's clock, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh id (UUIDv7, RFC 9562), which sorts by time."""
    return str(uuid_utils.uuid7())


@dataclass(frozen=True, slots=True)
class Ledger:
    """An open ledger: everything that a command or a server works with.

    `now` is its time, for all that is recorded and shown: the machine's clock, but for a demo that
    is being played.
    """

    settings: Settings
    now: Callable[[], datetime]
    store: Store
    executor: Executor
    sealer: Sealer
    views: ViewsDatabase
    projector: Projector
    reviews: ReviewProcess
    clock: Clock

    def settle(self) -> None:
        """Seals everything appended so far, and what that and the clock cause; projects it all.

        Blocking.
        """
        self.act()
        self.projector.catch_up()

    def act(self) -> None:
        """Seals everything appended so far, and what that and the clock cause. Blocking."""
        self.sealer.seal()
        launched = self.reviews.catch_up()
        if self.clock.catch_up() or launched:
            self.sealer.seal()

    def close(self) -> None:
        """Finishes what waits, then lets go of everything."""
        self.executor.close()
        self.views.close()
        self.store.close()


def open_ledger(settings: Settings, *, clock: Callable[[], datetime] = now) -> Ledger:
    """Opens the ledger that the settings name; an embedded one is made where it is absent.

    `clock` is its time. Raises SettingsError, Fork (the store contradicts what was signed) or
    Unavailable.
    """
    settings.require_supported()
    prepare_directory(settings)
    with ExitStack() as opened:
        ledger = _opened(settings, clock, opened)
        opened.pop_all()
    return ledger


def _opened(settings: Settings, clock: Callable[[], datetime], opened: ExitStack) -> Ledger:
    """The object graph; what is open so far is on the stack, should a later part fail."""
    store = open_store(settings)
    opened.callback(store.close)
    sealer = Sealer(store, log_signer(settings, store), KeptCheckpoint(settings.key_path))
    sealer.start()
    executor = Executor(store, clock=clock, new_id=new_id)
    opened.callback(executor.close)
    views = open_views(settings)
    opened.callback(views.close)
    projector = Projector(store, views, CODEC, PROJECTIONS)
    if _adopt_first_policy(executor, clock()):
        sealer.seal()
    reviews = ReviewProcess(store, executor, clock=clock, new_id=new_id)
    due = Clock(store, executor, clock=clock, new_id=new_id)
    return Ledger(settings, clock, store, executor, sealer, views, projector, reviews, due)


def _adopt_first_policy(executor: Executor, at: datetime) -> bool:
    """The first event of a new ledger: the policy as shipped. Whether it was new."""
    command = AdoptPolicy(text=shipped(), reason="As shipped.")
    request = TakePolicy(command=command, first=True)
    return executor.execute(request, by_airledger(at, new_id())).events > 0


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
