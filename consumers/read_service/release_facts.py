"""The streams that a release is judged by, as they are or were at a leaf. Blocking."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from consumers.commands.policy_history import adopted, in_force_at
from consumers.container.ledger import Ledger
from ledger.domain.catalogue import CODEC
from ledger.domain.release import RELEASE, Release, ReleaseDecided
from ledger.domain.release.facts import Facts, facts_of, related
from ledger.errors import NotFound
from ledger.policy import Policy, parse_adopted
from ledger.store.decoding import state_after
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


def decisions_of(store: Store, subject: UUID) -> list[tuple[int, ReleaseDecided]]:
    """The decisions on a release in log order, each with its leaf."""
    return [(each.leaf, _decided(each)) for each in _decisions(store, subject)]


def newest_decision(store: Store, subject: UUID) -> tuple[int, ReleaseDecided] | None:
    """Leaf and event of the newest decision on a release; None where there is none."""
    decisions = _decisions(store, subject)
    return (decisions[-1].leaf, _decided(decisions[-1])) if decisions else None


def _decisions(store: Store, subject: UUID) -> list[Entry]:
    """The decisions on a release as they are stored, in log order."""
    stream = RELEASE.stream(subject)
    entries = store.load({stream: 0})[stream]
    return [each for each in entries if each.type == ReleaseDecided.name]


def _decided(entry: Entry) -> ReleaseDecided:
    event = CODEC.decode(entry.stored, entry.leaf).event
    if not isinstance(event, ReleaseDecided):
        raise TypeError(f"the event at leaf {entry.leaf} is not of the type of its row")
    return event


def decided_leaf(store: Store, subject: UUID, ref: str, leaf: int | None) -> int:
    """The leaf of a decision on a release: the newest, or the one at `leaf`. Raises NotFound."""
    leaves = [each.leaf for each in _decisions(store, subject)]
    if not leaves or (leaf is not None and leaf not in leaves):
        known = ", ".join(map(str, leaves)) or "none"
        raise NotFound(
            f"There is no decision on {ref}{'' if leaf is None else f' at leaf {leaf}'}.",
            remedy=f"It was decided at these leaves: {known}.",
        )
    return leaves[-1] if leaf is None else leaf


def facts_decided(store: Store, subject: UUID, leaf: int) -> JudgedAt:
    """What the decision at a leaf was made on: all streams before it, by the policy then."""
    entry = next(each for each in _decisions(store, subject) if each.leaf == leaf)
    event = _decided(entry)
    stream = RELEASE.stream(subject)
    adoption = in_force_at(adopted(store), leaf).event
    states = _states(store, stream, leaf)
    facts = facts_of(stream, states, parse_adopted(adoption.text), event.at)
    return JudgedAt(facts, event, leaf, entry.stored, adoption.digest)


def _states(store: Store, stream: str, before: int | None) -> Mapping[str, Any]:
    """The states of a release's stream, and of those that `related` names, before a leaf."""
    states: dict[str, Any] = {}
    missing: tuple[str, ...] = (stream,)
    while missing:
        for name, entries in store.load(dict.fromkeys(missing, 0)).items():
            states[name] = state_after(name, entries, before=before)
        missing = tuple(each for each in related(stream, states) if each not in states)
    return states


def age_of(as_of: datetime | None, now: datetime) -> int | None:
    """The age in whole days."""
    return None if as_of is None else max(0, (now - as_of).days)
