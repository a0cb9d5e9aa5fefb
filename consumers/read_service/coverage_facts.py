"""When sources could send in a month, and the gaps in what is known of them. Blocking.

A month is that of the policy's zone, up to now. A source counts from when it was added, while its
token is not revoked, and not before the first sign of the ledger's intake: of what was before
nothing is known. A gap of a source is a silence of its own, alerts that it left out, an alert that
it did not repeat, or an interruption of the ledger.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from ledger.domain.intake import INTERRUPTED_AFTER
from ledger.errors import Invalid
from ledger.execute.listening import SIGN, listening_since, sources_in_use, time_of
from ledger.policy import Policy
from ledger.policy.times import FIRST, LAST, in_utc
from ledger.vocabulary import MONTH, GapReason, SourceKind
from projections.coverage import ADDED, REVOKED
from projections.engine.projection import Row
from projections.queries.coverage import (
    Unheard,
    facts_between,
    left_out_between,
    unheard_between,
    unreachable_between,
)
from projections.spans import Span, common, joined, share_outside
from projections.values import time_text


class Gap(NamedTuple):
    """A gap within the month. `goes_on`: its end is not known yet.

    Where it names a `system`, the source was heard, and what it had to say of that system was not
    known.
    """

    span: Span
    reason: GapReason
    goes_on: bool
    system: str = ""


class SourceFacts(NamedTuple):
    """When a source could send, and its gaps in that time.

    `measured`: the policy says after how long it is silent; else no silence is among the gaps.
    """

    name: str
    kind: SourceKind | None
    spans: Sequence[Span]
    gaps: Sequence[Gap]
    measured: bool
    left_out: int


class Heard(NamedTuple):
    """The share of a month that something was heard, from 0 to 1; None where nothing is known.

    Where it is not `measured`, silences are not among the gaps: the share is at most so large.
    """

    share: float | None = None
    measured: bool = False

    @property
    def percent(self) -> str:
        """The share, rounded down to a tenth of a percent."""
        if self.share is None:
            return "not known"
        tenths = int(self.share * 1000 + 1e-9)
        return f"{'' if self.measured else 'at most '}{tenths / 10:.1f} %"

    @property
    def words(self) -> str:
        """The share in words."""
        return "coverage not known" if self.share is None else f"{self.percent} heard"


def heard_of(sources: Iterable[SourceFacts], names: Collection[str] = ()) -> Heard:
    """What was heard of something that these sources tell of, which may be a system by its names.

    It was heard when all of them were that counted at the time.
    """
    sources = [each for each in sources if each.spans]
    gaps = [gap.span for each in sources for gap in each.gaps if gap.system in {"", *names}]
    whole = joined(span for each in sources for span in each.spans)
    if (share := share_outside(gaps, whole)) is None:
        return Heard()
    return Heard(share, all(each.measured for each in sources))


class SpanFacts:
    """The facts of a span; `span` is the part of it until now, None where it is to come."""

    def __init__(self, ledger: Ledger, span: Span, policy: Policy, now: datetime) -> None:
        """Reads them."""
        self._policy, self._shares = policy, dict[tuple[str, ...], Heard]()
        self.span = Span(span.start, min(span.end, now)) if span.start < now else None
        self.sources = self._read(ledger, now)
        self.readers = self._of_readers(ledger)

    def of_system(self, system: str, names: Collection[str] = ()) -> Heard:
        """What was heard of a system; `names` are its other ones."""
        sources, every = self.sources_of(system), {system, *names}
        has_own = any(gap.system in every for each in sources for gap in each.gaps)
        key = (system if has_own else "", *(each.name for each in sources))
        if key not in self._shares:
            self._shares[key] = heard_of(sources, every)
        return self._shares[key]

    def sources_of(self, system: str) -> list[SourceFacts]:
        """The sources that tell of a system, and counted in the month."""
        tells = self._policy.coverage.tells_of
        return [each for each in self.sources if tells(each.name, system)]

    def _read(self, ledger: Ledger, now: datetime) -> list[SourceFacts]:
        begun = listening_since(ledger.store)
        if self.span is None or begun is None or begun >= self.span.end:
            return []
        known = Span(max(begun, self.span.start), self.span.end)
        first, last = time_text(known.start), time_text(known.end)
        rows = facts_between(ledger.views, first, last)
        left_out = left_out_between(ledger.views, first, last)
        kinds = {name: row.source_kind for name, row in sources_in_use(ledger.store, now).items()}
        unheard = unheard_between(ledger.views, first, last)
        gaps = _gaps([*_recorded(rows), *_unheard(unheard)], known)
        if (stopped := _stopped(ledger, now, known)) is not None:
            gaps.setdefault("", []).append(stopped)
        found = []
        for name, added in sorted(_spans_of_sources(rows).items()):
            kind, spans = kinds.get(name), common(added, [known])
            found.append(
                SourceFacts(
                    name=name,
                    kind=kind,
                    spans=spans,
                    gaps=_within([*gaps.get(name, ()), *gaps.get("", ())], spans),
                    measured=self._policy.coverage.silent_after_of(name, kind) is not None,
                    left_out=left_out.get(name, 0),
                )
            )
        return [each for each in found if each.spans]

    def _of_readers(self, ledger: Ledger) -> Mapping[str, list[Gap]]:
        """When each reader could not be reached in the month; without the others."""
        if self.span is None:
            return {}
        first, last = time_text(self.span.start), time_text(self.span.end)
        rows = unreachable_between(ledger.views, first, last)
        return _gaps(_recorded(rows), self.span)


class MonthFacts(SpanFacts):
    """The facts of one month."""

    def __init__(self, ledger: Ledger, month: str, policy: Policy, now: datetime) -> None:
        """Reads them. Raises Invalid for a text that is no month."""
        super().__init__(ledger, month_bounds(month, policy), policy, now)


class Months:
    """The facts of several months, each read when it is first asked for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._policy, self._now = policy_in_force(ledger.store), ledger.now()
        self._months: dict[str, MonthFacts] = {}

    def of(self, month: str) -> MonthFacts:
        """The facts of a month. Raises Invalid for a text that is no month."""
        if month not in self._months:
            self._months[month] = MonthFacts(self._ledger, month, self._policy, self._now)
        return self._months[month]


def month_bounds(month: str, policy: Policy) -> Span:
    """When a month begins and ends, in UTC. Raises Invalid for a text that is no month."""
    if MONTH.fullmatch(month) is None:
        raise Invalid(f"{month!r} is no month.", errors=[("month", "expected YYYY-MM")])
    year, number = int(month[:4]), int(month[5:])
    following = (year, number + 1) if number < 12 else (year + 1, 1)
    return Span(_start(year, number, policy.zone), _start(*following, policy.zone))


def _start(year: int, month: int, zone: str) -> datetime:
    if not 0 < year < 10_000:
        return LAST if year else FIRST
    return in_utc(datetime(year, month, 1, tzinfo=ZoneInfo(zone)))


def _within(gaps: Iterable[Gap], spans: Sequence[Span]) -> list[Gap]:
    """The parts of gaps in which a source could send, by time."""
    return sorted(
        gap._replace(span=part, goes_on=gap.goes_on and part.end == gap.span.end)
        for gap in gaps
        for part in common([gap.span], spans)
    )


def _spans_of_sources(rows: Iterable[Row]) -> Mapping[str, list[Span]]:
    """When each source could send, by the rows in the order of time."""
    found: dict[str, list[Span]] = {}
    for row in rows:
        at = _time(row["since"])
        spans = found.setdefault(row["source"], []) if row["fact"] in {ADDED, REVOKED} else None
        if spans is None:
            continue
        if spans and spans[-1].end > at:
            spans[-1] = Span(spans[-1].start, at)
        if row["fact"] == ADDED:
            spans.append(Span(at, _time(row["until"]) if row["until"] else LAST))
    return found


class _Kind(NamedTuple):
    """Gaps of one kind are one gap where they overlap."""

    source: str
    reason: GapReason
    system: str = ""


def _recorded(rows: Iterable[Row]) -> Iterator[tuple[_Kind, Span]]:
    """The gaps among the facts; what goes on ends with time itself."""
    for row in rows:
        if row["fact"] not in {ADDED, REVOKED}:
            kind = _Kind(row["source"], GapReason(row["fact"]))
            yield kind, _span(row["since"], row["until"])


def _unheard(found: Iterable[Unheard]) -> Iterator[tuple[_Kind, Span]]:
    for each in found:
        kind = _Kind(each.source, GapReason.NOT_REPEATED, each.system)
        yield kind, _span(each.since, each.until)


def _gaps(found: Iterable[tuple[_Kind, Span]], known: Span) -> dict[str, list[Gap]]:
    """The gaps of each source, those of all under the empty name; cut to what is known."""
    spans: dict[_Kind, list[Span]] = {}
    for kind, span in found:
        spans.setdefault(kind, []).append(span)
    gaps: dict[str, list[Gap]] = {}
    for kind, alike in spans.items():
        for span in joined(alike):
            part = Span(max(span.start, known.start), min(span.end, known.end))
            if part.start < part.end:
                gap = Gap(part, kind.reason, span.end == LAST, kind.system)
                gaps.setdefault(kind.source, []).append(gap)
    return gaps


def _stopped(ledger: Ledger, now: datetime, known: Span) -> Gap | None:
    """The interruption that goes on: it is recorded when a process takes signals again."""
    sign = time_of(ledger.store.followers.position(SIGN))
    span = Span(max(sign, known.start), known.end)
    if now - sign <= INTERRUPTED_AFTER or span.start >= span.end:
        return None
    return Gap(span, GapReason.INTERRUPTED, goes_on=True)


def _span(since: str, until: str | None) -> Span:
    return Span(_time(since), LAST if until is None else _time(until))


def _time(text: str) -> datetime:
    return msgspec.convert(text, datetime)
