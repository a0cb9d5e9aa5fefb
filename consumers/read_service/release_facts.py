"""The streams that a release is judged by, as they are or were at a leaf. Blocking."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from consumers.commands.policy_history import adopted, in_force_at
from consumers.container.ledger import Ledger
from ledger.domain.catalogue import CODEC, KINDS
from ledger.domain.envelope import kind_of
from ledger.domain.release import RELEASE, Release, ReleaseDecided
from ledger.domain.release.facts import Facts, facts_of, related
from ledger.policy import Policy, parse_adopted
from ledger.store.port import Entry, Store


class JudgedAt(NamedTuple):
    """A decision: the facts that it was made on, and the event as it is stored."""

    facts: Facts
    event: ReleaseDecided
    leaf: int
    stored: bytes
    policy_digest: str


def facts_now(ledger: Ledger, subject: UUID, policy: Policy) -> Facts:
    """What a release is judged by now. Raises NotFound."""
    stream = RELEASE.stream(subject)
    states = _states(ledger.store, stream, None)
    release: Release = states[stream]
    if not release.system:
        raise RELEASE.unknown(subject)
    return facts_of(stream, states, policy, ledger.now())


def decisions_of(store: Store, subject: UUID) -> list[tuple[int, ReleaseDecided, bytes]]:
    """The decisions on a release in log order: leaf, event, stored bytes."""
    stream = RELEASE.stream(subject)
    found = []
    for entry in store.load({stream: 0})[stream]:
        if entry.type == ReleaseDecided.name:
            event = CODEC.decode(entry.stored, entry.leaf).event
            if isinstance(event, ReleaseDecided):
                found.append((entry.leaf, event, entry.stored))
    return found


def facts_decided(store: Store, subject: UUID, leaf: int) -> JudgedAt:
    """What the decision at a leaf was made on: all streams before it, by the policy then."""
    leaf, event, stored = next(each for each in decisions_of(store, subject) if each[0] == leaf)
    stream = RELEASE.stream(subject)
    adoption = in_force_at(adopted(store), leaf).event
    states = _states(store, stream, leaf)
    facts = facts_of(stream, states, parse_adopted(adoption.text), event.at)
    return JudgedAt(facts, event, leaf, stored, adoption.digest)


def _states(store: Store, stream: str, before: int | None) -> Mapping[str, Any]:
    """The states of a release's stream, and of those that `related` names, before a leaf."""
    states: dict[str, Any] = {}
    missing: tuple[str, ...] = (stream,)
    while missing:
        for name, entries in store.load(dict.fromkeys(missing, 0)).items():
            states[name] = _folded(name, entries, before)
        missing = tuple(each for each in related(stream, states) if each not in states)
    return states


def _folded(stream: str, entries: list[Entry], before: int | None) -> Any:
    return KINDS[kind_of(stream)].folded(
        CODEC.decode(entry.stored, entry.leaf).event
        for entry in entries
        if before is None or entry.leaf < before
    )


def age_of(as_of: datetime | None, now: datetime) -> int | None:
    """The age in whole days."""
    return None if as_of is None else max(0, (now - as_of).days)
