"""The share of a month that sources and systems were heard."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consumers.container.ledger import Ledger, open_ledger
from consumers.read_service.counts import monthly_counts
from consumers.read_service.coverage import Coverage, GapView, coverage
from consumers.read_service.coverage_facts import Heard, month_bounds
from ledger.domain.access import Grant, HolderKind, Revoke
from ledger.domain.access.deciding import HOST
from ledger.domain.alert import Sender, Signal, SignalStatus
from ledger.domain.policy import AdoptPolicy
from ledger.errors import Invalid
from ledger.execute import (
    AdoptPolicyRequest,
    GiveSign,
    GrantAccess,
    RecordSignals,
    Request,
    RevokeAccess,
    Truncation,
)
from ledger.policy import parse_policy, shipped
from ledger.policy.times import time_text
from ledger.vocabulary import GapReason, Scope, SourceKind
from projections.spans import Span, common, joined, length, share_outside
from tests.harness.homes import settings_of

BEGIN = datetime(2026, 11, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def policy(silent: str = 'alertmanager = "PT1H"', systems: str = "", zone: str = "UTC") -> str:
    by_kind, mapped = "[coverage.silent_after_by_kind]", "[coverage.systems]"
    text = shipped().replace(by_kind, f"{by_kind}\n{silent}")
    return text.replace(mapped, f"{mapped}\n{systems}").replace('zone = "UTC"', f'zone = "{zone}"')


class Month:
    """A ledger of which a test says when what happened."""

    def __init__(self, directory: Path) -> None:
        self.now = BEGIN
        self.data = directory / "data"
        self.ledger: Ledger = open_ledger(settings_of(self.data), clock=lambda: self.now)

    def run(self, request: Request, source: str | None = None) -> None:
        actor = "airledger" if source is None else f"source/{source}"
        self.ledger.executor.execute(request, self.ledger.services.context(actor))

    def adopts(self, text: str) -> None:
        self.run(AdoptPolicyRequest(asker=HOST, command=AdoptPolicy(text=text, reason="So.")))

    def adds(
        self,
        name: str,
        kind: SourceKind = SourceKind.ALERTMANAGER,
        expires_at: datetime | None = None,
    ) -> None:
        grant = Grant(
            holder_kind=HolderKind.SOURCE,
            holder_name=name,
            holder=f"source/{name}",
            scope=Scope.PUBLISH,
            source_kind=kind,
            expires_at=expires_at,
        )
        digest = f"{name}{self.now.timestamp()}".ljust(64, "0")
        self.run(GrantAccess(grant=grant, digest=digest))

    def revokes(self, name: str) -> None:
        self.run(RevokeAccess(revoke=Revoke(holder_kind=HolderKind.SOURCE, holder_name=name)))

    def passes(self, span: timedelta) -> None:
        """Time in which a process takes signals."""
        self.ledger.sealer.seal()
        end = self.now + span
        while self.now < end:
            self.now = min(self.now + 10 * timedelta(minutes=1), end)
            self.run(GiveSign(passed=timedelta(seconds=5)))
            self.ledger.followers["clock"].catch_up()

    def stops(self, span: timedelta) -> None:
        """Time in which none does, and the start after it."""
        self.now += span
        self.run(GiveSign())

    def hears(
        self,
        source: str,
        *systems: str,
        status: SignalStatus = SignalStatus.FIRING,
        missing: int | None = None,
        group: str = "",
    ) -> None:
        """A body with an alert of each system; `missing` of its group are left out, as it says."""
        signals = tuple(
            Signal(
                source=source,
                dedup_key=system,
                status=status,
                title="It broke",
                labels={"system": system},
                annotations={},
                starts_at=self.now,
                kind=SourceKind.ALERTMANAGER,
            )
            for system in systems
        )
        cut = None
        if missing is not None:
            sender = Sender(receiver="r", group_key=group)
            cut = Truncation(id=f"{group}{missing}", sender=sender, missing=missing)
        self.run(RecordSignals(source=source, signals=signals, truncation=cut), source)

    def coverage(self, month: str | None = None) -> Coverage:
        self.ledger.seal_and_project()
        return coverage(self.ledger, month=month)

    def heard(self) -> dict[str, float | None]:
        """The share of each source and system, rounded."""
        found = self.coverage()
        shares = [(each.source, each.heard_share) for each in found.sources]
        shares += [(each.system, each.heard_share) for each in found.systems]
        return {name: None if of is None else round(of, 4) for name, of in shares}


@pytest.fixture
def month(tmp_path: Path) -> Iterator[Month]:
    made = Month(tmp_path)
    made.adopts(policy())
    made.run(GiveSign())
    made.adds("main")
    yield made
    made.ledger.close()


def gap(since: datetime, until: datetime | None, why: GapReason) -> GapView:
    return GapView(since=time_text(since), until=time_text(until) if until else None, why=why)


def test_a_source_that_is_heard_all_the_time_was_heard_whole(month: Month) -> None:
    for _ in range(24):
        month.hears("main")
        month.passes(HOUR / 2)
    found = month.coverage()
    [source] = found.sources
    assert ("2026-11", time_text(BEGIN)) == (found.month, source.since)
    assert (1.0, "100.0 % heard", []) == (source.heard_share, source.heard.words, source.gaps)
    assert time_text(month.now) == found.until


def test_a_silence_and_an_interruption_are_gaps_that_count_once_where_they_overlap(
    month: Month,
) -> None:
    month.hears("main", "chat")
    month.passes(2 * HOUR)
    month.stops(2 * HOUR)
    month.passes(HOUR)
    month.hears("main")
    month.passes(HOUR / 2)
    month.stops(HOUR / 2)
    [source] = month.coverage().sources
    heard_at = BEGIN + 5 * HOUR
    assert [
        gap(BEGIN, heard_at, GapReason.SILENT),
        gap(BEGIN + 2 * HOUR, BEGIN + 4 * HOUR, GapReason.INTERRUPTED),
        gap(heard_at + HOUR / 2, heard_at + HOUR, GapReason.INTERRUPTED),
    ] == source.gaps
    assert {"main": round(0.5 / 6, 4), "chat": round(0.5 / 6, 4)} == month.heard()


def test_a_gap_that_goes_on_has_no_end_yet(month: Month) -> None:
    month.hears("main")
    month.passes(2 * HOUR)
    [source] = month.coverage().sources
    assert [gap(BEGIN, None, GapReason.SILENT)] == source.gaps
    assert (0.0, time_text(BEGIN)) == (source.heard_share, source.last_heard_at)

    month.hears("main")
    month.now += HOUR
    [source] = month.coverage().sources
    assert gap(BEGIN + 2 * HOUR, None, GapReason.INTERRUPTED) == source.gaps[-1]


def test_a_source_counts_while_its_token_may_be_used(month: Month) -> None:
    month.hears("main")
    month.passes(HOUR / 2)
    month.adds("late")
    month.revokes("main")
    month.stops(HOUR)
    found = month.coverage()
    late, main = found.sources
    assert (time_text(BEGIN + HOUR / 2), time_text(BEGIN)) == (late.since, main.since)
    assert (0.0, 1.0) == (late.heard_share, main.heard_share)
    assert [] == main.gaps

    month.adds("main")
    month.passes(HOUR / 2)
    assert {"late": round(1 / 3, 4), "main": 1.0} == month.heard()


def test_a_system_was_heard_when_all_of_its_sources_were(month: Month) -> None:
    month.adopts(policy(systems='main = ["chat", "search"]\nlate = ["chat"]'))
    month.adds("late")
    month.hears("main", "chat", "other")
    month.hears("late")
    for _ in range(8):
        month.passes(HOUR / 2)
        month.hears("main")
    assert {"main": 1.0, "late": 0.0, "chat": 0.0, "search": 1.0, "other": None} == month.heard()
    chat, _, search = month.coverage().systems
    assert ("1 incident, 0.0 % heard", ["late", "main"]) == (chat.words, chat.sources)
    assert "0 incidents, 100.0 % heard" == search.words


def test_a_silence_that_the_policy_does_not_measure_makes_the_share_a_bound(month: Month) -> None:
    month.adds("deploys", SourceKind.NATIVE)
    month.hears("main", "chat")
    month.passes(HOUR / 2)
    month.stops(HOUR / 2)
    deploys, main = month.coverage().sources
    assert ("at most 50.0 % heard", "50.0 % heard") == (deploys.heard.words, main.heard.words)
    [chat] = month.coverage().systems
    assert "1 incident, at most 50.0 % heard" == chat.words


def test_the_share_stands_beside_the_monthly_count(month: Month) -> None:
    month.hears("main", "chat")
    month.passes(HOUR / 2)
    month.stops(HOUR / 2)
    month.ledger.seal_and_project()
    [count] = monthly_counts(month.ledger).items
    assert ("chat", 1, "50.0 % heard") == (count.system, count.count, count.heard.words)


def test_months_before_the_first_sign_and_to_come_are_not_known(month: Month) -> None:
    month.hears("main", "chat")
    for name in ("2026-10", "2026-12"):
        found = month.coverage(name)
        assert [] == found.sources
        assert [(0, None)] == [(each.incidents, each.heard_share) for each in found.systems]
        assert "0 incidents, coverage not known" == found.systems[0].words
    with pytest.raises(Invalid):
        month.coverage("2026-13")


def test_a_month_has_only_its_part_of_a_gap(month: Month) -> None:
    month.passes(HOUR / 2)
    month.now = datetime(2026, 11, 30, 23, tzinfo=UTC)
    month.hears("main")
    month.run(GiveSign(passed=timedelta(seconds=5)))
    month.stops(2 * HOUR)
    turn = datetime(2026, 12, 1, tzinfo=UTC)
    [before], [after] = (month.coverage(name).sources for name in ("2026-11", "2026-12"))
    assert gap(turn - HOUR, turn, GapReason.INTERRUPTED) == before.gaps[-1]
    assert [gap(turn, turn + HOUR, GapReason.INTERRUPTED)] == after.gaps
    assert (time_text(turn), 0.0) == (after.since, after.heard_share)


def test_a_month_is_that_of_the_policy_s_zone() -> None:
    text = policy(zone="Europe/Berlin")
    start, end = month_bounds("2026-03", parse_policy(text))
    assert datetime(2026, 2, 28, 23, tzinfo=UTC) == start
    assert datetime(2026, 3, 31, 22, tzinfo=UTC) == end
    for name in ("0000-01", "0001-01", "9999-12"):
        assert month_bounds(name, parse_policy(text))


@pytest.mark.parametrize(
    ("share", "measured", "words"),
    [
        (0.9929, True, "99.2 % heard"),
        (0.99999, True, "99.9 % heard"),
        (1.0, True, "100.0 % heard"),
        (0.5, False, "at most 50.0 % heard"),
        (None, True, "coverage not known"),
    ],
)
def test_a_share_is_rounded_down(share: float | None, measured: bool, words: str) -> None:
    assert words == Heard(share, measured).words


def test_spans_that_overlap_count_once() -> None:
    def span(first: int, last: int) -> Span:
        return Span(BEGIN + first * HOUR, BEGIN + last * HOUR)

    spans = [span(4, 6), span(0, 2), span(1, 3), span(6, 7), span(9, 9), span(8, 5)]
    assert [span(0, 3), span(4, 7)] == joined(spans)
    assert 6 * HOUR == length(spans)
    assert [span(2, 3), span(4, 5)] == common(spans[:3], [span(2, 5)])
    assert 0.4 == share_outside(spans, [span(0, 10)])
    assert share_outside(spans, []) is None
