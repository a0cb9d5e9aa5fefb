"""Corrections: an amendment is a new event; nothing recorded is edited."""

from datetime import datetime

import msgspec

from ledger.domain.envelope import Text
from ledger.domain.incident.commands import Amend
from ledger.domain.incident.events import Amended
from ledger.domain.incident.state import Incident
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.vocabulary import Severity

TEXTS = {"title", "system", "description", "external_id"}
TIMES = {"detected_at", "impact_ended_at"}
REQUIRED = {"title", "system", "detected_at"}
FIELDS = ("title", "system", "severity", "detected_at", "description", "external_id", *("impact_ended_at",))


def decide_amend(
    command: Amend, state: Incident, policy: Policy, now: datetime
) -> tuple[Amended, ...]:
    """A correction of one field; the same value is nothing to do. Raises Invalid or Refused."""
    field = command.field
    if field not in FIELDS:
        raise Invalid(
            f"There is no field {field!r} to amend.",
            errors=[("field", f"expected one of {', '.join(FIELDS)}")],
        )
    old = _text_of(getattr(state, field))
    new = _text_of(_parsed(field, command.to, state, now))
    if new == old:
        return ()
    amended = Amended(at=now, field=field, from_=old, to=new, reason=command.reason)
    if field not in {"detected_at", "severity", "system"}:
        return (amended,)
    return (_restated(amended, state, policy),)


def _restated(amended: Amended, state: Incident, policy: Policy) -> Amended:
    """What detection takes from the policy, taken again for the corrected value."""
    detected_at, severity = state.detected_at, state.severity
    if amended.field == "detected_at":
        detected_at = msgspec.convert(amended.to, datetime)
    if amended.field == "severity":
        severity = Severity(amended.to) if amended.to is not None else None
    assert_detected = detected_at or amended.at
    return msgspec.structs.replace(
        amended,
        month=policy.month_of(assert_detected),
        rca_due=policy.rca_due(assert_detected),
        at_risk_at=policy.rca_at_risk_at(assert_detected),
        counts=policy.counts(severity),
    )


def _parsed(
    field: str, to: str | None, state: Incident, now: datetime
) -> Text | datetime | Severity | None:
    if to is None or (to == "" and field != "description"):
        if field in REQUIRED:
            raise Invalid(f"An incident needs its {field}.", errors=[("to", "must not be empty")])
        return None
    if field == "severity":
        try:
            return Severity(to)
        except ValueError:
            known = ", ".join(Severity)
            raise Invalid(
                f"{to!r} is not a severity.", errors=[("to", f"expected one of {known}")]
            ) from None
    if field in TIMES:
        return _time(field, to, state, now)
    return to


def _time(field: str, to: str, state: Incident, now: datetime) -> datetime:
    try:
        at = msgspec.convert(to, datetime)
    except msgspec.ValidationError as error:
        raise Invalid(f"{to!r} is not a time: {error}.", errors=[("to", str(error))]) from error
    if at.tzinfo is None:
        raise Invalid(
            f"{to!r} has no offset.", errors=[("to", "expected RFC 3339 with an offset or Z")]
        )
    if at > now:
        raise Refused(
            "not_in_the_future",
            f"{field} cannot be {to}: that is after now, {now.isoformat()}.",
            remedy="Give the time it happened.",
        )
    if field == "detected_at" and state.rca_completed_at and at > state.rca_completed_at:
        raise Refused(
            "rca_after_detection",
            f"detected_at cannot be {to}: the RCA was completed at "
            f"{state.rca_completed_at.isoformat()}.",
            remedy="Detection lies before the completion of the RCA.",
        )
    return at


def _text_of(value: Text | datetime | Severity | None) -> Text | None:
    if isinstance(value, datetime):
        return msgspec.to_builtins(value)  # type: ignore[no-any-return]
    return str(value) if isinstance(value, Severity) else value
