"""Gaps of a source that was heard: alerts that it left out, and alerts that it did not repeat."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from consumers.read_service.coverage import GapView, SourceCoverage
from ledger.domain.alert import AlertStale, SignalStatus
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Event
from ledger.domain.incident.commands import Resolve
from ledger.domain.source import AlertsTruncated, LeftOutEnded, SilenceEnded
from ledger.execute import GiveSign
from ledger.policy.times import time_text
from ledger.vocabulary import GapReason
from projections import queries
from projections.alerts import ALERTS
from projections.coverage import COVERAGE
from projections.engine import digest, rebuild
from projections.queries.incidents import IncidentFilters
from projections.register import REGISTER
from tests.harness.commands import command_incident, merge_incidents
from tests.unit.test_coverage import BEGIN, HOUR, Month, gap, policy

STALE_AFTER = 2 * HOUR
RESOLVED = SignalStatus.RESOLVED


@pytest.fixture
def month(tmp_path: Path) -> Iterator[Month]:
    """A source that repeats alerts every two hours, and is silent after three."""
    made = Month(tmp_path)
    text = policy('alertmanager = "PT3H"').replace('stale_after = "PT36H"', 'stale_after = "PT2H"')
    made.adopts(text)
    made.run(GiveSign())
    made.adds("main")
    yield made
    made.ledger.close()


def recorded(month: Month, *kinds: type[Event]) -> list[Event]:
    entries = month.ledger.store.read(0, 1_000_000, sealed=False)
    events = (CODEC.decode(entry.stored, entry.leaf).event for entry in entries)
    return [event for event in events if isinstance(event, kinds)]


def source(month: Month) -> SourceCoverage:
    [found] = month.coverage().sources
    return found


def unheard(since: float, until: float | None, system: str = "chat") -> GapView:
    """An alert was not repeated, between these hours."""
    return GapView(
        since=time_text(BEGIN + since * HOUR),
        until=None if until is None else time_text(BEGIN + until * HOUR),
        why=GapReason.NOT_REPEATED,
        system=system,
    )


def left_out(since: float, until: float | None) -> GapView:
    """Alerts were left out, between these hours."""
    end = None if until is None else BEGIN + until * HOUR
    return gap(BEGIN + since * HOUR, end, GapReason.LEFT_OUT)


def require_rebuilt_equal(month: Month) -> None:
    """What a rebuild makes of the log is what was made event by event."""
    ledger = month.ledger
    month.coverage()
    for projection in (COVERAGE, ALERTS, REGISTER):
        before = digest(ledger.views, projection)
        rebuild(ledger.projector, ledger.views, projection, until=ledger.store.size())
        assert before == digest(ledger.views, projection)


def test_alerts_are_left_out_until_a_body_of_their_group_leaves_out_none(month: Month) -> None:
    month.hears("main", missing=3, group="a")
    month.passes(HOUR / 2)
    month.hears("main", missing=3, group="a")  # a repeat is no event
    month.hears("main", missing=5, group="b")
    month.hears("main", missing=0, group="c")
    assert [3, 5] == [e.missing for e in recorded(month, AlertsTruncated)]  # type: ignore[attr-defined]
    assert [left_out(0, None)] == source(month).gaps

    month.passes(HOUR / 2)
    month.hears("main", missing=0, group="a")
    month.hears("main", missing=0, group="a")
    month.passes(HOUR)
    month.hears("main", missing=0, group="b")
    assert ["complete"] * 2 == [e.basis for e in recorded(month, LeftOutEnded)]  # type: ignore[attr-defined]
    month.passes(2 * HOUR)
    found = source(month)
    assert ([left_out(0, 2)], 0.5, 8) == (found.gaps, found.heard_share, found.alerts_left_out)

    # What left alerts out before does so again, as the first time; nothing comes of it any more.
    month.hears("main", missing=3, group="a")
    month.passes(HOUR)
    month.hears("main", missing=3, group="a")
    month.passes(3 * HOUR)
    assert left_out(4, 7) == source(month).gaps[1]
    [*_, over] = recorded(month, LeftOutEnded)
    assert (BEGIN + 4 * HOUR, BEGIN + 7 * HOUR, "not_repeated") == (over.since, over.at, over.basis)  # type: ignore[attr-defined]


def test_gaps_of_each_kind_overlap_and_count_once(month: Month) -> None:
    month.hears("main", missing=3)
    month.passes(HOUR)
    month.hears("main", missing=1, group="b")
    month.passes(3 * HOUR)  # both groups are not repeated; the source is silent
    month.stops(HOUR)
    month.passes(HOUR)
    month.hears("main", missing=0, group="b")
    month.passes(2 * HOUR)
    month.revokes("main")
    found = source(month)
    assert [
        left_out(0, 3),
        gap(BEGIN + HOUR, BEGIN + 6 * HOUR, GapReason.SILENT),
        gap(BEGIN + 4 * HOUR, BEGIN + 5 * HOUR, GapReason.INTERRUPTED),
    ] == found.gaps
    assert 0.25 == found.heard_share
    assert 2 == len(recorded(month, LeftOutEnded))
    assert [] == recorded(month, SilenceEnded)
    require_rebuilt_equal(month)


def test_a_silence_ends_with_the_token_of_its_source(month: Month) -> None:
    month.adds("short", expires_at=BEGIN + 5 * HOUR)
    month.passes(4 * HOUR)
    month.revokes("main")
    month.passes(2 * HOUR)
    main, short = month.coverage().sources
    for each, hours in ((main, 4), (short, 5)):
        assert [gap(BEGIN, BEGIN + hours * HOUR, GapReason.SILENT)] == each.gaps
    assert [("main", 4 * HOUR), ("short", 5 * HOUR)] == [
        (event.source, event.at - BEGIN)  # type: ignore[attr-defined]
        for event in recorded(month, SilenceEnded)
    ]
    month.adds("main")
    month.passes(HOUR)
    assert 1 == len(month.coverage().sources[0].gaps)


def test_how_an_alert_went_on_is_not_known_until_it_is_heard_of_or_people_ended_it(
    month: Month,
) -> None:
    month.hears("main", "chat", "search", "mail", "shop")
    for _ in range(3):
        month.passes(HOUR)
        month.hears("main", "shop")
    assert 3 == len(recorded(month, AlertStale))
    going_on = [unheard(0, None, system) for system in ("chat", "mail", "search")]
    assert going_on == source(month).gaps
    assert {"main": 1.0, "chat": 0.0, "mail": 0.0, "search": 0.0, "shop": 1.0} == month.heard()

    month.hears("main", "chat", status=RESOLVED)
    month.hears("main", "search")
    month.passes(HOUR)
    month.hears("main", "search", "shop")
    chat, mail, search, shop = incidents(month)
    month.run(merge_incidents(incident=mail, into=shop, reason="The same."))
    assert unheard(0, None, "mail") in source(month).gaps
    stated = Resolve(reason="It ended.", at=BEGIN + HOUR)
    month.run(command_incident(incident=shop, command=stated))
    assert [unheard(0, 1, "mail"), unheard(0, 3, "chat"), unheard(0, 3, "search")] == sorted(
        source(month).gaps, key=lambda each: (each.until or "", each.system)
    )
    assert {"main": 1.0, "chat": 0.25, "mail": 0.75, "search": 0.25, "shop": 1.0} == month.heard()

    # Once more, and silent as well: of the source all of it is a gap, and of the system once.
    month.passes(5 * HOUR)
    month.hears("main", "search")
    found = source(month)
    assert gap(BEGIN + 4 * HOUR, BEGIN + 9 * HOUR, GapReason.SILENT) in found.gaps
    assert unheard(4, 9, "search") in found.gaps
    shares = month.heard()
    assert (round(4 / 9, 4), round(1 / 9, 4)) == (shares["main"], shares["search"])
    assert chat != search
    require_rebuilt_equal(month)


def incidents(month: Month) -> list[UUID]:
    """Of each system, by its name."""
    month.ledger.seal_and_project()
    found = queries.incidents.register(month.ledger.views, IncidentFilters())
    return [UUID(row["incident"]) for row in sorted(found.rows, key=lambda row: row["system"])]
