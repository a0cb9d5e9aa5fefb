"""Words of texts beside the log: found, sorted by, and blanked once the texts are erased."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from ledger.domain.text import marked_ids
from projections import queries
from projections.catalogue import PROJECTIONS
from projections.engine import (
    ViewsDatabase,
    digest,
    rebuild,
)
from projections.engine.generations import create, find, next_number
from projections.engine.statements import write_rows
from projections.incident_words import INCIDENT_WORDS
from projections.queries.incidents import IncidentFilters, register_plan
from projections.queries.rca import RcaFilters
from projections.queries.whole import whole
from projections.register import REGISTER
from tests.unit.projections.outside import PRIVATE, amend, erase, found, report, titles_of, words
from tests.unit.projections.toy import rows
from tests.unit.projections.world import World, world

NOW = "2026-03-02T00:00:00.000000Z"


@pytest.fixture
def ledger(tmp_path: Path, views: ViewsDatabase) -> Iterator[World]:
    """Free text of persons lies beside the log."""
    with world(tmp_path, views) as opened:
        opened.adopt(PRIVATE)
        yield opened


def by_title(ledger: World, sort: str = "title", **given: Any) -> list[int]:
    page = queries.incidents.register(ledger.views, IncidentFilters(), sort=sort, **given)
    return [UUID(row["incident"]).int for row in page.rows]


def test_words_of_a_text_beside_the_log_are_found_and_other_read_models_have_its_mark(
    ledger: World,
) -> None:
    report(ledger, 1, "Assistant named Marlene Dietrich", "Told by Quentin")
    amend(ledger, 1, "description", "Told by Rosalind")
    ledger.catch_up()

    assert [[1], [1], []] == [found(ledger, each) for each in ("marlene", "rosalind", "quentin")]
    [row] = rows(ledger.views, REGISTER).values()
    ids = [*marked_ids(row["title"]), *marked_ids(row["description"])]
    assert ids == [words(ledger)[1][name] for name in ("title_text", "description_text")]
    assert {"Assistant named Marlene Dietrich", "Told by Rosalind"} == set(
        ledger.store.texts.readable(ids).values()
    )


TITLES = (
    "beta",
    "alpha",
    "Zulu",
    "",
    "alpha",
    "\u00e9clair",
    "x" * 250,
    "x" * 250 + "a",
    "\0",
    "B",
)


def test_lists_are_sorted_by_the_titles_themselves(ledger: World) -> None:
    for number, title in enumerate(TITLES, start=1):
        report(ledger, number, f"!{title}")
    ledger.catch_up()
    ordered = sorted(range(1, len(TITLES) + 1), key=lambda of: (f"!{TITLES[of - 1]}"[:200], of))

    for sort, expected in (("title", ordered), ("-title", ordered[::-1])):
        assert expected == by_title(ledger, sort)
        plan = register_plan(IncidentFilters(), sort, ())
        batches = whole(ledger.views, plan)
        assert expected == [UUID(row["incident"]).int for batch in batches for row in batch]
        for pages in (paged_register(ledger, sort), paged_clocks(ledger, sort)):
            assert expected == pages


def paged_register(ledger: World, sort: str) -> list[int]:
    listed: list[int] = []
    cursor = None
    while True:
        page = queries.incidents.register(
            ledger.views, IncidentFilters(), sort=sort, cursor=cursor, limit=3
        )
        listed += [UUID(row["incident"]).int for row in page.rows]
        if (cursor := page.next) is None:
            return listed


def paged_clocks(ledger: World, sort: str) -> list[int]:
    listed: list[int] = []
    cursor = None
    while True:
        page = queries.rca.clocks(
            ledger.views, RcaFilters(), now=NOW, sort=sort, cursor=cursor, limit=3
        )
        listed += [UUID(row["incident"]).int for row in page.rows]
        if (cursor := page.next) is None:
            return listed


def test_a_page_goes_on_where_the_one_before_ended_though_its_last_title_was_erased(
    ledger: World,
) -> None:
    for number in range(1, 7):
        report(ledger, number, f"title {number}")
    ledger.catch_up()
    first = queries.incidents.register(ledger.views, IncidentFilters(), sort="title", limit=3)
    erase(ledger, *titles_of(ledger, 3))
    ledger.catch_up()

    assert [4, 5, 6] == by_title(ledger, cursor=first.next)
    assert [3, 1, 2, 4, 5, 6] == by_title(ledger)


def test_erased_words_are_found_no_more_and_the_digest_is_equal(ledger: World) -> None:
    report(ledger, 1, "Assistant named Marlene", "Told by Quentin")
    report(ledger, 2, "Marlene again")
    ledger.catch_up()
    before = [digest(ledger.views, each) for each in PROJECTIONS]
    [row] = [row for number, row in words(ledger).items() if number == 1]
    erase(ledger, row["title_text"], row["description_text"])
    ledger.catch_up()

    assert [[2], [], []] == [found(ledger, each) for each in ("marlene", "named", "quentin")]
    assert [[1], [1, 2]] == [found(ledger, "inc-2"), found(ledger, "search")]
    assert before == [digest(ledger.views, each) for each in PROJECTIONS]
    kept = words(ledger)
    rebuild(ledger.projector, ledger.views, INCIDENT_WORDS, until=ledger.store.size())
    assert kept == words(ledger)
    assert before == [digest(ledger.views, each) for each in PROJECTIONS]
    assert [None] * len(PROJECTIONS) == [each.stopped for each in ledger.projector.progress]


def test_a_word_of_the_event_itself_is_in_the_digest(tmp_path: Path, views: ViewsDatabase) -> None:
    with world(tmp_path, views) as ledger:
        report(ledger, 1, "In the event")
        ledger.catch_up()
        before = digest(views, INCIDENT_WORDS)
        with views.begin(write=True) as connection:
            [row] = words(ledger).values()
            live = find(connection, INCIDENT_WORDS, "live")
            assert live is not None
            table = INCIDENT_WORDS.table(live.number)
            write_rows(connection, table, [{**row, "title": "another"}])

        assert before != digest(views, INCIDENT_WORDS)


def test_a_text_that_was_replaced_is_erased_and_its_successor_stays(ledger: World) -> None:
    report(ledger, 1, "Before")
    ledger.catch_up()
    [old] = titles_of(ledger, 1)
    amend(ledger, 1, "title", "Afterwards")
    erase(ledger, old)
    ledger.catch_up()

    assert [[], [1]] == [found(ledger, "before"), found(ledger, "afterwards")]


def test_detection_correction_and_erasure_in_one_batch_leave_no_word(ledger: World) -> None:
    report(ledger, 1, "First words")
    amend(ledger, 1, "title", "Second words")
    report(ledger, 2, "Third words")
    erased = [row.id for row in ledger.store.texts.page("", 100) if row.content != "Wrong before."]
    erase(ledger, *erased)
    amend(ledger, 2, "title", "Fourth words")
    ledger.catch_up()

    assert [2] == found(ledger, "words")
    assert [2] == found(ledger, "fourth")


def test_an_erasure_of_a_text_that_no_row_has_changes_none(ledger: World) -> None:
    report(ledger, 1, "Stays")
    ledger.catch_up()
    before = words(ledger)
    event_of = [row.id for row in ledger.store.texts.page("", 100)]
    assert titles_of(ledger, 1) == event_of
    erase(ledger, str(uuid4()))
    ledger.catch_up()

    assert before == words(ledger)
    assert ledger.projector.progress[-1].next == ledger.store.size()


def test_the_texts_of_a_batch_are_read_at_once(
    ledger: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 20):
        report(ledger, number, f"title {number}", f"description {number}")
    read: list[int] = []
    readable = ledger.store.texts.readable

    def counted(ids: Sequence[str]) -> dict[str, str]:
        read.append(len(set(ids)))
        return readable(ids)

    monkeypatch.setattr(ledger.store.texts, "readable", counted)
    ledger.catch_up()

    assert [38] == read


def test_a_generation_that_is_old_or_was_left_half_filled_keeps_no_erased_word(
    ledger: World,
) -> None:
    report(ledger, 1, "Marlene was here")
    ledger.catch_up()
    rebuild(ledger.projector, ledger.views, INCIDENT_WORDS, until=ledger.store.size())
    with ledger.views.begin() as connection:
        assert find(connection, INCIDENT_WORDS, "old") is not None
    left = left_half_filled(ledger)
    erase(ledger, *titles_of(ledger, 1))
    ledger.catch_up()

    with ledger.views.begin() as connection:
        assert find(connection, INCIDENT_WORDS, "old") is None
        kept = connection.execute(INCIDENT_WORDS.table(left).select()).mappings().one()
    assert ("", "") == (kept["title"], kept["title_order"])


def left_half_filled(ledger: World) -> int:
    """The number of a generation that a rebuild left behind, beside an old one."""
    with ledger.views.begin(write=True) as connection:
        number = next_number(connection, INCIDENT_WORDS)
        create(connection, INCIDENT_WORDS, number, "building")
        write_rows(connection, INCIDENT_WORDS.table(number), words(ledger).values())
    return number
