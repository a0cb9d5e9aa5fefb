"""What people, programs and the clock may ask of an incident.

The same structures are the bodies of the HTTP commands. `at` is when it happened; absent, now.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.vocabulary import Category, RcaMark, Severity, Step

Line = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
"""A short text, 1 to 500 characters, not blank."""
Paragraphs = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]
"""A longer text, 1 to 10,000 characters, not blank."""
Url = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"^https?://[^\s/?#]\S*$")]
"""An http or https URL."""
When = Annotated[datetime, Meta(tz=True)]
"""A time with its offset (RFC 3339)."""


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Root of the commands; unknown fields are errors."""


class Report(Command, frozen=True, kw_only=True):
    """An incident that a person or program saw."""

    title: Line
    system: Annotated[str, Meta(min_length=1, max_length=200)]
    detected_at: When | None = None
    severity: Severity | None = None
    description: Annotated[str, Meta(max_length=10_000)] = ""
    source: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    external_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    impact_ended_at: When | None = None


class Contain(Command, frozen=True, kw_only=True):
    """It was contained, by this action."""

    action: Paragraphs
    at: When | None = None


class Communicate(Command, frozen=True, kw_only=True):
    """This message went to this audience."""

    audience: Line
    message: Paragraphs
    at: When | None = None


class Classify(Command, frozen=True, kw_only=True):
    """It is of this category and severity."""

    category: Category
    severity: Severity
    reason: Annotated[str, Meta(max_length=10_000)] = ""


class OpenTicket(Command, frozen=True, kw_only=True):
    """A ticket was opened."""

    url: Url


class NotifyRiskManager(Command, frozen=True, kw_only=True):
    """The Risk Manager was told."""

    channel: Line
    receipt: Annotated[str, Meta(max_length=2_000)] = ""
    at: When | None = None


class RequestRollback(Command, frozen=True, kw_only=True):
    """A rollback is required."""

    reason: Paragraphs
    target: Annotated[str, Meta(max_length=500)] = ""


class ExecuteRollback(Command, frozen=True, kw_only=True):
    """The rollback was executed."""

    snapshot: Line
    at: When | None = None


class FailRollback(Command, frozen=True, kw_only=True):
    """The rollback failed."""

    snapshot: Line
    at: When | None = None


class StartRca(Command, frozen=True, kw_only=True):
    """Work on the root cause begins."""


class CompleteRca(Command, frozen=True, kw_only=True):
    """The root cause is known."""

    summary: Paragraphs
    root_cause: Paragraphs
    actions: list[Paragraphs] | Annotated[str, Meta(max_length=10_000)] = ""
    at: When | None = None


class UpdatePlaybook(Command, frozen=True, kw_only=True):
    """A playbook was updated."""

    playbook: Line
    change: Paragraphs


class WaiveStep(Command, frozen=True, kw_only=True):
    """A step will not be done."""

    step: Step
    reason: Paragraphs


class Assign(Command, frozen=True, kw_only=True):
    """An owner sees it through. `owner` is a name outside, "person/<uuid>" once inside."""

    owner: Line


class Amend(Command, frozen=True, kw_only=True):
    """Correct one field: title, system, severity, detected_at, description, external_id or
    impact_ended_at."""

    field: Line
    to: Annotated[str, Meta(max_length=10_000)] | None
    reason: Paragraphs


class Merge(Command, frozen=True, kw_only=True):
    """It is the same incident as another. `into` is an id or a reference outside, an id inside."""

    into: Line
    reason: Paragraphs


class Dismiss(Command, frozen=True, kw_only=True):
    """It is a false alarm."""

    reason: Paragraphs


class Resolve(Command, frozen=True, kw_only=True):
    """Its impact ended, whatever its alerts say."""

    reason: Paragraphs
    at: When | None = None


class Close(Command, frozen=True, kw_only=True):
    """All is done. `reason` is needed where the impact goes on, or nobody knows whether it does."""

    reason: Annotated[str, Meta(max_length=10_000)] = ""


class Reopen(Command, frozen=True, kw_only=True):
    """It was closed or dismissed too early."""

    reason: Paragraphs


class WithdrawRcaMark(Command, frozen=True, kw_only=True):
    """A mark, that its RCA is at risk or overdue, was recorded wrongly.

    `due` is the due time that the mark is of; absent, the one in force.
    """

    mark: RcaMark
    reason: Paragraphs
    due: When | None = None


class MarkRcaAtRisk(Command, frozen=True, kw_only=True):
    """The clock found the RCA due at `due` not complete at its at-risk time."""

    due: datetime


class MarkRcaOverdue(Command, frozen=True, kw_only=True):
    """The clock found the RCA due at `due` not complete then."""

    due: datetime


IncidentCommand = (
    Contain
    | Communicate
    | Classify
    | OpenTicket
    | NotifyRiskManager
    | RequestRollback
    | ExecuteRollback
    | FailRollback
    | StartRca
    | CompleteRca
    | UpdatePlaybook
    | WaiveStep
    | Assign
    | Amend
    | Resolve
    | Dismiss
    | Close
    | Reopen
    | MarkRcaAtRisk
    | MarkRcaOverdue
    | WithdrawRcaMark
)
"""The commands that touch one incident alone; `Report` makes one and `Merge` touches two."""

BY_NAME: dict[str, type[Command]] = {
    "contain": Contain,
    "communicate": Communicate,
    "classify": Classify,
    "ticket": OpenTicket,
    "notify": NotifyRiskManager,
    "rollback/request": RequestRollback,
    "rollback/execute": ExecuteRollback,
    "rollback/fail": FailRollback,
    "rca/start": StartRca,
    "rca/complete": CompleteRca,
    "rca/withdraw": WithdrawRcaMark,
    "playbook/update": UpdatePlaybook,
    "waive": WaiveStep,
    "assign": Assign,
    "amend": Amend,
    "merge": Merge,
    "resolve": Resolve,
    "dismiss": Dismiss,
    "close": Close,
    "reopen": Reopen,
}
"""The commands by the last part of their route."""
