"""What of a system runs in an environment, and what may be rolled back to. Blocking."""

import msgspec

from consumers.commands.references import stream_named
from consumers.container.ledger import Ledger
from ledger.domain.release.production import Production, Running, production_stream
from ledger.domain.release.words import DeployMode
from ledger.domain.system import SYSTEM, System
from ledger.errors import NotFound
from ledger.policy.times import time_text
from ledger.store.decoding import state_of


class RunningView(msgspec.Struct, frozen=True, kw_only=True):
    """A release that runs or ran, and since when."""

    release: str
    version: str
    mode: DeployMode
    since: str


class ProductionView(msgspec.Struct, frozen=True, kw_only=True):
    """What runs: `current` in full, all in `running`.

    `last_known_good` was decided go, deployed in full, and not rolled back.
    """

    system: str
    environment: str
    current: RunningView | None
    running: tuple[RunningView, ...]
    last_known_good: RunningView | None


def production(ledger: Ledger, ref: str, environment: str = "production") -> ProductionView:
    """What of a system runs, registered or not. Raises NotFound."""
    system = _system(ledger, ref)
    state = production_of(ledger, system, environment)
    return ProductionView(
        system=system,
        environment=environment,
        current=_view(state.current),
        running=tuple(filter(None, map(_view, state.running))),
        last_known_good=_view(state.last_known_good),
    )


def production_of(ledger: Ledger, system: str, environment: str) -> Production:
    """The state of what of a system runs."""
    state: Production = state_of(ledger.store, production_stream(system, environment))
    return state


def _system(ledger: Ledger, ref: str) -> str:
    """The name of a system by its reference; one that only deployments know is named as it is."""
    try:
        subject = stream_named(ledger.store, SYSTEM, ref)
    except NotFound:
        if production_of(ledger, ref, "production") == Production():
            raise
        return ref
    state: System = state_of(ledger.store, SYSTEM.stream(subject))
    return state.system


def _view(running: Running | None) -> RunningView | None:
    if running is None:
        return None
    return RunningView(
        release=running.release,
        version=running.version,
        mode=running.mode,
        since=time_text(running.at),
    )
