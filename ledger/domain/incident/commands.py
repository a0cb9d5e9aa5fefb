"""What people, programs and the clock may ask of an incident.

The same structures are the bodies of the HTTP commands. `at` is when it happened; absent, now.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from ledger.domain.command import (
    NAMES,
    VOCABULARY,
    Command,
    FreeText,
    Line,
    Name,
    Paragraphs,
    Person,
    Sender,
    Url,
    Vocabulary,
    When,
)
from ledger.vocabulary import RcaMark, Severity

Reason = Annotated[Paragraphs, Meta(description="Why, for those who read the record.")]
"""Why somebody does it."""
IncidentRef = Annotated[Line, Meta(extra={NAMES: "incident"})]
"""Another incident: its id or a reference outside, its id once it is resolved."""


CategoryId = Annotated[Name, Meta(extra={VOCABULARY: Vocabulary.CATEGORY})]
"""A category of the policy in force, by its id."""
StepId = Annotated[Name, Meta(extra={VOCABULARY: Vocabulary.STEP})]
"""A step that the incident owes, by its id."""
AddedStepId = Annotated[Name, Meta(extra={VOCABULARY: Vocabulary.ADDED_STEP})]
"""A step that the incident owes beyond the runbook's, by its id."""


class Report(Command, frozen=True, kw_only=True):
    """An incident that a person or program saw."""

    title: Line
    system: Annotated[Name, Meta(description="The AI system that it is about.")]
    detected_at: When | None = None
    severity: Annotated[Severity, Meta(description="How bad it is.")] | None = None
    description: FreeText = ""
    source: (
        Annotated[Sender, Meta(description="Who or what noticed it; absent, whoever reports it.")]
        | None
    ) = None
    external_id: Annotated[Name, Meta(description="Its id elsewhere.")] | None = None
    impact_ended_at: (
        Annotated[When, Meta(description="When its impact ended; absent, it goes on.")] | None
    ) = None
    near_miss: Annotated[
        bool, Meta(description="It could have done harm and did none: not counted, RCA optional.")
    ] = False
    system_action: Annotated[
        FreeText, Meta(description="What the AI system did by itself, if anything.")
    ] = ""


class Contain(Command, frozen=True, kw_only=True):
    """It was contained: it can do no further harm."""

    action: Annotated[Paragraphs, Meta(description="What was done to contain it.")]
    at: When | None = None


class Communicate(Command, frozen=True, kw_only=True):
    """A message went to an audience."""

    audience: Line
    message: Paragraphs
    at: When | None = None


class Classify(Command, frozen=True, kw_only=True):
    """It is of this category and severity; classifying again supersedes."""

    category: Annotated[CategoryId, Meta(description="What kind of harm it is.")]
    severity: Annotated[Severity, Meta(description="How bad it is.")]
    reason: FreeText = ""
    secondary_category: (
        Annotated[CategoryId, Meta(description="Another kind of harm that it did as well.")] | None
    ) = None


class OpenTicket(Command, frozen=True, kw_only=True):
    """A ticket was opened."""

    url: Url


class NotifyRiskManager(Command, frozen=True, kw_only=True):
    """The Risk Manager was told."""

    channel: Annotated[Line, Meta(description="How they were told: mail, phone, ...")]
    receipt: Annotated[
        Annotated[str, Meta(max_length=2_000)], Meta(description="What proves it.")
    ] = ""
    at: When | None = None


class Acknowledge(Command, frozen=True, kw_only=True):
    """Somebody knows of it and sees to it: nobody further is told because nobody answered."""


class AcknowledgeByLink(Command, frozen=True, kw_only=True):
    """Whoever got the notification `delivery` followed the link in it and confirmed."""

    delivery: UUID


class RequestRollback(Command, frozen=True, kw_only=True):
    """A rollback is required; closing then waits for it."""

    reason: Reason
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
    actions: Annotated[
        list[Paragraphs] | FreeText,
        Meta(description="What will keep it from happening again."),
    ] = ""
    at: When | None = None


class UpdatePlaybook(Command, frozen=True, kw_only=True):
    """A playbook was updated with what was learned."""

    playbook: Line
    change: Paragraphs


class WaiveStep(Command, frozen=True, kw_only=True):
    """A step will not be done, for a reason. The RCA cannot be waived."""

    step: Annotated[StepId, Meta(description="The step that will not be done.")]
    reason: Reason


class DoStep(Command, frozen=True, kw_only=True):
    """A step that the policy adds to the runbook's was done."""

    step: Annotated[AddedStepId, Meta(description="The step that was done.")]
    note: Annotated[Paragraphs, Meta(description="What was done.")]
    at: When | None = None


class Assign(Command, frozen=True, kw_only=True):
    """An owner sees it through."""

    owner: Person


class Amend(Command, frozen=True, kw_only=True):
    """Correct one field; what was recorded stays on record."""

    field: Annotated[
        Line,
        Meta(
            description="title, system, severity, detected_at, description, external_id, "
            "impact_ended_at or system_action; or what a command wrote: contain.action, "
            "contain.at, communicate.message, classify.reason, rca.summary, rca.actions, "
            "note.text, ... Of several the newest is meant; communicate.17.message is that of "
            "event 17."
        ),
    ]
    to: Annotated[FreeText, Meta(description='The right value; "" for none.')] | None
    reason: Reason


class Merge(Command, frozen=True, kw_only=True):
    """The incident is the same as another one, and is continued in that one."""

    into: Annotated[IncidentRef, Meta(description="The incident that continues: INC-<n> or an id.")]
    reason: Reason


class Dismiss(Command, frozen=True, kw_only=True):
    """It is a false alarm: not counted, no RCA."""

    reason: Reason


class Resolve(Command, frozen=True, kw_only=True):
    """Its impact ended, whatever its alerts say. The incident stays open until it is closed."""

    reason: Reason
    at: When | None = None


class Close(Command, frozen=True, kw_only=True):
    """All is done: every step done, waived with a reason, or not applicable."""

    reason: Annotated[
        FreeText, Meta(description="Why, where its impact goes on or nobody knows whether it does.")
    ] = ""


class Reopen(Command, frozen=True, kw_only=True):
    """It was closed or dismissed too early."""

    reason: Reason


class WithdrawRcaMark(Command, frozen=True, kw_only=True):
    """A mark was recorded wrongly, as by a clock that was wrong. One that is right stays."""

    mark: Annotated[RcaMark, Meta(description="The mark that was recorded wrongly.")]
    reason: Reason
    due: (
        Annotated[
            When, Meta(description="The due time that the mark is of; absent, the one in force.")
        ]
        | None
    ) = None


class DeclareNearMiss(Command, frozen=True, kw_only=True):
    """It could have done harm and did none: it does not count, and its RCA is optional."""

    reason: Reason


class WithdrawNearMiss(Command, frozen=True, kw_only=True):
    """It is an incident after all; its RCA is due when it was before."""

    reason: Reason


class RecordPreliminaryRca(Command, frozen=True, kw_only=True):
    """What is known of the root cause so far. The policy says whether it meets the deadline."""

    summary: Paragraphs
    root_cause: Annotated[FreeText, Meta(description="The root cause, as far as it is known.")] = ""
    actions: Annotated[
        list[Paragraphs] | FreeText,
        Meta(description="What will keep it from happening again."),
    ] = ""
    at: When | None = None


class ApproveRca(Command, frozen=True, kw_only=True):
    """The completed RCA is approved, by somebody who did not write it."""

    comment: FreeText = ""


class Restrict(Command, frozen=True, kw_only=True):
    """From now on only the roles that the policy names read its texts and its timeline."""

    reason: Reason


class Unrestrict(Command, frozen=True, kw_only=True):
    """Whoever reads incidents reads its texts and its timeline again."""

    reason: Reason


class Note(Command, frozen=True, kw_only=True):
    """Something worth knowing. It changes nothing, and is possible whatever the status."""

    text: Annotated[Paragraphs, Meta(description="What is worth knowing.")]


class MarkRcaAtRisk(Command, frozen=True, kw_only=True):
    """The clock found the RCA due at `due` not complete at its at-risk time."""

    due: datetime


class MarkRcaOverdue(Command, frozen=True, kw_only=True):
    """The clock found the RCA due at `due` not complete then."""

    due: datetime


IncidentCommand = (
    Report
    | Contain
    | Communicate
    | Classify
    | OpenTicket
    | NotifyRiskManager
    | Acknowledge
    | AcknowledgeByLink
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
    | DoStep
    | DeclareNearMiss
    | WithdrawNearMiss
    | RecordPreliminaryRca
    | ApproveRca
    | Restrict
    | Unrestrict
    | Note
)
"""The commands that touch one incident alone; `Merge` touches two."""
