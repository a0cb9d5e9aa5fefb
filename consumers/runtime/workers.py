"""The loops of a process, those of the event loop too: one a role that works by itself."""

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from consumers.container.async_worker import Task
from consumers.container.ledger import Ledger
from consumers.container.roles import WRITER_ROLES, Role
from consumers.container.thread_worker import Loop

if TYPE_CHECKING:
    from consumers.kafka.outbox_relay import Relay

FOLLOWING = (Role.PROJECTOR, Role.REACTOR)
"""What these read is what was sealed."""


def loops_of(ledger: Ledger, roles: Collection[Role]) -> dict[Role, Loop]:
    """The loops of these roles, not started yet; a door has none."""
    steps: dict[Role, tuple[str, Callable[[], Callable[[], bool]]]] = {
        Role.SEALER: ("sealer", lambda: _sealing(ledger)),
        Role.PROJECTOR: ("projector", lambda: ledger.projector.fold_batch),
        Role.REACTOR: ("reviews", lambda: ledger.reviews.catch_up),
        Role.CLOCK: ("clock", lambda: ledger.clock.catch_up),
    }
    if ledger.settings.views_from_kafka:
        del steps[Role.PROJECTOR]
    loops = {role: Loop(name, step()) for role, (name, step) in steps.items() if role in roles}
    following = [loops[role] for role in FOLLOWING if role in loops]

    def sealed() -> None:
        for loop in following:
            loop.wake()

    # What one does is news for others; each looks by itself now and then, too.
    sealing = loops.get(Role.SEALER)
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


def _nothing() -> None:
    """For who has no use for a piece of news."""


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
