"""What of a system runs in an environment, and what ran there well: one stream a pair.

A change of it is appended with the event of the release that it is about.
"""

from datetime import datetime
from typing import ClassVar, assert_never

import msgspec
from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.identity import production_id
from ledger.domain.release.words import DeployMode
from ledger.domain.stream_type import StreamType, members

MOST_GOOD = 50
"""So many releases that ran well are kept in mind, the newest."""


class ProductionDeployed(Event, frozen=True, kw_only=True):
    """A release runs; in mode `full` in place of all others. `good`: it may be rolled back to."""

    name: ClassVar[str] = "production.deployed.v1"

    system: str
    environment: str
    release: str
    version: str
    mode: DeployMode
    good: bool
    traffic: float | UnsetType = UNSET


class ProductionDecided(Event, frozen=True, kw_only=True):
    """A release that runs in full was decided; `good`: it may be rolled back to from now on."""

    name: ClassVar[str] = "production.decided.v1"

    system: str
    environment: str
    release: str
    version: str
    good: bool


class ProductionEnded(Event, frozen=True, kw_only=True):
    """A release runs no more; `bad`: it was rolled back, and is not rolled back to."""

    name: ClassVar[str] = "production.ended.v1"

    system: str
    environment: str
    release: str
    version: str
    bad: bool = False


ProductionEvent = ProductionDeployed | ProductionDecided | ProductionEnded


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A release that runs, by its id."""

    release: str
    version: str
    mode: DeployMode
    at: datetime


class Production(msgspec.Struct, frozen=True, kw_only=True):
    """What runs, and what ran in full by a decision and was not rolled back, the newest last."""

    running: tuple[Running, ...] = ()
    good: tuple[Running, ...] = ()

    @property
    def current(self) -> Running | None:
        """What runs in full; None where nothing does."""
        full = (each for each in reversed(self.running) if each.mode is DeployMode.FULL)
        return next(full, None)

    @property
    def last_known_good(self) -> Running | None:
        """The newest that was decided go, deployed in full, and not rolled back."""
        return self.good[-1] if self.good else None

    def good_before(self, release: str) -> Running | None:
        """What a release is rolled back to: the newest other one that ran well."""
        ran = (each for each in reversed(self.good) if each.release != release)
        return next(ran, None)

    def of_version(self, version: str) -> Running | None:
        """A version that runs or ran well."""
        found = (each for each in (*self.running, *reversed(self.good)) if each.version == version)
        return next(found, None)


def evolve(state: Production, event: ProductionEvent) -> Production:
    """The state after an event."""
    match event:
        case ProductionDeployed():
            new = Running(
                release=event.release,
                version=event.version,
                mode=event.mode,
                at=event.at,
            )
            full = event.mode is DeployMode.FULL
            others = () if full else _but(state.running, event.release)
            good = _but(state.good, event.release)
            if full and event.good:
                good = (*good, new)[-MOST_GOOD:]
            elif not full:
                good = state.good
            return Production(running=(*others, new), good=good)
        case ProductionDecided():
            good = _but(state.good, event.release)
            runs = state.current
            if event.good and runs is not None and runs.release == event.release:
                good = (*good, runs)[-MOST_GOOD:]
            return Production(running=state.running, good=good)
        case ProductionEnded():
            good = _but(state.good, event.release) if event.bad else state.good
            return Production(running=_but(state.running, event.release), good=good)
        case _:
            assert_never(event)


def _but(running: tuple[Running, ...], release: str) -> tuple[Running, ...]:
    return tuple(each for each in running if each.release != release)


def describe(event: ProductionEvent) -> str:
    """What happened, for people."""
    match event:
        case ProductionDeployed():
            return f"{event.version} runs in {event.environment} ({event.mode.label.lower()})"
        case ProductionDecided():
            may = "may" if event.good else "may not"
            return f"{event.version} {may} be rolled back to in {event.environment}"
        case ProductionEnded():
            why = ": it was rolled back" if event.bad else ""
            return f"{event.version} runs in {event.environment} no more{why}"
        case _:
            assert_never(event)


PRODUCTION = StreamType(
    kind="production",
    initial=Production(),
    evolve=evolve,
    events=members(ProductionEvent),
    label="production of a system",
    describe=describe,
)


def production_stream(system: str, environment: str) -> str:
    """The stream of what of a system runs in an environment."""
    return PRODUCTION.stream(production_id(system, environment))
