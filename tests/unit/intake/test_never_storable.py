"""What a store can never hold fails alone, whatever the store says of it, and is quarantined."""

import asyncio
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from consumers.container.ledger import Ledger, open_ledger
from consumers.intake import quarantine_retry
from consumers.intake.receive import Intake, Received
from ledger.errors import NeverStorable
from ledger.vocabulary import SourceKind
from tests.harness.homes import home, settings_of
from tests.unit.intake.parsing import event

MARK = "poison-mark"
STATES = ("22001", "22021", "23514", "23502", "54000")
"""SQLSTATE codes of classes 22, 23 and 54; see PostgreSQL's appendix A."""
OF_SQLITE = {
    "22001": "SELECT length(zeroblob(2000000000))",  # SQLITE_TOOBIG
    "22021": "SELECT length(zeroblob(2000000000))",
    "23514": "INSERT INTO marked VALUES (0)",  # SQLITE_CONSTRAINT_CHECK
    "23502": "INSERT INTO marked VALUES (NULL)",  # SQLITE_CONSTRAINT_NOTNULL
    "54000": "SELECT RAISE(ABORT, 'marked')",  # SQLITE_CONSTRAINT_TRIGGER
}


@dataclass
class Desk:
    """A ledger whose store never takes an event with the mark in it."""

    ledger: Ledger

    async def send(self, intake: Intake, source: str, *titles: str) -> Received:
        signals = [{"title": title, "dedup_key": title} for title in titles]
        body = json.dumps(signals).encode()
        return await intake.receive(source, SourceKind.NATIVE, body, {})

    def intake(self) -> Intake:
        return Intake(self.ledger.services)

    def refuse_marked(self, state: str) -> None:
        there = home(self.ledger.settings.data_dir)
        if there is None:
            self._script(
                "CREATE TABLE marked (number INTEGER NOT NULL CHECK (number > 0));"
                "CREATE TRIGGER refuse_marked BEFORE INSERT ON stored_events"
                f" WHEN instr(NEW.state, CAST('{MARK}' AS BLOB)) BEGIN {OF_SQLITE[state]}; END;"
            )
            return
        with there.database.connected() as connection:
            connection.execute(
                "CREATE FUNCTION airledger.refuse_marked() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN IF position('{MARK}'::bytea IN NEW.state) > 0 THEN"
                f" RAISE EXCEPTION 'marked' USING ERRCODE = '{state}';"
                " END IF; RETURN NEW; END $$"
            )
            connection.execute(
                "CREATE TRIGGER refuse_marked BEFORE INSERT ON airledger.stored_events"
                " FOR EACH ROW EXECUTE FUNCTION airledger.refuse_marked()"
            )

    def take_marked(self) -> None:
        there = home(self.ledger.settings.data_dir)
        if there is None:
            self._script("DROP TRIGGER refuse_marked")
            return
        with there.database.connected() as connection:
            connection.execute("DROP TRIGGER refuse_marked ON airledger.stored_events")

    def _script(self, script: str) -> None:
        with closing(sqlite3.connect(self.ledger.settings.ledger_path)) as file:
            file.executescript(script)

    def retry(self, entry: str) -> int:
        store, executor = self.ledger.store, self.ledger.executor
        now = self.ledger.now()
        return quarantine_retry.retry(store, executor, entry, actor="person/1", now=now).recorded


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    ledger = open_ledger(settings_of(tmp_path / "data"))
    try:
        yield Desk(ledger)
    finally:
        ledger.close()


@pytest.mark.parametrize("state", STATES)
def test_what_can_never_be_stored_is_quarantined_and_the_others_of_its_batch_are_recorded(
    desk: Desk, state: str
) -> None:
    desk.refuse_marked(state)

    async def all_at_once() -> list[Received]:
        intake = desk.intake()
        titles = [f"t{n}" if n != 7 else f"t7 {MARK}" for n in range(20)]
        return await asyncio.gather(
            *(desk.send(intake, f"s{number}", title) for number, title in enumerate(titles))
        )

    answers = asyncio.run(all_at_once())

    assert [(1, 0)] * 7 + [(0, 1)] + [(1, 0)] * 12 == [
        (each.recorded, each.quarantined) for each in answers
    ]
    [entry] = desk.ledger.store.quarantine.entries()
    assert ("s7", False) == (entry.source, entry.truncated)
    assert "The store can never hold this" in entry.parts[0].reason
    with pytest.raises(NeverStorable):
        desk.retry(entry.id)
    desk.take_marked()
    assert 1 == desk.retry(entry.id)


@pytest.mark.parametrize("number", [5, 2_100])
def test_of_a_body_only_the_signal_that_can_never_be_stored_is_not_recorded(
    desk: Desk, number: int
) -> None:
    desk.refuse_marked("23514")
    titles = [f"t{n}" for n in range(number)]
    titles[3] = f"t3 {MARK}"

    received = asyncio.run(desk.send(desk.intake(), "s", *titles))

    counts = (received.received, received.recorded, received.quarantined)
    assert (number, number - 1, 1) == counts
    [entry] = desk.ledger.store.quarantine.entries()
    assert f"1 of {number} signals were not recorded" in entry.parts[0].reason
    desk.take_marked()
    assert 1 == desk.retry(entry.id)


def test_an_event_with_an_id_and_a_source_of_a_thousand_characters_each_is_recorded_once(
    desk: Desk,
) -> None:
    rng = random.Random(7)
    text = "".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(2_000))
    body = json.dumps(event(id=text[:1_000], source=text[1_000:])).encode()
    headers = {"content-type": "application/cloudevents+json"}

    async def twice() -> list[int]:
        intake = desk.intake()
        return [
            (await intake.receive("s", SourceKind.CLOUDEVENTS, body, headers)).recorded
            for _ in range(2)
        ]

    assert [1, 0] == asyncio.run(twice())
