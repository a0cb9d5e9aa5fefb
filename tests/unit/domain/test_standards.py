"""A law or standard: registered, changed, looked at in time or not, withdrawn (runbook 3, 6)."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.domain import standard as s
from ledger.domain import system as y
from ledger.domain.envelope import stream_id
from ledger.domain.identity import standard_id, system_id
from ledger.domain.stream_type import NOBODY, Appended, Sender
from ledger.errors import Invalid, Refused
from tests.unit.domain.story import POLICY

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
DAY = timedelta(days=1)
LATER = NOW + 30 * DAY
STREAM = s.STANDARD.stream(standard_id("eu_ai_act"))
ADA = Sender("person/ada", frozenset({"person/ada"}))
REGISTER = s.RegisterStandard(standard="eu_ai_act", edition="2024", review_due=LATER)
REGISTERED = s.StandardRegistered(
    at=NOW,
    standard="eu_ai_act",
    title="EU AI Act",
    standard_kind=s.StandardKind.LAW,
    reference="Regulation (EU) 2024/1689",
    version="2024",
    review_due=LATER,
)
CHANGE = s.ChangeStandard(edition="2026", summary="Other deadlines.")
CHANGED = s.StandardChanged(
    at=NOW, version="2026", summary="Other deadlines.", reassess_by=NOW + 30 * DAY
)
REVIEW = s.ReviewStandard(notes="The gazette of March.", review_due=LATER + 90 * DAY)
OVERDUE = s.StandardReviewOverdue(at=LATER, due=LATER)
WITHDRAWN = s.StandardWithdrawn(at=NOW, reason="Repealed.")


def after(*events: s.StandardEvent) -> s.Standard:
    return reduce(s.evolve, events, s.Standard())


def decided(
    command: s.StandardCommand, *events: s.StandardEvent, now: datetime = NOW
) -> tuple[s.StandardEvent, ...]:
    return s.decide(command, after(*events), POLICY, now, ADA)


def refused(command: s.StandardCommand, *events: s.StandardEvent, now: datetime = NOW) -> str:
    with pytest.raises(Refused) as found:
        decided(command, *events, now=now)
    assert found.value.remedy
    return found.value.rule


def over(command: Any, *systems: y.System) -> tuple[Appended, ...]:
    """A command decided with these systems on record, whatever it names."""
    streams = {stream_id("system", system_id(each.system)): each for each in systems}
    names = s.STANDARD.commands["register"].checks(command)
    states: dict[str, Any] = {name: streams.get(name, y.System()) for name in names}
    of = s.STANDARD.commands["register"].decide_over
    assert of is not None
    return of(command, STREAM, {STREAM: s.Standard(), **states}, POLICY, NOW, NOBODY)


class TestRegistering:
    """A standard is on record once, by its id."""

    def test_what_the_command_does_not_say_the_policy_does(self) -> None:
        assert (REGISTERED,) == decided(REGISTER)
        own = replace(REGISTER, title="The Act", standard_kind=s.StandardKind.STANDARD)
        [registered] = decided(own)
        assert isinstance(registered, s.StandardRegistered)
        found = (registered.title, registered.standard_kind)
        assert ("The Act", s.StandardKind.STANDARD) == found

    def test_one_that_the_policy_has_not_names_itself(self) -> None:
        with pytest.raises(Invalid) as found:
            decided(s.RegisterStandard(standard="our_code"))
        assert ["title", "standard_kind"] == [field for field, _ in found.value.errors]
        named = s.RegisterStandard(
            standard="our_code", title="Our code", standard_kind=s.StandardKind.STANDARD
        )
        [registered] = decided(named)
        assert isinstance(registered, s.StandardRegistered)

    def test_the_same_again_is_nothing_to_do_and_another_is_refused(self) -> None:
        assert () == decided(REGISTER, REGISTERED)
        assert "standard_registered" == refused(replace(REGISTER, edition="2025"), REGISTERED)

    def test_a_system_in_scope_is_registered_and_in_use(self) -> None:
        of_chat = replace(REGISTER, systems=["chat"])
        [appended] = over(of_chat, y.System(system="chat"))
        assert (replace(REGISTERED, systems=("chat",)),) == appended.events
        for system in (y.System(), y.System(system="chat", retired=True)):
            with pytest.raises(Refused, match="chat") as found:
                over(of_chat, system)
            assert "standard_for_registered" == found.value.rule

    def test_nobody_looks_in_the_past(self) -> None:
        assert "review_after_now" == refused(replace(REGISTER, review_due=NOW))

    def test_systems_are_named_by_their_own_names_each_once(self) -> None:
        own = {"Chat": "chat", "bot": "chat"}
        renames = s.STANDARD.commands["register"].renames
        assert renames is not None
        renamed = renames(replace(REGISTER, systems=["Chat", "bot"]), lambda name: own[name])
        assert ["chat"] == renamed.systems
        with pytest.raises(Refused) as found:
            renames(replace(REGISTER, systems=["SYS-4"]), str)
        assert "system_name_reserved" == found.value.rule


class TestCorrecting:
    """A correction changes what it names, and nothing else."""

    def test_what_differs_alone_is_recorded(self) -> None:
        amend = s.AmendStandard(reason="Typo", title="AI Act", edition="2024", systems=[])
        amended = s.StandardAmended(at=NOW, reason="Typo", title="AI Act")
        assert (amended,) == decided(amend, REGISTERED)
        assert () == decided(amend, REGISTERED, amended)
        assert "AI Act" == after(REGISTERED, amended).title

    def test_one_that_names_nothing_is_invalid(self) -> None:
        with pytest.raises(Invalid):
            decided(s.AmendStandard(reason="Why not"), REGISTERED)


class TestChanging:
    """A change says until when what is mapped to the standard is re-assessed."""

    def test_the_policy_says_until_when_where_the_change_does_not(self) -> None:
        assert (CHANGED,) == decided(CHANGE, REGISTERED)
        by = NOW + 3 * DAY
        [changed] = decided(replace(CHANGE, reassess_by=by), REGISTERED)
        assert replace(CHANGED, reassess_by=by) == changed

    def test_the_same_change_again_is_nothing_to_do(self) -> None:
        assert () == decided(CHANGE, REGISTERED, CHANGED)

    def test_another_change_has_another_version(self) -> None:
        other = replace(CHANGE, summary="Something else.")
        assert "version_changed" == refused(other, REGISTERED, CHANGED)

    def test_no_time_is_left_in_the_past(self) -> None:
        assert "reassessed_after_now" == refused(replace(CHANGE, reassess_by=NOW), REGISTERED)

    def test_the_state_has_the_new_version_and_counts(self) -> None:
        state = after(REGISTERED, CHANGED)
        assert ("2026", 1, NOW) == (state.version, state.changes, state.changed_at)


class TestLooking:
    """Until its review time somebody looks whether it changed; the clock marks who does not."""

    def test_who_looks_sets_the_next_time(self) -> None:
        reviewed = s.StandardReviewed(
            at=NOW,
            person="person/ada",
            notes="The gazette of March.",
            review_due=LATER + 90 * DAY,
        )
        assert (reviewed,) == decided(REVIEW, REGISTERED)
        assert LATER + 90 * DAY == after(REGISTERED, reviewed).review_due

    def test_the_clock_marks_once_under_the_time(self) -> None:
        mark = s.MarkStandardReview(due=LATER)
        assert () == decided(mark, REGISTERED, now=LATER - DAY)
        assert (OVERDUE,) == decided(mark, REGISTERED, now=LATER + DAY)
        assert () == decided(mark, REGISTERED, OVERDUE, now=LATER + DAY)
        assert () == decided(s.MarkStandardReview(due=NOW), REGISTERED, now=LATER + DAY)
        assert () == decided(mark, REGISTERED, WITHDRAWN, now=LATER + DAY)

    def test_who_looks_late_before_the_clock_leaves_the_mark(self) -> None:
        late = replace(REVIEW, review_due=None)
        first, second = decided(late, REGISTERED, now=LATER + DAY)
        assert OVERDUE == first
        assert isinstance(second, s.StandardReviewed)
        assert s.StandardStatus.IN_USE is after(REGISTERED, first, second).status_at(LATER + DAY)

    def test_it_is_overdue_from_its_time_on_whoever_marks_it(self) -> None:
        state = after(REGISTERED)
        assert s.StandardStatus.IN_USE is state.status_at(LATER - DAY)
        assert s.StandardStatus.REVIEW_OVERDUE is state.status_at(LATER)
        assert s.StandardStatus.WITHDRAWN is after(REGISTERED, WITHDRAWN).status_at(LATER)


def test_what_was_withdrawn_stays_so() -> None:
    withdraw = s.WithdrawStandard(reason="Repealed.")
    assert (WITHDRAWN,) == decided(withdraw, REGISTERED)
    assert () == decided(withdraw, REGISTERED, WITHDRAWN)
    for command in (REGISTER, CHANGE, REVIEW, s.AmendStandard(reason="R", title="T")):
        assert "standard_withdrawn" == refused(command, REGISTERED, WITHDRAWN)


def test_the_scope_is_of_names_however_they_are_written() -> None:
    named = after(replace(REGISTERED, systems=("chat",)))
    assert (True, False) == (named.has_in_scope("Chat"), named.has_in_scope("search"))
    assert after(REGISTERED).has_in_scope("search")


def test_each_event_is_a_sentence() -> None:
    reviewed = s.StandardReviewed(at=NOW, person="person/ada")
    for event, said in (
        (REGISTERED, "Registered EU AI Act 2024 (law eu_ai_act, Regulation (EU) 2024/1689) for"),
        (s.StandardAmended(at=NOW, reason="Typo", title="T"), "Corrected title: Typo"),
        (CHANGED, "Changed to 2026: Other deadlines. What is mapped to it"),
        (reviewed, "Looked at by person/ada"),
        (OVERDUE, "Nobody looked until"),
        (WITHDRAWN, "Withdrawn: Repealed."),
    ):
        assert s.describe(event).startswith(said)


@pytest.mark.parametrize("name", ["eu_ai_act", "iso-42001", "7b"])
def test_a_standard_is_named_by_its_id(name: str) -> None:
    assert standard_id(name) == s.STANDARD.named(name)


@pytest.mark.parametrize("name", ["", "EU", "a b", "a/b"])
def test_other_words_name_no_standard(name: str) -> None:
    assert s.STANDARD.named(name) is None
