"""Texts beside the log under commands, repeats, merges, erasures and restarts in any order."""

import hashlib
import json
import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from consumers.commands.erasing import Erasure, erase
from consumers.commands.service import Caller
from consumers.container.ledger import Ledger, open_ledger
from consumers.intake import quarantine
from consumers.intake.parsed import Incoming, ParsedBody
from ledger.domain.access.deciding import HOST
from ledger.domain.alert import ALERT, Signal, SignalStatus
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded, kind_of, uuid_of
from ledger.domain.incident import commands as c
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.subject import SubjectErased
from ledger.domain.text import commitment_to, outside_texts
from ledger.errors import Refused
from ledger.execute import (
    Context,
    ExecuteCommand,
    Idempotency,
    Outcome,
    RecordSignals,
    RegisterPerson,
)
from ledger.store.side_records import Person, QuarantinePart
from ledger.store.text_reads import RecordTexts
from ledger.store.text_records import TextRow
from ledger.vocabulary import ErasureReason, SourceKind
from projections.catalogue import PROJECTIONS
from projections.engine import digest, rebuild
from projections.engine.generations import live_table
from projections.incident_words import INCIDENT_WORDS
from tests.harness.commands import command_incident, merge_incidents, report_incident
from tests.harness.homes import leave, settings_of

PEOPLE = [f"person/019d5c3e-7a00-7000-8000-00000000000{n}" for n in range(4)]
WRITERS = st.sampled_from(PEOPLE[:3])
BOSS = Caller(actor=PEOPLE[3], token="boss", asker=HOST)
ANY = st.integers(0, 30)
ENDS = st.sampled_from(["", "s", ' "<\u00e9>"\n', "\0 \U0001f525 \\"])
NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Keyed(NamedTuple):
    """A command that somebody sent, under an idempotency key if that is not empty."""

    request: ExecuteCommand
    by: str
    key: str


class Erasing(RuleBasedStateMachine):
    """A ledger on a store of its own; every text is another one, and begins with "canary"."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp()) / "data"
        self.ledger = self.opened()
        self.numbers = 0
        self.incidents: list[UUID] = []
        self.keyed: list[Keyed] = []
        for person in PEOPLE:
            named = RegisterPerson(person=Person(id=person, name=f"canary {person}"))
            self.ledger.executor.execute(named, self.ledger.services.context())

    def opened(self) -> Ledger:
        return open_ledger(settings_of(self.directory))

    def teardown(self) -> None:
        self.read_models_are_the_same_after_a_rebuild()
        self.ledger.close()
        leave(self.directory)
        shutil.rmtree(self.directory.parent)

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def text(self, end: str) -> str:
        """A text that nothing else has."""
        return f"canary {self.number()}.{end}"

    def send(self, request: ExecuteCommand, by: str) -> bool:
        """Sends a command under a key, and the same again; whether it was not refused."""
        keyed = Keyed(request, by, f"key {self.number()}")
        try:
            self.execute(keyed)
        except Refused:
            return False
        self.keyed.append(keyed)
        self.repeated(keyed)
        return True

    def execute(self, keyed: Keyed) -> Outcome:
        once = Idempotency(token=keyed.by, key=keyed.key, request="same")
        context = Context(
            at=self.ledger.now(),
            actor=keyed.by,
            source="airledger",
            correlation="c",
            idempotency=once if keyed.key else None,
        )
        return self.ledger.executor.execute(keyed.request, context)

    def repeated(self, keyed: Keyed) -> None:
        """Sends a command that was taken before: nothing is to be done."""
        size = self.ledger.store.size()
        assert 0 == self.execute(keyed).events
        assert size == self.ledger.store.size()

    def incident(self, number: int) -> UUID:
        return self.incidents[number % len(self.incidents)]

    @rule(by=WRITERS, end=ENDS)
    def somebody_reports(self, by: str, end: str) -> None:
        incident = UUID(int=self.number())
        report = c.Report(title=self.text(end), description=self.text(end), system="chat")
        assert self.send(report_incident(incident=incident, report=report), by)
        self.incidents.append(incident)

    @precondition(lambda self: self.incidents)
    @rule(number=ANY, by=WRITERS, end=ENDS)
    def somebody_notes(self, number: int, by: str, end: str) -> None:
        note = c.Note(text=self.text(end))
        self.send(command_incident(incident=self.incident(number), command=note), by)

    @precondition(lambda self: self.incidents)
    @rule(number=ANY, by=WRITERS, end=ENDS, field=st.sampled_from(["title", "description"]))
    def somebody_amends(self, number: int, by: str, end: str, field: str) -> None:
        amend = c.Amend(field=field, to=self.text(end), reason=self.text(end))
        request = command_incident(incident=self.incident(number), command=amend)
        if self.send(request, by):
            self.repeated(Keyed(request, PEOPLE[0], ""))

    @precondition(lambda self: self.incidents)
    @rule(number=ANY, by=WRITERS, end=ENDS)
    def somebody_dismisses(self, number: int, by: str, end: str) -> None:
        dismiss = c.Dismiss(reason=self.text(end))
        request = command_incident(incident=self.incident(number), command=dismiss)
        if self.send(request, by):
            self.repeated(Keyed(request, PEOPLE[0], ""))

    @precondition(lambda self: len(self.incidents) > 1)
    @rule(source=ANY, into=ANY, by=WRITERS, end=ENDS)
    def somebody_merges(self, source: int, into: int, by: str, end: str) -> None:
        one, other = self.incident(source), self.incident(into)
        self.send(merge_incidents(incident=one, into=other, reason=self.text(end)), by)

    @rule(
        key=st.integers(0, 3),
        end=ENDS,
        status=st.sampled_from(SignalStatus),
        titled=st.booleans(),
        severity=st.sampled_from(["critical", "high"]),
    )
    def a_source_signals(
        self, key: int, end: str, status: SignalStatus, titled: bool, severity: str
    ) -> None:
        said = self.text(end).strip()
        signal = Signal(
            source="am",
            dedup_key=f"key {key}",
            status=status,
            title=said if titled else "Slow",
            labels={"alertname": f"A{key % 2}", "system": "chat", "severity": severity},
            annotations={"summary": said, "description": self.text(end), "runbook": said},
            starts_at=None,
            kind=SourceKind.NATIVE,
        )
        context = Context(
            at=self.ledger.now(),
            actor="source/am",
            source="source/am",
            correlation="c",
            body_digest="d" * 64,
        )
        request = RecordSignals(source="am", signals=(signal,))
        outcome = self.ledger.executor.execute(request, context)
        found = map(uuid_of, outcome.streams)
        self.incidents += [each for each in found if each not in self.incidents]

    @precondition(lambda self: self.keyed)
    @rule(number=ANY)
    def a_client_repeats_itself(self, number: int) -> None:
        self.repeated(self.keyed[number % len(self.keyed)])

    @rule(number=ANY, escaped=st.booleans())
    def a_body_with_a_text_is_set_aside(self, number: int, escaped: bool) -> None:
        rows = [row for row in self.rows() if row.content is not None]
        if not rows:
            return
        row = rows[number % len(rows)]
        text = row.content or ""
        if kind_of(row.stream) == ALERT.kind and text.startswith("{"):
            text = " ".join(json.loads(text).values())  # a body of the alert has all of them
        quoted = json.dumps(text, ensure_ascii=escaped)
        body = f"{self.number()} {quoted}".encode()
        incoming = Incoming(
            source="am", body=body, digest=hashlib.sha256(body).hexdigest(), arrived_at=NOW
        )
        refused = ParsedBody(refused=(QuarantinePart(index=None, reason=f"no {quoted}"),))
        writes = quarantine.side_writes_for(
            self.ledger.store, refused, incoming, SourceKind.ALERTMANAGER, f"q{self.number()}"
        )
        request = RecordSignals(source="am", notes=writes)
        self.ledger.executor.execute(request, self.ledger.services.context())

    @precondition(lambda self: self.incidents)
    @rule(number=ANY)
    def a_text_is_erased(self, number: int) -> None:
        rows = self.rows()
        self.erase(text=rows[number % len(rows)].id)

    @rule(person=WRITERS)
    def a_person_is_erased(self, person: str) -> None:
        self.erase(person=person)

    @precondition(lambda self: self.incidents)
    @rule(number=ANY)
    def an_incident_is_erased(self, number: int) -> None:
        self.erase(incident=str(self.incident(number)))

    @rule(number=ANY)
    def an_alert_is_erased(self, number: int) -> None:
        alerts = sorted({row.stream for row in self.rows() if kind_of(row.stream) == ALERT.kind})
        if alerts:
            self.erase(alert=alerts[number % len(alerts)])

    @rule()
    def the_process_starts_again(self) -> None:
        self.ledger.close()
        self.ledger = self.opened()

    def erase(self, **what: str) -> None:
        """Erases, and again, which is nothing to do."""
        body = Erasure(reason=ErasureReason.REQUEST, **what)
        erase(self.ledger.services, BOSS, body)
        assert not erase(self.ledger.services, BOSS, body).recorded
        streams = {each for event in self.erasures() for each in event.streams}
        self.keyed = [
            each for each in self.keyed if INCIDENT.stream(each.request.subject) not in streams
        ]

    def rows(self) -> list[TextRow]:
        return self.ledger.store.texts.page("", 10_000)

    def events(self) -> list[Recorded]:
        entries = self.ledger.store.read(0, 10_000, sealed=False)
        return [CODEC.decode(entry.stored, entry.leaf) for entry in entries]

    def erasures(self) -> list[SubjectErased]:
        return [each.event for each in self.events() if isinstance(each.event, SubjectErased)]

    @invariant()
    def every_text_of_an_event_has_a_row_and_its_commitment_where_it_is_readable(self) -> None:
        rows = {row.id: row for row in self.rows()}
        named = {of.text: of for each in self.events() for of in outside_texts(each.event)}
        assert named.keys() == rows.keys()
        for of_id, row in rows.items():
            assert (row.content is None) is (row.key is None)
            if row.content is not None and row.key is not None:
                assert named[of_id].commitment == commitment_to(row.content, row.key)

    @invariant()
    def what_was_erased_stays_so_and_nothing_else_is(self) -> None:
        erased = {each for event in self.erasures() for each in event.texts}
        assert erased == {row.id for row in self.rows() if row.content is None}

    @invariant()
    def no_event_holds_a_text(self) -> None:
        entries = self.ledger.store.read(0, 10_000, sealed=False)
        assert not any(b"canary" in entry.stored for entry in entries)

    @invariant()
    def no_event_has_a_plain_digest_of_what_a_source_sent(self) -> None:
        entries = self.ledger.store.read(0, 10_000, sealed=False)
        assert not any(b"d" * 64 in entry.stored for entry in entries)

    @precondition(lambda self: self.incidents)
    @rule(number=ANY)
    def an_erased_incident_s_alerts_say_nothing(self, number: int) -> None:
        incident = self.incident(number)
        self.erase(incident=str(incident))
        alerts = (row for row in self.rows() if kind_of(row.stream) == ALERT.kind)
        readable = {row.id: row.stream for row in alerts if row.content is not None}
        found = RecordTexts(self.ledger.store).incidents_by_text(set(readable.values()))
        for by_text in found.values():
            assert not any(incident in by_text[text] for text in by_text.keys() & readable.keys())

    @invariant()
    def what_is_kept_of_bodies_quotes_nothing_that_was_erased(self) -> None:
        readable = [row.content for row in self.rows() if row.content is not None]
        numbers = {each for content in readable for each in re.findall(r"canary (\d+)\.", content)}
        bodies = [each.content.decode() for each in self.ledger.store.quarantine.bodies("", 10_000)]
        entries = self.ledger.store.quarantine.entries()
        reasons = [part.reason for each in entries for part in each.parts]
        for said in (*bodies, *reasons):
            assert set(re.findall(r"canary (\d+)\.", said)) <= numbers
        assert len(bodies) == len(entries)
        assert {each.digest for each in entries if each.body_erased} == {
            each.digest
            for each in self.ledger.store.quarantine.bodies("", 10_000)
            if not each.content
        }

    def read_models_are_the_same_after_a_rebuild(self) -> None:
        self.ledger.seal_and_project()
        words = self.words_of_what_was_erased()
        assert [] == words
        for projection in PROJECTIONS:
            before = digest(self.ledger.views, projection)
            rebuild(
                self.ledger.projector,
                self.ledger.views,
                projection,
                until=self.ledger.store.size(),
            )
            assert before == digest(self.ledger.views, projection)

    def words_of_what_was_erased(self) -> list[str]:
        """Numbers of erased texts that the index of words still has."""
        readable = [row.content for row in self.rows() if row.content is not None]
        numbers = {each for content in readable for each in re.findall(r"canary (\d+)", content)}
        with self.ledger.views.begin() as connection:
            table = live_table(connection, INCIDENT_WORDS)
            assert table is not None
            rows = connection.execute(table.select()).fetchall()
        said = re.findall(r"canary (\d+)", " ".join(str(each) for row in rows for each in row))
        return sorted(set(said) - numbers)


@pytest.mark.usefixtures("tmp_path_factory")
def test_erasing() -> None:
    """On each store."""
    run_state_machine_as_test(
        Erasing, settings=settings(max_examples=15, stateful_step_count=15, deadline=None)
    )
