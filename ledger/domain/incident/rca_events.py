"""What happens to an incident's root cause analysis (RCA), and to the clock that runs for it."""

from datetime import datetime
from typing import ClassVar

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.text import Text
from ledger.vocabulary import RcaMark


class RcaStarted(Event, frozen=True, kw_only=True):
    """Work on the root cause began."""

    name: ClassVar[str] = "incident.rca_started.v1"


class RcaAtRisk(Event, frozen=True, kw_only=True):
    """The RCA due at `due` was not complete at its at-risk time, which is `at`."""

    name: ClassVar[str] = "incident.rca_at_risk.v1"

    due: datetime


class RcaOverdue(Event, frozen=True, kw_only=True):
    """The RCA due at `due` was not complete by then; `at` is that time."""

    name: ClassVar[str] = "incident.rca_overdue.v1"

    due: datetime


class RcaCompleted(Event, frozen=True, kw_only=True):
    """The root cause is known (runbook section 7.5)."""

    name: ClassVar[str] = "incident.rca_completed.v1"

    summary: Text
    root_cause: Text
    actions: tuple[Text, ...] = ()


class RcaMarkWithdrawn(Event, frozen=True, kw_only=True):
    """A mark of the clock was recorded wrongly: `mark` of the RCA due at `due`.

    It counts as never recorded; the clock records it anew when it is truly due.
    """

    name: ClassVar[str] = "incident.rca_mark_withdrawn.v1"

    due: datetime
    mark: RcaMark
    reason: Text


class RcaPreliminary(Event, frozen=True, kw_only=True):
    """What is known of the root cause before the analysis is complete; a later one supersedes.

    `meets`: by the policy of then, it meets the deadline. The first that does gives `final_due`,
    when the complete analysis is due instead, and `final_at_risk_at`.
    """

    name: ClassVar[str] = "incident.rca_preliminary.v1"

    summary: Text
    root_cause: Text = ""
    actions: tuple[Text, ...] = ()
    meets: bool = False
    final_due: datetime | None = None
    final_at_risk_at: datetime | None = None


class RcaApprovalRequested(Event, frozen=True, kw_only=True):
    """By the policy, the completed RCA needs the approval of somebody other than its `author`.

    The author is an opaque "person/<uuid>" or "source/<name>". `also` are the others that he counts
    as: further ids of the same human, and whose deputy he was.
    """

    name: ClassVar[str] = "incident.rca_approval_requested.v1"

    author: str
    also: tuple[str, ...] | UnsetType = UNSET


class RcaApproved(Event, frozen=True, kw_only=True):
    """The event's actor, who did not write it, approved the completed RCA."""

    name: ClassVar[str] = "incident.rca_approved.v1"

    comment: Text = ""
