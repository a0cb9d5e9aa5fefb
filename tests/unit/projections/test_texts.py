"""Texts that a database might trip over: they come back as they were, and sort as they did."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.catalogue import CODEC
from ledger.domain.incident.commands import Report
from ledger.domain.signal_state import NAME_CHARACTERS
from ledger.store.sqlite import SQLiteStore
from projections import queries
from projections.catalogue import PROJECTIONS
from projections.engine import Projector, SQLiteViews, ViewsDatabase, digest, rebuild_all
from projections.engine.statements import read_rows, write_rows
from projections.engine.types import escape, unescape
from projections.queries.alerts import AlertFilters
from projections.queries.incidents import IncidentFilters
from projections.queries.rca import RcaFilters
from tests.harness.commands import report_incident
from tests.unit.projections.toy import OLD, TOTALS, Log
from tests.unit.projections.world import World, world

NOISE = "".join(sha256(str(number).encode()).hexdigest() for number in range(63))[:4_000]
"""No database makes it shorter by compressing it."""
NASTY = (
    "",
    " ",
    "\0",
    "\0\0\1",
    "\1",
    "\1\1",
    "\1\2",
    "\1\0",
    "\2",
    "null",
    "NULL",
    "\\",
    "\\N",
    "\\u0000",
    '{"a",NULL}',
    "'; DROP TABLE positions; --",
    "%s %(x)s %%",
    "a\nb\r\t",
    "é",
    "e\u0301",
    "Z",
    "a",
    "ﬀ",
    "\ue000",
    "\uffff",
    "\U0001f525",
    "\U0010ffff",
    NOISE,
)
NOW = "2026-03-02T00:00:00.000000Z"

texts = st.text(st.sampled_from("\0\1\2\3aé\U0001f525") | st.characters(codec="utf-8"))


@given(texts)
def test_what_is_escaped_for_postgresql_comes_back_and_holds_no_nul(text: str) -> None:
    assert "\0" not in str(escape(text))
    assert text == unescape(escape(text))


@given(texts, texts)
def test_escaped_texts_sort_as_they_did(one: str, other: str) -> None:
    assert (one.encode() < other.encode()) == (
        str(escape(one)).encode() < str(escape(other)).encode()
    )


def test_nasty_texts_are_keys_and_values_and_documents(views: ViewsDatabase) -> None:
    table = TOTALS.table(1)
    # The key of a row has to fit its index; a row itself holds anything.
    nasty = [text for text in NASTY if text != NOISE]
    rows = {
        (text,): {"stream": text, "count": 1, "total": -1, "leaf": 2**63 - 1, "seen": {each: each}}
        for text, each in zip(nasty, NASTY[1:], strict=True)
    }
    with views.begin(write=True) as connection:
        table.create(connection)
        write_rows(connection, table, rows.values(), new=True)
        write_rows(connection, table, rows.values())

        assert rows == read_rows(connection, table, list(rows))
        ordered = connection.execute(table.select().order_by(table.c.stream)).scalars().all()
        for text in nasty:
            found = connection.execute(table.select().where(table.c.stream == text)).one()
            assert (text, rows[text,]["seen"]) == (found.stream, found.seen)

    assert sorted(nasty, key=str.encode) == ordered


@pytest.fixture
def ledger(tmp_path: Path, views: ViewsDatabase) -> Iterator[World]:
    """Incidents and alerts that are called by nasty texts."""
    with world(tmp_path, views) as opened:
        for number, text in enumerate(NASTY):
            labels = {"alertname": f"A{number}", "severity": "page", "system": text}
            opened.take(
                opened.signal(f"{number}{text[:400]}", labels=labels, title=f"!{text[:300]}")
            )
        for number, text in enumerate(NASTY, start=1_000):
            report = Report(title=f"!{text[:300]}", system=f"!{text[:100]}", description=text)
            request = report_incident(incident=UUID(int=number), report=report)
            opened.executor.execute(request, opened.context())
        opened.catch_up()
        yield opened


def test_a_log_of_nasty_texts_has_the_same_digests_in_a_file_as_here(
    ledger: World, tmp_path: Path
) -> None:
    file = SQLiteViews(tmp_path / "file.db")
    Projector(ledger.store, file, CODEC, PROJECTIONS).catch_up()

    assert {None} == {each.stopped for each in ledger.projector.progress}
    live = [digest(ledger.views, projection) for projection in PROJECTIONS]
    assert [digest(file, projection) for projection in PROJECTIONS] == live
    rebuild_all(ledger.projector, ledger.views, PROJECTIONS, until=ledger.store.size())
    assert [digest(ledger.views, projection) for projection in PROJECTIONS] == live
    file.close()


def test_what_is_found_by_a_nasty_system_is_of_that_system(ledger: World) -> None:
    views = ledger.views
    known = queries.incidents.filter_choices(views).systems

    assert sorted(known) == known
    assert NOISE[:NAME_CHARACTERS] in known  # so much of it any event holds, and any index
    for system in known:
        [*incidents] = queries.incidents.register(views, IncidentFilters(system=system)).rows
        assert {system} == {row["system"] for row in incidents}
        assert len(incidents) == len(
            queries.rca.clocks(views, RcaFilters(system=system), now=NOW).rows
        )
        counted = queries.counts.monthly_counts(views, system=system).counts
        assert [system] == [each.system for each in counted]
        assert len(incidents) == counted[0].members.total
    for system in queries.alerts.filter_choices(views).systems:
        found = queries.alerts.list_alerts(views, AlertFilters(system=system)).rows
        assert {system} == {row["system"] for row in found}


@pytest.mark.parametrize("sort", ["system", "-system", "severity", "-status", "leaf", "rca_due"])
def test_pages_of_nasty_texts_go_on_where_the_one_before_ended(ledger: World, sort: str) -> None:
    views = ledger.views
    everything = queries.incidents.register(views, IncidentFilters(), sort=sort).rows

    paged, cursor = [], None
    while True:
        page = queries.incidents.register(
            views, IncidentFilters(), sort=sort, cursor=cursor, limit=7
        )
        paged += page.rows
        if (cursor := page.next) is None:
            break

    assert everything == paged
    assert len({row["incident"] for row in everything}) == len(paged)


def test_a_key_that_no_index_takes_stops_its_own_projection_alone(
    store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    log.add("toy/1", 1)
    log.add(f"toy/{NOISE}", 1)
    calm = replace(TOTALS, name="calm", keys=lambda _: (("all",),))
    projector = Projector(store, views, OLD, (TOTALS, calm))

    projector.catch_up()

    stopped, runs = projector.progress
    assert (None, 2) == (runs.stopped, runs.next)
    assert isinstance(views, SQLiteViews) == (stopped.stopped is None)
    assert "exceeds btree" in str(stopped.stopped) or stopped.stopped is None
