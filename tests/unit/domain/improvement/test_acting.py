"""Act: what was updated, what recurred, and the end of it."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from ledger.domain import improvement as i
from ledger.domain.improvement.updates import update_from_text
from tests.unit.domain.improvement.life import (
    ACTED,
    ADA,
    CHECKED,
    DIGEST,
    DONE_AT,
    DUE,
    FAILED,
    NOT_AGAIN,
    POLICY_STREAM,
    PROPOSED,
    adopted,
    agreed,
    done,
    given,
)

AGAIN = UUID(int=8)
RECUR = i.RecurImprovement(incident=str(AGAIN))
FOUND = i.RecordRecurrence(incident=AGAIN, since=DONE_AT)
RECURRED = i.ImprovementRecurred(at=DONE_AT, incident=AGAIN)
REJECTED = i.ImprovementRejected(at=DONE_AT, reason="No.")
CLOSED = i.ImprovementClosed(at=DONE_AT)
POLICY = i.ActedUpdate(what=i.UpdateKind.POLICY, reference="Threshold", digest=DIGEST)


def act(*updates: str) -> i.ActOnImprovement:
    return i.ActOnImprovement(updates=list(updates))


def test_what_was_learnt_is_acted_on_once_it_had_its_effect() -> None:
    story = given(*done(), CHECKED).at(DONE_AT).by(ADA)
    story.when(act("training:Course")).then(ACTED)
    acted = given(*done(), CHECKED, ACTED).at(DONE_AT).by(ADA)
    acted.when(act("training:Course")).nothing()
    more = i.ActedUpdate(what=i.UpdateKind.PLAYBOOK, reference="Page 3")
    acted.when(act("training:Course", "playbook:Page 3")).then(replace(ACTED, updates=(more,)))
    for before in (agreed(), done(), (*done(), FAILED), (*done(), CHECKED, CLOSED)):
        given(*before).when(act("training:Course")).refused("act_before_effective")


def test_what_was_done_again_is_acted_on_again_also_by_the_same_update() -> None:
    reopened = i.ImprovementReopened(at=DONE_AT, reason="Again.", due=DUE)
    again = (reopened, *done()[-1:], CHECKED)
    story = given(*done(), CHECKED, ACTED, RECURRED, *again).at(DONE_AT).by(ADA)
    story.when(act("training:Course")).then(ACTED)
    given(*done(), CHECKED, ACTED, RECURRED, *again, ACTED).when(act("training:Course")).nothing()


@pytest.mark.parametrize("digest", [DIGEST, DIGEST.removeprefix("sha256:")])
def test_an_update_of_the_policy_is_an_adopted_one(digest: str) -> None:
    story = given(*done(), CHECKED).at(DONE_AT).by(ADA)
    older = story.beside(POLICY_STREAM, adopted(), adopted(f"sha256:{'b' * 64}"))
    older.when(act(f"policy:Threshold@{digest}")).then(replace(ACTED, updates=(POLICY,)))
    other = f"sha256:{'c' * 64}"
    found = older.when(act(f"policy:Threshold@{other}")).refused("policy_not_adopted")
    assert other in found.message
    older.when(act("policy:Threshold")).refused("policy_not_adopted")


def test_an_update_is_read_as_people_write_it() -> None:
    assert {"what": "policy", "reference": "a@b", "digest": "a" * 64} == update_from_text(
        f"policy:a@b@{DIGEST.upper().replace('SHA256', 'sha256')}"
    )
    assert {"what": "documentation", "reference": "https://a.example/x@y"} == update_from_text(
        "documentation:https://a.example/x@y"
    )
    for wrong in ("policy", "poem:x", ""):
        with pytest.raises(ValueError, match="WHAT:REFERENCE"):
            update_from_text(wrong)
    given(*done(), CHECKED).when(act("poem:x")).invalid()
    given(*done(), CHECKED).when(act("training: ")).invalid()


def test_it_is_closed_once_it_was_acted_on_or_for_a_reason() -> None:
    end, why = i.CloseImprovement(), i.CloseImprovement(reason="The system is retired.")
    given(*done(), CHECKED, ACTED).at(DONE_AT).when(end).then(CLOSED)
    given(*done(), CHECKED, ACTED, CLOSED).when(end).nothing()
    for before in (agreed(), (*done(), FAILED)):
        given(*before).when(end).refused("close_needs_reason")
        given(*before).at(DONE_AT).when(why).then(replace(CLOSED, reason=why.reason))
    for before in ((PROPOSED,), done(), (*done(), CHECKED), (PROPOSED, REJECTED)):
        given(*before).when(why).refused("close_before_acted")


@pytest.mark.parametrize(
    "after",
    [(), (CHECKED,), (CHECKED, ACTED), (CHECKED, ACTED, CLOSED), (FAILED,)],
    ids=("done", "effective", "acted", "closed", "not_effective"),
)
def test_what_happens_again_after_it_was_done_had_no_effect(
    after: tuple[i.ImprovementEvent, ...],
) -> None:
    before = (*done(NOT_AGAIN), *after)
    for asked in (RECUR, FOUND):
        given(*before).at(DONE_AT).when(asked).then(RECURRED)
        given(*before, RECURRED).at(DONE_AT).when(asked).nothing()
    assert i.ImprovementStatus.NOT_EFFECTIVE is given(*before, RECURRED).state.status


def test_what_was_not_done_cannot_have_failed() -> None:
    for before in (agreed(), (PROPOSED,), (PROPOSED, REJECTED), (*agreed(), CLOSED)):
        given(*before).when(RECUR).refused("recur_before_done")
        given(*before).when(FOUND).nothing()


def test_a_recurrence_of_the_time_before_it_was_reopened_is_none_of_now() -> None:
    later = DONE_AT + timedelta(days=5)
    reopened = i.ImprovementReopened(at=DONE_AT, reason="Anew", due=DUE + timedelta(days=9))
    again = replace(done()[-1], at=later)
    given(*done(), FAILED, reopened).when(FOUND).nothing()
    given(*done(), FAILED, reopened, again).when(FOUND).nothing()
    story = given(*done(), FAILED, reopened, again).at(DONE_AT)
    story.when(replace(FOUND, since=later)).then(RECURRED)


def test_who_repeats_a_check_after_it_recurred_is_refused() -> None:
    asked = i.CheckImprovement(result=i.CheckResult.EFFECTIVE, basis="Looked.")
    given(*done(), CHECKED).at(DONE_AT).when(asked).nothing()
    given(*done(), CHECKED, RECURRED).at(DONE_AT).when(asked).refused("check_before_done")


def test_every_event_has_a_sentence() -> None:
    assert "Acted on: policy Threshold" in i.describe(replace(ACTED, updates=(POLICY,)))
    assert f"It happened again: incident {AGAIN}" == i.describe(RECURRED)
    assert "Closed" == i.describe(CLOSED)
    assert "Checked: not effective. Looked." == i.describe(FAILED)
