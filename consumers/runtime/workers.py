"""The loops of a process: threads by name, and tasks of the event loop that speak Kafka."""

import asyncio
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

from consumers.container.async_worker import Task
from consumers.container.ledger import Ledger
from consumers.container.roles import WRITER_ROLES, Role
from consumers.container.thread_worker import Loop
from consumers.intake.signs import Signs
from consumers.reactor import FOLLOWERS

if TYPE_CHECKING:
    from consumers.kafka.outbox_relay import Relay

WOKEN_BY_SEAL = (Role.PROJECTOR, Role.REACTOR)
"""The loops of these roles run as soon as something is sealed; the clock's runs by time."""
SEALER, PROJECTOR, SENDER, SIGNS = "sealer", "projector", "sender", "signs"
READERS = "readers"
"""Names of loops; a follower's loop has the follower's name."""


def loops_of(ledger: Ledger, roles: Collection[Role]) -> dict[str, Loop]:
    """The loops of these roles by name, not started yet; web has none."""
    steps: dict[str, tuple[Role, Callable[[], Callable[[], bool]]]] = {
        SEALER: (Role.SEALER, lambda: _sealing(ledger)),
        PROJECTOR: (Role.PROJECTOR, lambda: ledger.projector.fold_batch),
    }
    steps |= {of.name: (Role(of.role), partial(_following, ledger, of.name)) for of in FOLLOWERS}
    steps[SIGNS] = (Role.INTAKE, lambda: Signs(ledger.services).give_due)
    if ledger.settings.notify.channels:
        steps[SENDER] = (Role.REACTOR, lambda: ledger.sender.begin_due)
    if ledger.settings.readers:
        steps[READERS] = (Role.REACTOR, lambda: _asking(ledger))
    if ledger.settings.views_from_kafka:
        del steps[PROJECTOR]
    loops = {name: Loop(name, step()) for name, (role, step) in steps.items() if role in roles}
    if SENDER in loops:
        ledger.sender.tries.on_ended = loops[SENDER].wake
    following = [
        loop for name, loop in loops.items() if steps[name][0] in WOKEN_BY_SEAL and name != READERS
    ]

    def sealed() -> None:
        for loop in following:
            loop.wake()

    # A wake-up saves waiting; every loop also polls.
    sealing = loops.get(SEALER)
    if sealing is not None:
        sealing.on_progress = sealed
        if not WRITER_ROLES.isdisjoint(roles):
            ledger.executor.on_commit(sealing.wake)
    if loops:
        ledger.store.listen(sealing.wake if sealing else _nothing, sealed)
    return loops


def relay_of(ledger: Ledger, roles: Collection[Role]) -> "Relay | None":
    """The relay, where it is one of the roles and Kafka is set. Called in the event loop."""
    kafka = ledger.settings.kafka
    if Role.RELAY not in roles or not kafka.bootstrap_servers:
        return None
    from consumers.kafka.outbox_relay import Relay

    relay = Relay(ledger.store, kafka)
    call_in_loop = asyncio.get_running_loop().call_soon_threadsafe

    def sealed() -> None:
        call_in_loop(relay.wake_up.set)

    ledger.store.listen(_nothing, sealed)
    return relay


def tasks_of(ledger: Ledger, roles: Collection[Role], relay: "Relay | None") -> list[Task]:
    """What of these roles speaks Kafka, where that is set; not started yet."""
    kafka = ledger.settings.kafka
    tasks: list[Task] = []
    if not kafka.bootstrap_servers:
        return tasks
    if Role.INTAKE in roles:
        from consumers.kafka.intake import KafkaIntake  # costs a quarter of a second

        intake = KafkaIntake(ledger.services, kafka)
        tasks.append(Task("kafka intake", intake.run))
    if relay is not None:
        tasks.append(Task("relay", relay.run))
    if Role.PROJECTOR in roles and ledger.settings.views_from_kafka:
        from consumers.kafka.views import ViewsFeed  # costs a quarter of a second

        feed = ViewsFeed(ledger.partition_projector, ledger.store, kafka)
        tasks.append(Task("projector", feed.run))
    return tasks


def _following(ledger: Ledger, name: str) -> Callable[[], bool]:
    return ledger.followers[name].catch_up


def _asking(ledger: Ledger) -> Callable[[], bool]:
    from consumers.metrics.counters import READER_ASKED
    from consumers.readers.asking import Readers  # costs a client of HTTP

    def counted(reader: str, outcome: str) -> None:
        READER_ASKED.labels(reader, outcome).inc()

    return Readers(ledger.services, ledger.settings.readers, counted=counted, looks_every=1).ask_due


def _nothing() -> None:
    """Ignores a notification."""


def _sealing(ledger: Ledger) -> Callable[[], bool]:
    sealed = -1

    def step() -> bool:
        nonlocal sealed
        size = ledger.store.size()
        if size == sealed:
            return False
        before, sealed = sealed, ledger.sealer.seal().size
        return before != sealed

    return step
