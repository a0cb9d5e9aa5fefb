"""Deployments without a decision become alerts; rollbacks of incidents mark what was rolled back.

An alert of the source `airledger/releases` opens an incident through the same door as any other.
Source: runbook sections 5 and 7.4.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from consumers.commands.policy_history import newest
from consumers.commands.references import stream_named
from consumers.reactor.follower import BatchResult, Follower
from consumers.reactor.follower_type import FollowerType
from consumers.services import Services
from ledger.domain.alert import Alert, Signal, SignalStatus
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Event, Recorded, id_of, stream_id
from ledger.domain.identity import OWN_NAMES, alert_id, system_id
from ledger.domain.incident.events import RollbackExecuted
from ledger.domain.incident.state import Incident
from ledger.domain.release import RELEASE, Release, describe
from ledger.domain.release.commands import RollBackRelease
from ledger.domain.release.events import (
    ReleaseDecided,
    ReleaseDeployed,
    ReleaseRolledBack,
    ReleaseUndeployed,
)
from ledger.domain.release.naming import named
from ledger.domain.release.production import Production, production_stream
from ledger.domain.release.words import Decision
from ledger.errors import NotFound
from ledger.execute import CausedCommand
from ledger.execute.requests import RecordSignals
from ledger.policy import parse_adopted
from ledger.store.decoding import state_of
from ledger.store.port import Entry, Store
from ledger.vocabulary import SourceKind

NAME = "releases"
SOURCE = f"{OWN_NAMES}releases"
"""The source of the alerts that deployments without a decision are."""
ALERTNAME = "unapproved_deployment"
TYPES = frozenset(
    {
        ReleaseDeployed.name,
        ReleaseUndeployed.name,
        ReleaseRolledBack.name,
        ReleaseDecided.name,
        RollbackExecuted.name,
    }
)


class Place(NamedTuple):
    """A system in an environment: the key of its alert."""

    system: str
    environment: str

    @property
    def key(self) -> str:
        """The deduplication key of the alert."""
        return f"{ALERTNAME}/{system_id(self.system)}/{self.environment}"


class ReleaseProcess:
    """Follows releases and incidents, however often anything dies. Blocking; one thread."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._follower = Follower(NAME, services, types=TYPES, process=self._process)

    def catch_up(self) -> bool:
        """Acts on all that is sealed; whether that caused events.

        Raises Unavailable, UnknownEvent (see Follower).
        """
        return self._follower.catch_up()

    def _process(self, entries: Sequence[Entry]) -> BatchResult:
        bodies: list[RecordSignals] = []
        commands: list[CausedCommand] = []
        fires: dict[str, bool] = {}
        for entry in entries:
            if entry.type not in TYPES:
                continue
            recorded = CODEC.decode(entry.stored, entry.leaf)
            if isinstance(recorded.event, RollbackExecuted):
                commands += _rollbacks(self._store, recorded, recorded.event)
                continue
            signal = _signal(self._store, recorded, fires)
            if signal is not None:
                bodies.append(RecordSignals(source=SOURCE, signals=(signal,)))
        return BatchResult(read=len(entries), commands=commands, bodies=bodies)


def _signal(store: Store, recorded: Recorded, fires: dict[str, bool]) -> Signal | None:
    """The alert of an unapproved deployment, or its end; `fires` is what this batch led to.

    It ends with the event after which nothing runs there that nobody approved.
    """
    event, place = recorded.event, _place(store, recorded)
    if isinstance(event, ReleaseDeployed) and not event.approved:
        if not event.gated:
            return None
        fires[place.key] = True
        return _firing(place, event, recorded)
    if isinstance(event, ReleaseDecided) and event.decision is not Decision.GO:
        return None
    if place.key not in fires:
        fires[place.key] = _is_firing(store, place)
    if not fires[place.key] or _others_unapproved(store, place, recorded):
        return None
    fires[place.key] = False
    return _resolved(place, event)


def _place(store: Store, recorded: Recorded) -> Place:
    event = recorded.event
    if isinstance(event, ReleaseDeployed):
        return Place(event.system, event.environment)
    release: Release = state_of(store, recorded.stream, before=recorded.leaf)
    return Place(release.system, release.environment)


def _resolved(place: Place, event: Event) -> Signal:
    return Signal(
        source=SOURCE,
        dedup_key=place.key,
        status=SignalStatus.RESOLVED,
        title=f"Nothing of {place.system} runs in {place.environment} without a decision",
        labels={"alertname": ALERTNAME, "system": place.system},
        annotations={},
        starts_at=event.at,
        ends_at=event.at,
        kind=SourceKind.NATIVE,
    )


def _firing(place: Place, event: ReleaseDeployed, recorded: Recorded) -> Signal:
    return Signal(
        source=SOURCE,
        dedup_key=place.key,
        status=SignalStatus.FIRING,
        title=f"{event.version} of {place.system} runs in {place.environment} without a decision",
        labels={
            "alertname": ALERTNAME,
            "system": place.system,
            "environment": place.environment,
            "version": event.version,
            "release": id_of(recorded.stream),
        },
        annotations={"summary": describe(event)},
        starts_at=event.at,
        kind=SourceKind.NATIVE,
    )


def _others_unapproved(store: Store, place: Place, recorded: Recorded) -> bool:
    """Whether another release than that of an event ran there unapproved when it happened."""
    production: Production = state_of(
        store, production_stream(place.system, place.environment), before=recorded.leaf
    )
    for each in production.running:
        if each.release != id_of(recorded.stream):
            stream = RELEASE.stream(UUID(each.release))
            other: Release = state_of(store, stream, before=recorded.leaf)
            if other.deployed is not None and not other.approved:
                return True
    return False


def _is_firing(store: Store, place: Place) -> bool:
    alert: Alert = state_of(store, stream_id("alert", alert_id(SOURCE, place.key)))
    return alert.firing


def _rollbacks(
    store: Store, recorded: Recorded, event: RollbackExecuted
) -> Iterator[CausedCommand]:
    """What an incident's rollback rolls back: the release that runs in place of the snapshot."""
    incident: Incident = state_of(store, recorded.stream)
    policy = parse_adopted(newest(store).event.text)
    for environment in policy.releases.environments:
        production: Production = state_of(store, production_stream(incident.system, environment))
        found = _rolled_back(store, production, event.snapshot)
        if found is None:
            continue
        release, to = found
        command = RollBackRelease(
            to=to, incident=id_of(recorded.stream), reason=f"Rolled back to {event.snapshot}"
        )
        yield CausedCommand(
            kind=RELEASE.kind,
            subject=UUID(release),
            command=command,
            correlation=recorded.correlation,
            causation=recorded.id,
            policy_digest=newest(store).event.digest,
        )


def _rolled_back(
    store: Store, production: Production, snapshot: str
) -> tuple[str, str | None] | None:
    """The id of what was rolled back, and the version that runs instead, by what was named.

    That is a version, a release, or the digest of evidence of the way back.
    """
    version = _version(store, snapshot)
    known = version is not None and production.of_version(version) is not None
    for running in reversed(production.running):
        if known and running.version != version:
            return running.release, version
        state: Release = state_of(store, RELEASE.stream(UUID(running.release)))
        if any(each.digest == snapshot.removeprefix("sha256:") for each in state.attached):
            return running.release, None
    return None


def _version(store: Store, snapshot: str) -> str | None:
    """The version that a snapshot's name says: itself, or that of a release."""
    name = named(snapshot)
    if name is not None:
        return name.version
    if snapshot.upper().startswith(f"{RELEASE.prefix}-"):
        try:
            stream = RELEASE.stream(stream_named(store, RELEASE, snapshot))
        except NotFound:
            return None
        release: Release = state_of(store, stream)
        return release.version
    return snapshot


RELEASE_PROCESS = FollowerType(name=NAME, role="reactor", start=ReleaseProcess)
