"""Rules that several commands share."""

from datetime import UTC, datetime

from ledger.domain.incident.state import Incident
from ledger.errors import Refused
from ledger.policy import Policy
from ledger.policy.times import in_utc
from ledger.vocabulary import Severity, Status

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""No incident with an AI system is older; a year such as 0202 is a slip."""


def require_reported(state: Incident) -> None:
    """Refuses where no incident was ever detected."""
    if state.status is None:
        raise Refused(
            "incident_unknown",
            "No incident was detected under this id.",
            remedy="See airledger incidents.",
        )


def require_known(state: Incident) -> None:
    """Refuses where no incident was ever detected, or it lives on in another."""
    require_reported(state)
    if state.status is Status.MERGED:
        raise Refused(
            "incident_merged",
            f"The incident was merged into incident/{state.merged_into}.",
            remedy="Address that one.",
        )


def require_open(state: Incident) -> None:
    """Refuses unless the incident is open."""
    require_known(state)
    if state.status is not Status.OPEN:
        raise Refused(
            f"incident_{state.status}",
            f"The incident is {state.status}; this needs an open one.",
            remedy="Reopen it first, with a reason.",
        )


def counts(state: Incident, severity: Severity | None, policy: Policy) -> bool:
    """Whether it counts with a severity: as the policy says, but a near miss never does."""
    return not state.near_miss and policy.counts(severity)


def occurred_at(what: str, at: datetime | None, now: datetime, policy: Policy) -> datetime:
    """When something happened, in UTC: as given, or now.

    A time ahead of now by the policy's `clock_skew` or less is now, for two clocks are never the
    same; a later one is refused, and so is one before EARLIEST.
    """
    if at is None:
        return now
    if at < EARLIEST:
        raise Refused(
            "not_before_1970",
            f"It cannot have {what} at {at.isoformat()}: no time here is before 1970.",
            remedy="Give the year in four digits.",
        )
    if at > now:
        if at - now <= policy.alerts.clock_skew:
            return now
        raise Refused(
            "not_in_the_future",
            f"It cannot have {what} at {at.isoformat()}: that is after now, {now.isoformat()}.",
            remedy="Give the time it happened, or none for now.",
        )
    return in_utc(at)


def rca_completed_at(
    at: datetime | None, state: Incident, policy: Policy, now: datetime
) -> datetime:
    """When the RCA was completed, as given or now: not before detection, not in the future."""
    at = occurred_at("been completed", at, now, policy)
    if state.detected_at is not None and at < state.detected_at:
        raise Refused(
            "rca_after_detection",
            f"The RCA cannot be complete at {at.isoformat()}: the incident was detected at "
            f"{state.detected_at.isoformat()}.",
            remedy="Give a time between detection and now.",
        )
    return at
