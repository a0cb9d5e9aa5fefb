"""Laws and standards: which there are, for which systems, and that they changed.

A change calls for the re-assessment of each control that the policy maps to it. Nobody watches the
law: until `review_due` somebody looks. Source: runbook sections 3 and 6 (policy update).
"""

import re
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from ledger.domain.command import Command
from ledger.domain.concern import Concern
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.identity import SYSTEM_REFERENCE, standard_id
from ledger.domain.standard.commands import (
    AmendStandard,
    ChangeStandard,
    MarkStandardReview,
    RegisterStandard,
    ReviewStandard,
    StandardCommand,
    WithdrawStandard,
)
from ledger.domain.standard.decide import decide, scoped, systems_named
from ledger.domain.standard.describing import describe
from ledger.domain.standard.events import (
    StandardAmended,
    StandardChanged,
    StandardEvent,
    StandardRegistered,
    StandardReviewed,
    StandardReviewOverdue,
    StandardWithdrawn,
)
from ledger.domain.standard.state import Standard, evolve
from ledger.domain.standard.words import StandardKind, StandardStatus
from ledger.domain.stream_type import CommandType, OwnName, StreamType, members
from ledger.errors import Refused

OWN_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""How ids of standards and controls are written."""


def _by_own_names(
    command: RegisterStandard | AmendStandard, own: OwnName
) -> RegisterStandard | AmendStandard:
    """The command with its systems by their own names. Raises Refused for a reference."""
    for each in command.systems or ():
        if SYSTEM_REFERENCE.fullmatch(each):
            raise Refused(
                "system_name_reserved",
                f"{each!r} is the reference of a system, and not its name.",
                remedy="Write the name, which airledger system show tells.",
            )
    if not command.systems:
        return command
    return replace(command, systems=list(dict.fromkeys(map(own, command.systems))))


def _named(text: str) -> UUID | None:
    """The standard of an id such as eu_ai_act."""
    return standard_id(text) if OWN_ID.fullmatch(text) else None


STANDARD = StreamType(
    kind="standard",
    initial=Standard(),
    evolve=evolve,
    events=members(StandardEvent),
    decide=decide,
    commands={
        "register": CommandType(
            body=RegisterStandard,
            title="Register a law or standard",
            done="registered",
            opens=True,
            opens_as=lambda command: standard_id(command.standard),
            arguments=("standard",),
            renames=_by_own_names,
            checks=systems_named,
            decide_over=scoped,
        ),
        "amend": CommandType(
            body=AmendStandard,
            done="corrected",
            corrects=True,
            renames=_by_own_names,
            checks=systems_named,
            decide_over=scoped,
        ),
        "change": CommandType(
            body=ChangeStandard,
            title="Record a change",
            done="change recorded",
            arguments=("edition", "summary"),
            compares=lambda _, state: state.summary,
        ),
        "review": CommandType(
            body=ReviewStandard,
            title="Record that it did not change",
            done="looked at",
            decide_by=decide,
            needs_person=True,
        ),
        "withdraw": CommandType(body=WithdrawStandard, done="withdrawn", arguments=("reason",)),
    },
    label="standard",
    plural="standards",
    prefix="STD",
    describe=describe,
    named=_named,
    by_name="its id, such as eu_ai_act",
    concerns=lambda _: Concern(),
)


def _marks(state: Standard) -> tuple[Command, ...]:
    return () if state.review_due is None else (MarkStandardReview(due=state.review_due),)


def _next_look(state: Standard) -> datetime | None:
    ended = state.withdrawn or state.overdue == state.review_due
    return None if ended else state.review_due


STANDARD_REVIEW = DeadlineType(
    name="standard_review",
    kind="standard",
    label="look whether a standard changed",
    finds="overdue",
    sets={
        StandardRegistered: lambda event: event.review_due or None,
        StandardAmended: lambda event: event.review_due or None,
        StandardReviewed: lambda event: event.review_due or None,
    },
    ends=frozenset({StandardWithdrawn, StandardReviewOverdue}),
    commands=_marks,
    next_at=_next_look,
)
"""Nobody watches the law: somebody looks until a time, where one was named."""

__all__ = [
    "STANDARD",
    "STANDARD_REVIEW",
    "AmendStandard",
    "ChangeStandard",
    "MarkStandardReview",
    "RegisterStandard",
    "ReviewStandard",
    "Standard",
    "StandardAmended",
    "StandardChanged",
    "StandardCommand",
    "StandardEvent",
    "StandardKind",
    "StandardRegistered",
    "StandardReviewOverdue",
    "StandardReviewed",
    "StandardStatus",
    "StandardWithdrawn",
    "WithdrawStandard",
    "decide",
    "describe",
    "evolve",
]
