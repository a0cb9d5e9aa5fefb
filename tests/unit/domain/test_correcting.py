"""Corrections of what commands wrote: each under the rules that it was first stated under."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from ledger.domain.codec import Codec
from ledger.domain.envelope import MAX_EVENT_BYTES
from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.state import evolve
from ledger.domain.incident.written import WRITTEN, fields_of, names
from ledger.errors import Invalid
from ledger.policy import parse_policy
from tests.golden.envelope import recorded
from tests.harness.texts import INLINE
from tests.unit.domain.story import DETECTED_AT, DUE, LATE, NOW, Told, detected, folded, given

AT = DETECTED_AT + timedelta(hours=1)
RCA = e.RcaCompleted(at=AT, summary="s", root_cause="r", actions=("a", "b"))
WITHOUT_TEXT = {"report", "rca/start", "assign", "acknowledge"}
"""Commands whose words have names of their own (`title`), or that are given anew."""
CONTAINED = e.Contained(at=AT, action="Traffic movd")
TOLD = e.Communicated(at=AT, audience="users", message="We know")


def amend(field: str, to: str | None, now: datetime = NOW, *past: e.IncidentEvent) -> Told:
    return given(detected(), *past).when(c.Amend(field=field, to=to, reason="r"), now=now)


def amended(field: str, before: str | None, to: str | None, **more: object) -> e.Amended:
    return msgspec.structs.replace(
        e.Amended(at=NOW, field=field, from_=before, to=to, reason="r"), **more
    )


def test_every_command_of_an_incident_writes_what_can_be_corrected() -> None:
    covered = {each.command for each in WRITTEN}
    missing = [
        name
        for name, of in INCIDENT.commands.items()
        if name not in WITHOUT_TEXT and of.body not in covered
    ]
    assert [] == missing
    assert all(fields_of(each.event) for each in WRITTEN)
    assert {"contain.at", "rca.actions", "note.text", "waive.reason", "amend.reason"} <= set(
        names()
    )


def test_a_correction_names_the_event_and_keeps_the_old_text() -> None:
    after = amend("contain.action", "Traffic moved", NOW, CONTAINED).then(
        amended("contain.2.action", "Traffic movd", "Traffic moved")
    )
    assert after.contained is not None
    assert "Traffic moved" == after.contained.action


def test_a_second_correction_starts_from_the_first() -> None:
    first = amended("contain.2.action", "Traffic movd", "Traffic moved")
    amend("contain.action", "All moved", NOW, CONTAINED, first).then(
        amended("contain.2.action", "Traffic moved", "All moved")
    )


def test_a_former_dismissal_is_corrected_without_the_one_in_force() -> None:
    dismissed = (
        e.Dismissed(at=AT, reason="A drll"),
        e.Reopened(at=AT, reason="It was none"),
        e.Dismissed(at=AT, reason="A test"),
    )
    after = amend("dismiss.2.reason", "A drill", NOW, *dismissed).then(
        amended("dismiss.2.reason", "A drll", "A drill")
    )
    assert "A test" == after.dismissed_for


def test_of_several_the_newest_is_corrected_and_a_number_names_another() -> None:
    past = (TOLD, CONTAINED, e.Communicated(at=AT, audience="users", message="We know more"))
    amend("communicate.message", "x", NOW, *past).then(
        amended("communicate.4.message", "We know more", "x")
    )
    amend("communicate.2.message", "x", NOW, *past).then(
        amended("communicate.2.message", "We know", "x")
    )


@pytest.mark.parametrize("field", ["communicate.3.message", "communicate.9.message", "note.text"])
def test_what_was_never_recorded_is_not_corrected(field: str) -> None:
    amend(field, "x", NOW, TOLD, CONTAINED).refused("nothing_to_correct")


@pytest.mark.parametrize(
    ("field", "to", "wrong"),
    [
        ("contain.nothing", "x", "field"),
        ("nothing.action", "x", "field"),
        ("classify.category", "data_breach", "field"),
        ("assign.owner", "person/1", "field"),
        ("contain.action", "", "to"),
        ("contain.action", None, "to"),
        ("contain.action", " ", "to"),
        ("contain.action", "x" * 10_001, "to"),
        ("contain.at", "yesterday", "to"),
        ("contain.at", "2026-03-10T08:00:00", "to"),
        ("contain.at", None, "to"),
        ("ticket.url", "javascript:alert(1)", "to"),
    ],
)
def test_a_value_that_the_command_would_not_take_is_invalid(
    field: str, to: str | None, wrong: str
) -> None:
    ticket = e.TicketOpened(at=AT, url="https://t.example/1")
    error = amend(field, to, NOW, CONTAINED, ticket).fails(Invalid)
    assert isinstance(error, Invalid)
    assert [wrong] == [name for name, _ in error.errors]


def test_the_same_value_is_nothing_to_do() -> None:
    amend("contain.action", "Traffic movd", NOW, CONTAINED).nothing()
    amend("contain.at", AT.isoformat(), NOW, CONTAINED).nothing()
    amend("rca.actions", "a\n\n b \n", NOW, RCA).nothing()
    amend("notify.receipt", "", NOW, e.RiskManagerNotified(at=AT, channel="c")).nothing()


def test_a_list_has_a_text_on_each_line() -> None:
    after = amend("rca.actions", "a\nc\n", NOW, RCA).then(amended("rca.2.actions", "a\nb", "a\nc"))
    corrected = after.written.events[2]
    assert isinstance(corrected, e.RcaCompleted)
    assert ("a", "c") == corrected.actions


def test_a_corrected_time_moves_its_step_unless_a_later_event_has_it() -> None:
    later = e.Communicated(at=NOW, audience="all", message="m")
    text = "2026-03-10T08:30:00Z"
    [newest] = amend("communicate.at", text, NOW, TOLD, later).decided()
    [older] = amend("communicate.2.at", text, NOW, TOLD, later).decided()
    assert isinstance(newest, e.Amended)
    assert isinstance(older, e.Amended)
    assert ("communicate", msgspec.UNSET) == (newest.moves, older.moves)


def test_the_completion_of_an_rca_lies_between_detection_and_now() -> None:
    amend("rca.at", "2026-03-10T07:59:59Z", NOW, RCA).refused("rca_after_detection")
    amend("rca.at", "2026-03-10T10:05:00Z", NOW, RCA).refused("not_in_the_future")
    [event] = amend("rca.at", "2026-03-10T10:30:00+01:00", NOW, RCA).decided()
    assert isinstance(event, e.Amended)
    to = datetime.fromisoformat("2026-03-10T09:30:00Z")
    assert ("2026-03-10T09:30:00Z", "rca", to) == (event.to, event.moves, event.rca_completed_at)
    after = evolve(folded(detected(), RCA), event)
    assert to == after.rca_completed_at


def test_a_completion_corrected_to_after_its_due_time_records_no_mark() -> None:
    told = amend("rca.at", (DUE + timedelta(minutes=1)).isoformat(), LATE, RCA)
    [event] = told.decided()
    assert isinstance(event, e.Amended)
    after = evolve(folded(detected(), RCA), event)
    assert (DUE + timedelta(minutes=1), frozenset()) == (
        after.rca_completed_at,
        after.overdue_marked,
    )


def test_detection_is_not_corrected_to_after_the_corrected_completion() -> None:
    [event] = amend("rca.at", "2026-03-10T08:30:00Z", NOW, RCA).decided()
    past = given(detected(), RCA, event)
    late = c.Amend(field="detected_at", to="2026-03-10T08:45:00Z", reason="r")
    past.when(late).refused("rca_after_detection")


@pytest.mark.parametrize(
    "end",
    [
        e.Closed(at=NOW),
        e.Dismissed(at=NOW, reason="r"),
        e.Merged(at=NOW, into=UUID(int=9), reason="r"),
    ],
    ids=["closed", "dismissed", "merged"],
)
def test_what_was_written_is_corrected_whatever_became_of_the_incident(
    end: e.IncidentEvent,
) -> None:
    assert 1 == len(amend("communicate.message", "x", NOW, TOLD, end).decided())


def test_a_reason_is_corrected_and_so_is_that_of_a_correction() -> None:
    first = amended("contain.2.action", "Traffic movd", "Traffic moved")
    amend("amend.reason", "A typing error", NOW, CONTAINED, first).then(
        amended("amend.3.reason", "r", "A typing error")
    )
    merged = e.Merged(at=NOW, into=UUID(int=9), reason="r")
    amend("merge.reason", "The same leak", NOW, merged).then(
        amended("merge.2.reason", "r", "The same leak")
    )


def test_what_repeats_a_corrected_command_is_nothing_to_do() -> None:
    ticket = e.TicketOpened(at=AT, url="https://t.example/1")
    [event] = amend("ticket.url", "https://t.example/2", NOW, ticket).decided()
    past = given(detected(), ticket, event)
    past.when(c.OpenTicket(url="https://t.example/2")).nothing()
    assert 1 == len(past.when(c.OpenTicket(url="https://t.example/1")).decided())


def test_a_correction_of_long_texts_fits_an_event_and_says_what_was_cut() -> None:
    old, new = "漢" * 10_000, "字" * 10_000
    past = given(detected(), e.Noted(at=AT, text=old))
    command = c.Amend(field="note.text", to=new, reason="r")
    [event] = past.when(command, policy=parse_policy(INLINE)).decided()
    assert isinstance(event, e.Amended)
    assert (True, new) == (event.shortened, event.to)
    assert str(event.from_).startswith("漢漢")
    stored = Codec([e.Amended]).encode(recorded(event))
    assert len(stored) <= MAX_EVENT_BYTES
    [beside] = past.when(command).decided()
    assert isinstance(beside, e.Amended)
    assert (msgspec.UNSET, old) == (beside.shortened, beside.from_)


def test_a_note_is_taken_whatever_the_status_and_changes_nothing() -> None:
    for past in ((), (e.Closed(at=NOW),), (e.Dismissed(at=NOW, reason="r"),)):
        before = given(detected(), *past)
        after = before.when(c.Note(text="Heard of it")).then(e.Noted(at=NOW, text="Heard of it"))
        assert before.state == msgspec.structs.replace(after, written=before.state.written)


def test_the_reason_of_a_close_is_replaced_by_another_and_not_by_nothing() -> None:
    closed = e.Closed(at=AT, reason="Its sensor is broken")
    error = amend("close.reason", "", NOW, closed).fails(Invalid)
    assert "a reason that was given is replaced by another one" in error.message
    amend("close.reason", "The sensor was replaced", NOW, closed).then(
        amended("close.2.reason", "Its sensor is broken", "The sensor was replaced")
    )
