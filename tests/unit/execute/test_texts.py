"""What persons write lies beside the log where the policy says so, and can be erased."""

import hmac
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
import pytest

from ledger.domain.access.deciding import HOST, Asker
from ledger.domain.access.roles import BreakGlass, JoinPersons
from ledger.domain.incident import commands as c
from ledger.domain.text import OutsideText, outside_texts
from ledger.errors import Forbidden, Invalid, NotFound
from ledger.execute import EraseSubject, Outcome, RegisterPerson
from ledger.store.side_records import Body, Person, Session, SessionGrant
from ledger.vocabulary import ActsBy, ErasureReason, Scope
from tests.harness.commands import command_incident
from tests.harness.texts import BESIDE, INLINE
from tests.unit.execute.desk import Desk, once
from tests.unit.execute.people import ADMIN, BOSS, adopt, change, send

ANN = "person/5f0c8f7e-0d62-4a63-9a5c-8a5e5c1a2b3d"
BOB = "person/019d5c3e-7a00-7000-8000-000000000001"
EVE = "person/019d5c3e-7a00-7000-8000-000000000002"

TWO = BESIDE.replace("two_people = false", "two_people = true")
WRITER = Asker(scopes=frozenset({Scope.OPERATE}), by=ActsBy.PROVIDER)


@pytest.fixture
def beside(desk: Desk) -> Desk:
    """A desk whose policy has texts of persons beside the log, with an incident of Ann's."""
    for person, name in ((ANN, "Ann"), (BOB, "Bob"), (EVE, "Eve")):
        desk.executor.execute(RegisterPerson(person=Person(id=person, name=name)), desk.context())
    desk.report(title="Canary title", actor=ANN)
    return desk


def texts_in(desk: Desk, at: int = -1) -> list[OutsideText]:
    """The texts beside the log of an event, by default of the last."""
    return list(outside_texts(desk.events()[at].event))


def contents(desk: Desk, at: int = -1) -> list[str]:
    """What they say."""
    found = desk.store.texts.readable([each.text for each in texts_in(desk, at)])
    return [found[each.text] for each in texts_in(desk, at)]


def erase(desk: Desk, *, by: str = BOSS, asker: Asker = ADMIN, **what: Any) -> Outcome:
    """An erasure at a person's request."""
    request = EraseSubject(reason=ErasureReason.REQUEST, asker=asker, **what)
    return desk.executor.execute(request, desk.context(actor=by))


class TestBeside:
    """The event has a commitment; the row has text, key, stream and author."""

    def test_an_event_has_a_commitment_in_place_of_the_text(self, beside: Desk) -> None:
        [title] = texts_in(beside)
        row = beside.store.texts.rows([title.text])[title.text]
        assert ("Canary title", ANN) == (row.content, row.author)
        assert beside.events()[-1].stream == row.stream
        assert row.key is not None
        made = hmac.new(row.key, b"Canary title", sha256).hexdigest()
        assert made == title.commitment
        assert b"Canary" not in b"".join(
            entry.stored for entry in beside.store.read(0, 100, sealed=False)
        )

    def test_two_equal_texts_have_other_keys_and_ids(self, beside: Desk) -> None:
        for number in (2, 3):
            beside.report(number, title="The same", actor=ANN)
        [one], [other] = texts_in(beside, -2), texts_in(beside, -1)
        assert one.text != other.text
        assert one.commitment != other.commitment

    def test_without_the_key_texts_stand_in_the_event(self, desk: Desk) -> None:
        adopt(desk, INLINE)
        desk.report(title="Plain", actor=ANN)
        assert [] == texts_in(desk)
        assert ["So."] == [row.content for row in desk.store.texts.page("", 10)]
        assert "Plain" == desk.events()[-1].event.title  # type: ignore[attr-defined]

    def test_a_list_has_a_text_for_each_of_its_own(self, beside: Desk) -> None:
        actions = ["First.", "Second."]
        rca = c.CompleteRca(summary="So.", root_cause="A cache.", actions=actions)
        send(beside, 1, rca, ANN)
        assert {"So.", "A cache.", "First.", "Second."} <= set(contents(beside))

    def test_a_text_without_utf8_is_refused(self, beside: Desk) -> None:
        with pytest.raises(Invalid, match="UTF-8"):
            send(beside, 1, c.Note(text="\ud800"), ANN)

    def test_an_empty_text_stays_in_the_event(self, beside: Desk) -> None:
        assert "" == beside.events()[-1].event.description  # type: ignore[attr-defined]

    def test_the_digest_of_a_body_is_keyed_beside_a_commitment(self, beside: Desk) -> None:
        beside.report(2, title="Guess me", actor=ANN, body_digest="0" * 64)
        [title] = texts_in(beside)
        key = beside.store.texts.rows([title.text])[title.text].key
        assert key is not None
        keyed = hmac.digest(key, b"0" * 64, "sha256").hex()
        assert f"hmac:{keyed}" == beside.events()[-1].body_digest

    def test_there_is_none_where_no_text_came_with_the_event(self, beside: Desk) -> None:
        beside.command(1, c.StartRca(), actor=ANN, body_digest="0" * 64)
        assert beside.events()[-1].body_digest is None

    def test_what_is_refused_leaves_no_text(self, beside: Desk) -> None:
        before = len(beside.store.texts.page("", 100))
        with pytest.raises(NotFound):
            send(beside, 99, c.Note(text="Nowhere"), ANN)
        assert before == len(beside.store.texts.page("", 100))


class TestCompared:
    """A text that is repeated is known by what it says; an erased one equals every text."""

    def test_a_correction_to_the_same_is_nothing_to_do(self, beside: Desk) -> None:
        amend = c.Amend(field="title", to="Canary title", reason="Again.")
        assert 0 == send(beside, 1, amend, BOB).events

    def test_a_correction_names_the_old_text_by_its_id(self, beside: Desk) -> None:
        [title] = texts_in(beside)
        send(beside, 1, c.Amend(field="title", to="Another", reason="Wrong."), BOB)
        amended: Any = beside.events()[-1].event
        assert title == amended.from_
        assert ["Another", "Wrong."] == [
            beside.store.texts.readable([each.text])[each.text]
            for each in (amended.to, amended.reason)
        ]

    @pytest.mark.parametrize("field", ["severity", "system", "detected_at", "external_id"])
    def test_what_is_no_free_text_stays_in_the_event(self, beside: Desk, field: str) -> None:
        to = {"severity": "low", "detected_at": "2026-03-01T11:00:00Z"}.get(field, "other")
        send(beside, 1, c.Amend(field=field, to=to, reason="Wrong."), BOB)
        amended: Any = beside.events()[-1].event
        assert isinstance(amended.to, str)
        assert isinstance(amended.reason, OutsideText)

    def test_a_list_is_corrected_text_by_text(self, beside: Desk) -> None:
        rca = c.CompleteRca(summary="So.", root_cause="A cache.", actions=["First.", "Second."])
        send(beside, 1, rca, ANN)
        same = c.Amend(field="rca.actions", to="First.\nSecond.", reason="No.")
        assert 0 == send(beside, 1, same, ANN).events
        send(beside, 1, c.Amend(field="rca.actions", to="First.\nThird.", reason="More."), ANN)
        amended: Any = next(
            each.event for each in beside.events()[::-1] if each.event.name.endswith("amended.v1")
        )
        read = beside.store.texts.readable([each.text for each in amended.to])
        assert ["First.", "Third."] == [read[each.text] for each in amended.to]
        assert amended.from_[0] != amended.from_[1]
        again = c.Amend(field="rca.actions", to="First.\nThird.", reason="More.")
        assert 0 == send(beside, 1, again, ANN).events

    @pytest.mark.parametrize(
        "command",
        [
            c.Contain(action="Switched off."),
            c.RecordPreliminaryRca(summary="S", root_cause="R", actions=["One.", "Two."]),
            c.Dismiss(reason="A test."),
        ],
    )
    def test_a_repeat_is_nothing_to_do_also_once_it_is_erased(
        self, beside: Desk, command: Any
    ) -> None:
        assert send(beside, 1, command, ANN).events
        assert 0 == send(beside, 1, command, ANN).events
        erase(beside, person=ANN)
        assert 0 == send(beside, 1, command, BOB).events

    def test_a_correction_of_an_erased_text_is_recorded(self, beside: Desk) -> None:
        erase(beside, person=ANN)
        amend = c.Amend(field="title", to="Canary title", reason="Anew.")
        assert 1 == send(beside, 1, amend, BOB).events

    def test_a_long_text_is_not_cut(self, beside: Desk) -> None:
        long = "ä" * 10_000
        send(beside, 1, c.Note(text=long), ANN)
        send(beside, 1, c.Amend(field="note.text", to="x" * 10_000, reason="y" * 9_000), ANN)
        amended: Any = beside.events()[-1].event
        assert amended.shortened is msgspec.UNSET
        assert long == beside.store.texts.readable([amended.from_.text])[amended.from_.text]


class TestErasing:
    """All of a person, or one text, is unreadable from the commit on."""

    def test_a_person_has_neither_texts_nor_name_any_more(self, beside: Desk) -> None:
        send(beside, 1, c.Note(text="Bob's"), BOB)
        outcome = erase(beside, person=ANN)
        assert (1, True) == (outcome.events, outcome.done)
        event: Any = beside.events()[-1].event
        assert ("subject.erased.v1", ANN, 1) == (event.name, event.person, len(event.texts))
        rows = beside.store.texts.rows(event.texts)
        assert [(None, None)] == [(row.content, row.key) for row in rows.values()]
        name = beside.store.access.person(ANN)
        assert name is not None
        assert "Ann" not in name.name
        assert ["Bob's"] == contents(beside, -2)

    def test_again_is_nothing_to_do_until_there_is_more(self, beside: Desk) -> None:
        erase(beside, person=ANN)
        assert 0 == erase(beside, person=ANN).events
        send(beside, 1, c.Note(text="More"), ANN)
        assert 1 == erase(beside, person=ANN).events

    def test_one_text_alone(self, beside: Desk) -> None:
        send(beside, 1, c.Note(text="Keep"), ANN)
        send(beside, 1, c.Note(text="Go"), ANN)
        [text] = texts_in(beside)
        erase(beside, text=text.text)
        assert ["Keep"] == contents(beside, -3)
        assert {} == beside.store.texts.readable([text.text])
        assert 0 == erase(beside, text=text.text).events

    def test_every_id_of_the_human_is_erased(self, beside: Desk) -> None:
        change(beside, JoinPersons(person=ANN, other=EVE))
        send(beside, 1, c.Note(text="As Eve"), EVE)
        assert 2 == erase(beside, person=EVE).events
        assert [] == [row for row in beside.store.texts.page("", 100) if row.content]

    def test_unknown_ones_are_not_found(self, beside: Desk) -> None:
        with pytest.raises(NotFound):
            erase(beside, person="person/019d5c3e-7a00-7000-8000-00000000ffff")
        with pytest.raises(NotFound):
            erase(beside, text="none")

    @pytest.mark.parametrize("scope", set(Scope) - {Scope.ADMIN})
    def test_it_needs_scope_admin(self, beside: Desk, scope: Scope) -> None:
        with pytest.raises(Forbidden):
            erase(beside, asker=Asker(scopes=frozenset({scope}), by=ActsBy.PROVIDER), person=ANN)

    def test_with_two_people_the_second_erases(self, beside: Desk) -> None:
        adopt(beside, TWO, BOB, ADMIN)
        adopt(beside, TWO, EVE, ADMIN)
        first = erase(beside, by=BOB, person=ANN)
        again = erase(beside, by=BOB, person=ANN)
        assert (1, False, 0, False) == (first.events, first.done, again.events, again.done)
        assert ["Canary title"] == [row.content for row in beside.store.texts.page("", 1)]
        second = erase(beside, by=EVE, person=ANN)
        assert (1, True) == (second.events, second.done)
        event: Any = beside.events()[-1].event
        assert BOB == event.proposed_by
        assert [None] == [row.content for row in beside.store.texts.page("", 1)]

    def test_with_two_people_the_second_erases_the_bodies(self, beside: Desk) -> None:
        beside.store.append([], [Body(digest="d", content=b"Canary title", size=12)])
        adopt(beside, TWO, BOB, ADMIN)
        adopt(beside, TWO, EVE, ADMIN)
        for by, content in ((BOB, b"Canary title"), (EVE, b"")):
            erase(beside, by=by, person=ANN, bodies=("d",))
            assert Body(digest="d", content=content, size=12) == beside.store.quarantine.body("d")

    def test_where_nothing_is_to_be_done_no_body_is_erased(self, beside: Desk) -> None:
        erase(beside, person=ANN)
        body = Body(digest="d", content=b"Canary title", size=12)
        beside.store.append([], [body])
        assert 0 == erase(beside, person=ANN, bodies=("d",)).events
        assert body == beside.store.quarantine.body("d")

    def test_a_token_is_no_second_person(self, beside: Desk) -> None:
        adopt(beside, TWO, BOB, ADMIN)
        adopt(beside, TWO, EVE, ADMIN)
        erase(beside, by=BOB, person=ANN)
        token = Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.TOKEN)
        assert not erase(beside, by=EVE, asker=token, person=ANN).done

    def test_with_the_glass_broken_the_host_erases_alone(self, beside: Desk) -> None:
        adopt(beside, TWO, BOB, ADMIN)
        adopt(beside, TWO, EVE, ADMIN)
        until = beside.now.replace(hour=13)
        change(beside, BreakGlass(holder=BOSS, reason="Fire.", until=until), asker=HOST)
        assert erase(beside, asker=HOST, person=ANN).done

    def test_sessions_of_the_person_end(self, beside: Desk) -> None:
        for person in (ANN, BOB):
            grant = SessionGrant(
                person=person, by=ActsBy.LINK, scopes=(Scope.READ,), ends_at=beside.now
            )
            session = Session(
                digest=person, token="", begun_at=beside.now, seen_at=beside.now, grant=grant
            )
            beside.store.append([], [session])
        erase(beside, person=ANN)
        assert [BOB] == [each.digest for each in beside.store.access.sessions()]

    def test_answers_under_keys_of_the_streams_are_gone(self, beside: Desk) -> None:
        beside.command(1, c.Note(text="Keyed"), actor=ANN, idempotency=once("k"))
        beside.report(2, title="Other", actor=BOB, idempotency=once("other"))
        erase(beside, person=ANN)
        assert beside.store.idempotency.answer("ann", "k") is None
        assert beside.store.idempotency.answer("ann", "other") is not None

    def test_many_texts_take_several_events(self, beside: Desk) -> None:
        futures = [
            beside.executor.submit(
                _request(c.Note(text=f"Note {number}")), beside.context(actor=ANN)
            )
            for number in range(600)
        ]
        assert all(each.result().events == 1 for each in futures)
        assert 2 == erase(beside, person=ANN).events
        assert [] == [row for row in beside.store.texts.page("", 1_000) if row.content]


def _request(command: Any) -> Any:
    return command_incident(incident=UUID(int=1), command=command)
