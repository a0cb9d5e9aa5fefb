"""Public views of coverage: the share of a month that sources and systems were heard. Blocking.

So "no incident" is told from "nobody listened".
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from consumers.read_service.coverage_facts import Gap, Heard, MonthFacts, SourceFacts, heard_of
from ledger.domain.identity import name_key, source_id
from ledger.vocabulary import GapReason
from projections import queries
from projections.queries.system_names import own_names
from projections.values import time_text


class GapView(msgspec.Struct, frozen=True, kw_only=True):
    """A gap within the month, from `since` to `until`; None while it goes on.

    One with a `system` is of what the source had to say of that system alone: it takes from the
    share of the system, and not from that of the source, which was heard.
    """

    since: str
    until: str | None
    why: GapReason
    system: str | None = None


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    heard_share: float | None
    silence_measured: bool

    @property
    def heard(self) -> Heard:
        """The share with its words."""
        return Heard(self.heard_share, self.silence_measured)


class SourceCoverage(_Shown, frozen=True, kw_only=True):
    """A source in a month. `since` is from when on it counts, in the month.

    `heard_share` is the share of that time that is in no gap, from 0 to 1; gaps of a single system
    count for that alone. `silence_measured`: the policy says when it is silent; else the share is
    at most so large. `last_heard_at` is when it last sent anything, exact to 15 seconds.
    `alerts_left_out` counts what its sender cut off.
    """

    source: str
    kind: str | None
    since: str
    last_heard_at: str | None
    alerts_left_out: int
    gaps: list[GapView]


class ReaderCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """A reader that could not be reached in a month, and when. It takes from no share."""

    reader: str
    gaps: list[GapView]


class SystemCoverage(_Shown, frozen=True, kw_only=True):
    """A system in a month: the incidents that count, and the share of time that it was heard.

    It was heard when all of its `sources` were. None where it has none.
    """

    system: str
    incidents: int
    sources: list[str]

    @property
    def words(self) -> str:
        """The count with the share: "0 incidents, 99.2 % heard"."""
        return f"{self.incidents} incident{'' if self.incidents == 1 else 's'}, {self.heard.words}"


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What was heard in a month, from `since` to `until`, which is now in the present month.

    Both are None for a month to come. Systems are those of the policy's `coverage.systems` and of
    the register.
    """

    month: str
    since: str | None
    until: str | None
    sources: list[SourceCoverage]
    systems: list[SystemCoverage]
    readers: list[ReaderCoverage] = []


def coverage(ledger: Ledger, *, month: str | None = None) -> Coverage:
    """The coverage of a month; without one, of the present one. Raises Invalid."""
    policy, now = policy_in_force(ledger.store), ledger.now()
    month = month or policy.month_of(now)
    facts = MonthFacts(ledger, month, policy, now)
    heard = ledger.store.last_seen.times([source_id(each.name) for each in facts.sources])
    last = {each.name: heard.get(source_id(each.name)) for each in facts.sources}
    known = queries.incidents.filter_choices(ledger.views).systems
    mapped = {system for each in policy.coverage.systems.values() for system in each}
    return Coverage(
        month=month,
        since=time_text(facts.span.start) if facts.span else None,
        until=time_text(facts.span.end) if facts.span else None,
        sources=[
            SourceCoverage(
                **_shown(heard_of([each])),
                source=each.name,
                kind=each.kind,
                since=time_text(each.spans[0].start),
                last_heard_at=time_text(at) if (at := last[each.name]) else None,
                alerts_left_out=each.left_out,
                gaps=_gaps(each),
            )
            for each in facts.sources
        ],
        systems=_systems(ledger, month, facts, mapped | set(known)),
        readers=[
            ReaderCoverage(reader=name, gaps=[_gap(each) for each in gaps])
            for name, gaps in sorted(facts.readers.items())
        ],
    )


def _systems(
    ledger: Ledger, month: str, facts: MonthFacts, systems: Collection[str]
) -> list[SystemCoverage]:
    own, named = own_names(ledger.views), defaultdict[str, set[str]](set)
    for name in systems:
        named[own.get(name_key(name), name)].add(name)
    members = queries.counts.members_of(ledger.views, [(month, system) for system in systems])
    return [
        SystemCoverage(
            **_shown(facts.of_system(system, names)),
            system=system,
            incidents=sum(
                found.total for each in names if (found := members.get((month, each))) is not None
            ),
            sources=[each.name for each in facts.sources_of(system)],
        )
        for system, names in sorted(named.items())
    ]


def _shown(heard: Heard) -> dict[str, Any]:
    return {"heard_share": heard.share, "silence_measured": heard.measured}


def _gaps(source: SourceFacts) -> list[GapView]:
    return [_gap(each) for each in source.gaps]


def _gap(gap: Gap) -> GapView:
    until = None if gap.goes_on else time_text(gap.span.end)
    return GapView(
        since=time_text(gap.span.start),
        until=until,
        why=gap.reason,
        system=gap.system or None,
    )
