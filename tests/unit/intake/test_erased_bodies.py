"""An erasure reaches the kept bodies and quarantine entries in which an erased text stands."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import pytest

from consumers.commands.erasing import Erasure, erase
from consumers.commands.service import Caller
from consumers.container.erasures import erase_again
from consumers.container.ledger import Ledger, open_ledger
from consumers.intake import quarantine, quarantine_retry
from consumers.intake.parsed import Incoming, ParsedBody
from consumers.read_service import quarantine as shown
from ledger.domain.access.deciding import HOST
from ledger.domain.alert import Signal, SignalStatus
from ledger.domain.incident.commands import Note, Report
from ledger.errors import NotFound, Refused
from ledger.execute import Context, RecordSignals, RegisterPerson
from ledger.store.quarantine_records import BODY_ERASED
from ledger.store.side_records import Person, Quarantined, QuarantinePart
from ledger.store.text_records import ERASED_REASON, TextRestored
from ledger.vocabulary import ErasureReason, SourceKind
from tests.harness.commands import command_incident, report_incident
from tests.harness.homes import settings_of

ANN = "person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3d"
BOB = "person/019d5c3e-7a00-7000-8000-000000000001"
TEXT = 'Zo\u00eb <zoe@example.com> said "no"\n\U0001f525 \\ twice'
NOW = datetime(2026, 11, 1, tzinfo=UTC)
BY_BOB = Caller(actor=BOB, token="bob", asker=HOST)
GO = str.maketrans({"<": "\\u003c", ">": "\\u003e"})
FORMS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "ascii": lambda text: json.dumps({"a": text}).encode(),
    "json": lambda text: json.dumps({"a": text}, ensure_ascii=False).encode(),
    "go": lambda text: json.dumps({"a": text}, ensure_ascii=False).translate(GO).encode(),
}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """With an incident whose title Ann wrote, and a note of Bob's."""
    with closing(open_ledger(settings_of(tmp_path / "data"))) as ledger:
        for person, name in ((ANN, "Ann"), (BOB, "Bob")):
            named = RegisterPerson(person=Person(id=person, name=name))
            ledger.executor.execute(named, ledger.services.context())
        reported = report_incident(incident=UUID(int=1), report=Report(title=TEXT, system="chat"))
        ledger.executor.execute(reported, ledger.services.context(ANN))
        noted = command_incident(incident=UUID(int=1), command=Note(text="What Bob thinks"))
        ledger.executor.execute(noted, ledger.services.context(BOB))
        yield ledger


def set_aside(
    ledger: Ledger, entry: str, body: bytes, reason: str = "no list", **headers: str
) -> str:
    """Puts a body into quarantine; its digest."""
    digest = hashlib.sha256(body).hexdigest()
    incoming = Incoming(source="am", body=body, digest=digest, arrived_at=NOW, headers=headers)
    refused = ParsedBody(refused=(QuarantinePart(index=None, reason=reason),))
    writes = quarantine.side_writes_for(
        ledger.store, refused, incoming, SourceKind.ALERTMANAGER, entry
    )
    context = Context(at=NOW, actor="source/am", source="source/am", correlation=entry)
    ledger.executor.execute(RecordSignals(source="am", notes=writes), context)
    return digest


def erased(ledger: Ledger, **what: str) -> None:
    body = Erasure(reason=ErasureReason.REQUEST, **what)
    recorded = erase(ledger.services, BY_BOB, body)
    assert recorded.recorded
    assert recorded.done


def entry_of(ledger: Ledger, name: str) -> Quarantined:
    return quarantine.find(ledger.store, name)


def content(ledger: Ledger, digest: str) -> bytes:
    body = ledger.store.quarantine.body(digest)
    assert body is not None
    return body.content


@pytest.mark.parametrize("form", FORMS)
def test_a_body_is_erased_in_whichever_form_the_text_stands_there(
    ledger: Ledger, form: str
) -> None:
    digest = set_aside(ledger, "q1", b"before " + FORMS[form](TEXT) + b" behind")
    other = set_aside(ledger, "q2", FORMS[form]("What Bob thinks"))
    before, untouched = entry_of(ledger, "q1"), entry_of(ledger, "q2")

    erased(ledger, person=ANN)

    found = entry_of(ledger, "q1")
    assert found.body_erased
    assert [BODY_ERASED] == [part.reason for part in found.parts]
    kept = ("state", "source", "arrived_at", "last_seen_at", "digest", "size", "seen")
    assert [getattr(before, name) for name in kept] == [getattr(found, name) for name in kept]
    assert b"" == content(ledger, digest)
    assert untouched == entry_of(ledger, "q2")
    assert b"What Bob thinks" in content(ledger, other)


def test_what_an_erased_entry_shows_and_that_it_is_only_dismissed(ledger: Ledger) -> None:
    set_aside(ledger, "q1", FORMS["json"](TEXT))
    erased(ledger, person=ANN)

    view = shown.entry(ledger.store, "q1")
    assert ("", 0, BODY_ERASED, False) == (
        view.body,
        view.body_omitted,
        view.warning,
        view.altered,
    )
    with pytest.raises(NotFound, match="was erased"):
        quarantine.body_for_download(ledger.store, entry_of(ledger, "q1"))
    with pytest.raises(Refused) as refusal:
        quarantine_retry.retry(ledger.store, ledger.executor, "q1", actor=BOB, now=NOW)
    assert "body_erased" == refusal.value.rule
    quarantine_retry.dismiss(
        ledger.store, ledger.executor, "q1", actor=BOB, reason="Erased.", now=NOW
    )
    found = entry_of(ledger, "q1")
    assert ("dismissed", "Erased.", True) == (found.state, found.close_reason, found.body_erased)


@pytest.mark.parametrize("where", ["reason", "header", "encoded header"])
def test_an_entry_that_quotes_the_text_goes_with_its_body(ledger: Ledger, where: str) -> None:
    title = "Calls of Ann"
    erase_me = report_incident(incident=UUID(int=2), report=Report(title=title, system="chat"))
    ledger.executor.execute(erase_me, ledger.services.context(ANN))
    quoted = {"header": title, "encoded header": "Calls%20of%20Ann"}.get(where, "no")
    reason = f"system is no {title!r}" if where == "reason" else "no list"
    headers = {"ce-subject": quoted}
    digest = set_aside(ledger, "q1", b"{}", reason, **headers)

    erased(ledger, incident=str(UUID(int=2)))

    found = entry_of(ledger, "q1")
    assert found.body_erased
    assert {} == found.headers
    assert b"" == content(ledger, digest)


def test_one_text_takes_its_bodies_and_no_others(ledger: Ledger) -> None:
    digests = [set_aside(ledger, "q1", TEXT.encode()), set_aside(ledger, "q2", b"What Bob thinks")]
    [text] = [row.id for row in ledger.store.texts.of_author(BOB, "", 9)]

    erased(ledger, text=text)

    assert [TEXT.encode(), b""] == [content(ledger, each) for each in digests]


def test_every_entry_of_an_erased_body_says_so_and_short_texts_reach_none(ledger: Ledger) -> None:
    body = TEXT.encode()
    for entry, subject in (("q1", "one"), ("q2", "two")):
        set_aside(ledger, entry, body, **{"ce-subject": subject})
    short = command_incident(incident=UUID(int=1), command=Note(text="timeout"))
    ledger.executor.execute(short, ledger.services.context(ANN))
    other = set_aside(ledger, "q3", b"a timeout of 7 letters")

    erased(ledger, person=ANN)

    assert [True, True, False] == [
        entry_of(ledger, each).body_erased for each in ("q1", "q2", "q3")
    ]
    assert b"timeout" in content(ledger, other)


def test_many_bodies_and_entries_are_all_looked_at(ledger: Ledger) -> None:
    bodies = [b"%d %s" % (n, TEXT.encode() if n % 7 == 0 else b"else") for n in range(230)]
    digests = [set_aside(ledger, f"q{n}", body) for n, body in enumerate(bodies)]

    erased(ledger, person=ANN)

    for n, digest in enumerate(digests):
        assert (
            (n % 7 == 0)
            is entry_of(ledger, f"q{n}").body_erased
            is (content(ledger, digest) == b"")
        )


def test_the_reason_for_which_an_erased_person_closed_an_entry_is_gone(ledger: Ledger) -> None:
    for entry, by in (("q1", ANN), ("q2", BOB)):
        set_aside(ledger, entry, entry.encode())
        quarantine_retry.dismiss(
            ledger.store, ledger.executor, entry, actor=by, reason="As Zo\u00eb says", now=NOW
        )

    erased(ledger, person=ANN)

    assert [ERASED_REASON, "As Zo\u00eb says"] == [
        entry_of(ledger, each).close_reason for each in ("q1", "q2")
    ]


@pytest.mark.only_on("sqlite", "the files of PostgreSQL are its server's")
@pytest.mark.parametrize("what", ["person", "text", "incident"])
def test_what_was_erased_is_looked_for_in_the_files_whatever_named_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    [text] = [row.id for row in ledger.store.texts.of_author(ANN, "", 9)]
    looked_for: list[bytes] = []

    def remains(needles: Sequence[bytes]) -> bool:
        looked_for.extend(needles)
        return False

    monkeypatch.setattr(ledger.store, "remains", remains)
    erased(ledger, **{what: {"person": ANN, "text": text, "incident": str(UUID(int=1))}[what]})

    assert TEXT.encode() in looked_for
    assert ("person" == what) == (b"Ann" in looked_for)
    assert ("incident" == what) == (b"What Bob thinks" in looked_for)


def test_after_a_restore_bodies_go_with_what_is_erased_again(ledger: Ledger) -> None:
    rows = ledger.store.texts.of_author(ANN, "", 9)
    erased(ledger, person=ANN)
    ledger.store.append([], [TextRestored(row=row) for row in rows])
    digest = set_aside(ledger, "q1", FORMS["json"](TEXT))

    assert 1 == erase_again(ledger.store, lambda: ledger.services)

    assert {} == ledger.store.texts.readable([row.id for row in rows])
    assert entry_of(ledger, "q1").body_erased
    assert b"" == content(ledger, digest)
    assert 0 == erase_again(ledger.store, lambda: ledger.services)


def test_what_is_refused_erases_no_body(ledger: Ledger) -> None:
    digest = set_aside(ledger, "q1", TEXT.encode())
    with pytest.raises(NotFound):
        erase(ledger.services, BY_BOB, Erasure(text="none", reason=ErasureReason.REQUEST))

    assert TEXT.encode() == content(ledger, digest)
    assert not entry_of(ledger, "q1").body_erased


class TestAlerts:
    """Bodies with what an alert said: with all of it, for many alerts say some of the same."""

    SAID: ClassVar[dict[str, str]] = {
        "summary": "The pod of Jane Roe restarts",
        "client": "Grafana Cloud",
        "custom_details": '{"user":"jane.roe@a.example"}',
        "runbook": "https://runbooks.example/restarts",
        "n": "3",
    }

    def fire(self, ledger: Ledger, **annotations: str) -> str:
        """An alert that opens an incident; the reference of that."""
        signal = Signal(
            source="am",
            dedup_key="k",
            status=SignalStatus.FIRING,
            title="Restarts",
            labels={"alertname": "Restarts", "severity": "critical", "system": "chat"},
            annotations={**self.SAID, **annotations},
            starts_at=None,
        )
        context = Context(at=NOW, actor="source/am", source="source/am", correlation="c")
        request = RecordSignals(source="am", signals=(signal,))
        [stream] = ledger.executor.execute(request, context).streams
        return stream.partition("/")[2]

    def body(self, **annotations: str) -> bytes:
        """What the sender sent, with JSON in JSON as its client writes it."""
        said = {**self.SAID, **annotations}
        details = json.loads(said.pop("custom_details"))
        return json.dumps({"annotations": said, "payload": {"custom_details": details}}).encode()

    def test_a_body_with_all_that_an_alert_said_goes(self, ledger: Ledger) -> None:
        incident = self.fire(ledger)
        digest = set_aside(ledger, "q1", self.body())
        erased(ledger, incident=incident)
        assert b"" == content(ledger, digest)

    def test_a_body_that_has_some_of_it_stays(self, ledger: Ledger) -> None:
        incident = self.fire(ledger)
        digest = set_aside(ledger, "q1", self.body(summary="Another pod restarts"))
        erased(ledger, incident=incident)
        assert b"Another pod" in content(ledger, digest)
        assert not entry_of(ledger, "q1").body_erased

    def test_an_annotation_that_was_cut_is_found_by_what_is_left_of_it(
        self, ledger: Ledger
    ) -> None:
        long = "Jane Roe says: " + "x" * 500
        incident = self.fire(ledger, summary=f"{long[:300]}\u2026")
        digest = set_aside(ledger, "q1", self.body(summary=long))
        erased(ledger, incident=incident)
        assert b"" == content(ledger, digest)

    def test_a_restored_body_goes_at_the_next_start(self, ledger: Ledger) -> None:
        incident = self.fire(ledger)
        [row] = [row for row in ledger.store.texts.page("", 100) if "Jane" in (row.content or "")]
        erased(ledger, incident=incident)
        digest = set_aside(ledger, "q1", self.body())
        ledger.store.append([], [TextRestored(row=row)])
        assert 1 == erase_again(ledger.store, lambda: ledger.services)
        assert b"" == content(ledger, digest)
