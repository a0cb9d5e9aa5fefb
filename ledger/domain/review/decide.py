"""The rules of reviews: each command gives the events that it causes."""

from datetime import datetime
from typing import assert_never

from msgspec import UNSET

from ledger.domain.incident.rules import occurred_at
from ledger.domain.review import commands as c
from ledger.domain.review import events as e
from ledger.domain.review.state import Review
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.times import time_text

MOST_NAMED = 1_000
"""So many incidents fit an event with room to spare; `count` counts them all."""


def decide(
    command: c.ReviewCommand, state: Review, policy: Policy, now: datetime
) -> tuple[e.ReviewEvent, ...]:
    """The events that a command causes; none where there is nothing to do. Raises Refused."""
    match command:
        case c.LaunchReview():
            return _launch(command, state)
        case c.AssignReview():
            _require_not_concluded(state, "assigned")
            if command.owner == state.owner:
                return ()
            return (e.ReviewAssigned(at=now, owner=command.owner),)
        case c.ConcludeReview():
            return _conclude(command, state, policy, now)
        case c.AmendReview():
            return _amend(command, state, policy, now)
        case c.NoteReview():
            return (e.ReviewNoted(at=now, text=command.text),)
        case c.MarkReviewOverdue():
            return _overdue(state, now) if command.due == state.due else ()
        case _:
            assert_never(command)


def _launch(command: c.LaunchReview, state: Review) -> tuple[e.ReviewEvent, ...]:
    """The first launch is the only one: a second, from wherever, is nothing to do."""
    if state.leaf is not None:
        return ()
    return (
        e.ReviewLaunched(
            at=command.at,
            system=command.system,
            month=command.month,
            threshold=command.threshold,
            zone=command.zone,
            action=command.action,
            leaf=command.leaf,
            count=len(command.incidents),
            incidents=command.incidents[:MOST_NAMED],
            due=command.due or UNSET,
        ),
    )


def _conclude(
    command: c.ConcludeReview, state: Review, policy: Policy, now: datetime
) -> tuple[e.ReviewEvent, ...]:
    actions = tuple(command.actions)
    if state.concluded_at is not None:
        same = (command.findings, actions) == (state.findings, state.actions)
        if same and command.at in {None, state.concluded_at}:
            return ()
        _require_not_concluded(state, "concluded")
    at = _concluded_at(command.at, state, policy, now)
    concluded = e.ReviewConcluded(
        at=at, findings=command.findings, actions=actions, due=state.due or UNSET
    )
    # The clock may not have been there yet, and has nothing to check any more.
    overdue = _overdue(state, now) if state.due != now else ()
    return (*overdue, concluded)


def _overdue(state: Review, now: datetime) -> tuple[e.ReviewOverdue, ...]:
    """The mark of a review that is not concluded at its due time; once."""
    if state.due is None or state.concluded_at is not None or state.overdue_marked:
        return ()
    return () if now < state.due else (e.ReviewOverdue(at=state.due, due=state.due),)


def _amend(
    command: c.AmendReview, state: Review, policy: Policy, now: datetime
) -> tuple[e.ReviewEvent, ...]:
    if state.concluded_at is None:
        raise Refused(
            "review_not_concluded",
            "The review is not concluded, so there is no conclusion to correct.",
            remedy="Conclude it; before that, record remarks with note.",
        )
    if command.findings is None and command.actions is None and command.at is None:
        raise Invalid(
            "The correction changes nothing.",
            errors=[("findings", "give at least one of findings, actions and at")],
        )
    actions = state.actions if command.actions is None else tuple(command.actions)
    at = state.concluded_at
    if command.at is not None:
        at = _concluded_at(command.at, state, policy, now)
    findings = state.findings if command.findings is None else command.findings
    if (findings, actions, at) == (state.findings, state.actions, state.concluded_at):
        return ()
    return (
        e.ReviewAmended(
            at=now,
            reason=command.reason,
            findings=findings if findings is not None and findings != state.findings else UNSET,
            actions=actions if actions != state.actions else UNSET,
            concluded_at=at if at != state.concluded_at else UNSET,
        ),
    )


def _concluded_at(given: datetime | None, state: Review, policy: Policy, now: datetime) -> datetime:
    at = occurred_at("been concluded", given, now, policy)
    if given is not None and state.launched_at is not None and at < state.launched_at:
        raise Refused(
            "conclusion_after_launch",
            f"The review cannot have been concluded at {time_text(at)}: it was launched at "
            f"{time_text(state.launched_at)}.",
            remedy="Give a time after its launch, or none for now.",
        )
    return at


def _require_not_concluded(state: Review, what: str) -> None:
    if state.concluded_at is not None:
        raise Refused(
            "review_concluded",
            f"The review was concluded at {time_text(state.concluded_at)} and cannot be {what} "
            "any more.",
            remedy="Correct what was concluded with amend, or add a remark with note.",
        )
