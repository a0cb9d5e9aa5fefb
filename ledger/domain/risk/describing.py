"""A risk's events as sentences for people: the lines of its timeline."""

from typing import assert_never

from msgspec import UNSET
from msgspec.structs import asdict

from ledger.domain.risk import events as e
from ledger.domain.risk.state import link_of
from ledger.domain.text import plain_text
from ledger.policy.times import time_text


def describe(event: e.RiskEvent) -> str:
    """What happened, for people."""
    match event:
        case e.RiskIdentified():
            of = event.system or "the organisation"
            return (
                f"Identified for {of} ({event.category}), owned by {event.owner}, to be reviewed "
                f"until {time_text(event.review_due)}: {plain_text(event.title)}"
            )
        case e.RiskAmended():
            given = (name for name, value in asdict(event).items() if value is not UNSET)
            fields = ", ".join(sorted(set(given) - {"at", "reason"}))
            return f"Amended ({fields}): {plain_text(event.reason)}"
        case e.RiskAssessed():
            judged = "within tolerance" if event.tolerated else "above tolerance"
            return (
                f"Assessed, {event.level.label.lower()}: {event.band}, score {event.score} "
                f"(likelihood {event.likelihood}, impact {event.impact}), {judged}. "
                f"{plain_text(event.rationale)}"
            )
        case e.RiskTreatmentChosen():
            until = f", until {time_text(event.due)}" if event.due else ""
            return f"Treatment: {event.treatment.label.lower()}{until}. {plain_text(event.plan)}"
        case e.RiskTreatmentCompleted():
            return f"Treatment done: {plain_text(event.what)}"
        case e.RiskTreatmentOverdue():
            return f"Treatment overdue since {time_text(event.due)}"
        case e.RiskReviewed():
            said = f": {plain_text(event.notes)}" if event.notes else ""
            return f"Reviewed, next until {time_text(event.next_due)}{said}"
        case e.RiskReviewOverdue():
            return f"Review overdue since {time_text(event.due)}"
        case e.RiskClosed():
            return f"Closed: {plain_text(event.reason)}"
        case e.RiskReopened():
            due = time_text(event.review_due)
            return f"Reopened, to be reviewed until {due}: {plain_text(event.reason)}"
        case (
            e.RiskAcceptanceRequested()
            | e.RiskAccepted()
            | e.RiskAcceptanceWithdrawn()
            | e.RiskAcceptanceExpired()
        ):
            return _accepted(event)
        case _:
            return _linked(event)


def _accepted(
    event: e.RiskAcceptanceRequested
    | e.RiskAccepted
    | e.RiskAcceptanceWithdrawn
    | e.RiskAcceptanceExpired,
) -> str:
    match event:
        case e.RiskAcceptanceRequested():
            until = f" until {time_text(event.until)}" if event.until else ""
            return f"Acceptance asked for{until}: {plain_text(event.reason)}"
        case e.RiskAccepted():
            return (
                f"Accepted as {event.role} until {time_text(event.until)}, band {event.band}: "
                f"{plain_text(event.reason)}"
            )
        case e.RiskAcceptanceWithdrawn():
            return f"Acceptance withdrawn: {plain_text(event.reason)}"
        case e.RiskAcceptanceExpired():
            return f"Acceptance expired at {time_text(event.until)}"
        case _:
            assert_never(event)


def _linked(
    event: e.RiskIncidentLinked
    | e.RiskControlLinked
    | e.RiskImprovementLinked
    | e.RiskSystemLinked
    | e.RiskUnlinked,
) -> str:
    link = link_of(event)
    of = f" of {link.system}" if link.system else ""
    what = f"{link.kind.label} {link.id}{of}"
    if isinstance(event, e.RiskUnlinked):
        return f"{what} unlinked: {plain_text(event.reason)}"
    return f"{what} linked"
