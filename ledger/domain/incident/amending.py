"""Corrections: an amendment is a new event; nothing recorded is edited."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from ledger.domain.incident import owing
from ledger.domain.incident.commands import Amend
from ledger.domain.incident.correcting import decide_correction
from ledger.domain.incident.events import Amended
from ledger.domain.incident.rules import counts, occurred_at, require_known, require_reported
from ledger.domain.incident.state import Incident
from ledger.domain.incident.written import names, place_of
from ledger.domain.rfc3339 import readable
from ledger.domain.text import Text
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.vocabulary import Severity, Status

LONGEST: Mapping[str, int] = {
    "title": 500,
    "system": 200,
    "description": 10_000,
    "external_id": 200,
    "system_action": 10_000,
}
"""The texts that may be corrected, and how many characters each may have, as when reported."""
TIMES: Mapping[str, str] = {"detected_at": "been detected", "impact_ended_at": "ended"}
"""The times that may be corrected, in words."""
FIELDS = (*LONGEST, "severity", *TIMES)
REQUIRED = frozenset({"title", "system", "detected_at"})
EMPTY_TEXTS = frozenset({"description", "system_action"})
"""Of these, none is the empty text."""

Value = Text | datetime | Severity | None


def decide_amend(
    command: Amend, state: Incident, policy: Policy, now: datetime
) -> tuple[Amended, ...]:
    """A correction of one field; the same value is nothing to do. Raises Invalid or Refused."""
    field = command.field
    if (place := place_of(field)) is not None:
        require_reported(state)
        return decide_correction(command, place, state, policy, now)
    require_known(state)
    if field not in FIELDS:
        raise Invalid(
            f"There is no field {field!r} to amend.",
            errors=[("field", f"expected one of {', '.join((*FIELDS, *names()))}")],
        )
    old: Value = state.end if field == "impact_ended_at" else getattr(state, field)
    new = _parsed(field, command.to, state, policy, now)
    if new == old:
        return ()
    amended = Amended(
        at=now, field=field, from_=_text_of(old), to=_text_of(new), reason=command.reason
    )
    return (_restated(amended, new, state, policy),)


def raise_severity(
    state: Incident, severity: Severity | None, alert: UUID, policy: Policy, at: datetime
) -> tuple[Amended, ...]:
    """The correction that an alert which is worse makes of its open incident's severity.

    None where the incident is as bad, and where a person stated how bad it is.
    """
    if state.status is not Status.OPEN or state.severity_stated:
        return ()
    if severity is None or not severity.worse_than(state.severity):
        return ()
    amended = Amended(
        at=at,
        field="severity",
        from_=_text_of(state.severity),
        to=_text_of(severity),
        reason=f"Its alert is {severity.label.lower()}.",
        alert=alert,
    )
    return (_restated(amended, severity, state, policy),)


def _restated(amended: Amended, new: Value, state: Incident, policy: Policy) -> Amended:
    """With what detection took from the policy, where the field is part of what was detected.

    Only what depends on the field is taken anew: a policy adopted since moves nothing else.
    """
    if amended.field not in {"detected_at", "severity", "system"}:
        return amended
    as_before = replace(
        amended,
        month=state.month,
        rca_due=state.preliminary_due or state.rca_due,
        at_risk_at=state.preliminary_at_risk_at or state.at_risk_at,
        counts=state.counts,
    )
    if isinstance(new, datetime):
        return replace(
            as_before,
            month=policy.month_of(new),
            rca_due=policy.rca_due(new, state.category, state.severity),
            at_risk_at=policy.rca_at_risk_at(new, state.category, state.severity),
        )
    if amended.field == "severity":
        severity = new if isinstance(new, Severity) else None
        due = owing.moved_due(state, policy, state.category, severity, amended.at)
        return replace(
            as_before,
            rca_due=due.at if due else as_before.rca_due,
            at_risk_at=due.at_risk_at if due else as_before.at_risk_at,
            counts=counts(state, severity, policy),
            steps=owing.added_by(state, policy, state.category, severity),
        )
    return as_before


def _parsed(field: str, to: str | None, state: Incident, policy: Policy, now: datetime) -> Value:
    if not to:
        if field in REQUIRED:
            raise Invalid(f"An incident needs its {field}.", errors=[("to", "must not be empty")])
        return "" if field in EMPTY_TEXTS else None
    if field == "severity":
        return _severity(to)
    if field in TIMES:
        return _time(field, to, state, policy, now)
    if len(to) > LONGEST[field]:
        raise Invalid(
            f"The {field} has {len(to)} characters.",
            errors=[("to", f"expected at most {LONGEST[field]} characters")],
        )
    return to


def _severity(to: str) -> Severity:
    try:
        return Severity(to)
    except ValueError:
        raise Invalid(
            f"{to!r} is not a severity.", errors=[("to", f"expected one of {', '.join(Severity)}")]
        ) from None


def _time(field: str, to: str, state: Incident, policy: Policy, now: datetime) -> datetime:
    try:
        given = msgspec.convert(readable(to), datetime)
    except msgspec.ValidationError as error:
        raise Invalid(f"{to!r} is not a time: {error}.", errors=[("to", str(error))]) from error
    if given.tzinfo is None:
        raise Invalid(
            f"{to!r} has no offset.", errors=[("to", "expected RFC 3339 with an offset or Z")]
        )
    at = occurred_at(TIMES[field], given, now, policy)
    preliminary_at = state.preliminary.at if state.preliminary else None
    for done_at, what in ((state.rca_completed_at, "RCA"), (preliminary_at, "preliminary RCA")):
        if field == "detected_at" and done_at and at > done_at:
            raise Refused(
                "rca_after_detection",
                f"detected_at cannot be {to}: the {what} was completed at {done_at.isoformat()}.",
                remedy="Detection lies before the completion of the RCA.",
            )
    return at


def _text_of(value: Value) -> Text | None:
    if isinstance(value, datetime):
        return msgspec.to_builtins(value)  # type: ignore[no-any-return]
    return str(value) if isinstance(value, Severity) else value
