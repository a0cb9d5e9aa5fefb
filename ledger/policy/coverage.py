"""When a source counts as silent, of which systems it tells, and how many unread bodies are too
many: the policy's `coverage`."""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

from ledger.policy.matchers import all_match, parse
from ledger.policy.parts import Part
from ledger.policy.privacy import SystemName
from ledger.vocabulary import SourceKind

SourceName = Annotated[str, Meta(min_length=1, max_length=200)]
Systems = Annotated[
    tuple[SystemName, ...], Meta(min_length=1, description="Name at least one system.")
]


class Coverage(Part, frozen=True, kw_only=True):
    """From when on a source that sends nothing is silent, which is a gap in what is known.

    A source's own entry in `silent_after_by_source` goes before that of its kind in
    `silent_after_by_kind`; a source with neither is never silent. `systems` names the systems that
    a source tells of; one without an entry tells of all. An alert that one of `heartbeats` holds
    for says that its source works: it is recorded, and opens no incident. The quarantine has grown
    when `quarantine_grown_at` bodies wait in it; without that it never has.
    """

    silent_after_by_kind: Mapping[SourceKind, timedelta] = {}
    silent_after_by_source: Mapping[SourceName, timedelta] = {}
    systems: Mapping[SourceName, Systems] = {}
    heartbeats: tuple[str, ...] = ()
    quarantine_grown_at: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None

    def silent_after_of(self, source: str, kind: SourceKind | None) -> timedelta | None:
        """How long a source may send nothing; None where its silence says nothing."""
        by_kind = None if kind is None else self.silent_after_by_kind.get(kind)
        return self.silent_after_by_source.get(source, by_kind)

    def systems_of(self, source: str) -> frozenset[str] | None:
        """The systems that a source tells of; None for all."""
        systems = self.systems.get(source)
        return None if systems is None else frozenset(systems)

    def tells_of(self, source: str, system: str) -> bool:
        """Whether a source tells of a system."""
        systems = self.systems.get(source)
        return systems is None or system in systems


@lru_cache(maxsize=16)
def labels_of(heartbeats: tuple[str, ...]) -> tuple[str, ...]:
    """The labels that these matchers look at."""
    return tuple({matcher.name: None for text in heartbeats for matcher in parse(text)})


@lru_cache(maxsize=8192)
def is_heartbeat(heartbeats: tuple[str, ...], values: tuple[str | None, ...]) -> bool:
    """Whether one of these holds for the values of `labels_of` them; None for a missing label.

    It is asked of every alert, so it is remembered, and a known answer costs no call.
    """
    labels = {name: value or "" for name, value in zip(labels_of(heartbeats), values, strict=True)}
    return any(all_match(parse(text), labels) for text in heartbeats)
