"""Corrections of what commands wrote: containment, communications, the RCA, reasons, notes, ..."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain.envelope import Event
from ledger.domain.incident import events as e
from ledger.domain.incident import written as w
from ledger.domain.incident.commands import Amend
from ledger.domain.incident.rules import occurred_at, rca_completed_at
from ledger.domain.incident.state import Incident
from ledger.domain.rfc3339 import readable
from ledger.errors import Invalid, Refused
from ledger.policy import Policy

MOST_BYTES = 60_000
"""Old text, new text and reason as JSON: the envelope has the rest of an event's 65,535 bytes."""

_OF_A_STEP = ("at", "note")
"""The fields that a step has of the event that moved it last."""

_OCCURRED: Mapping[type[Event], str] = {
    e.Contained: "been contained",
    e.Communicated: "been communicated",
    e.RiskManagerNotified: "been notified",
    e.RollbackExecuted: "been rolled back",
    e.RollbackFailed: "been rolled back",
}


def decide_correction(
    command: Amend, place: w.Place, state: Incident, policy: Policy, now: datetime
) -> tuple[e.Amended, ...]:
    """A correction of what an event wrote; the same value is nothing to do.

    It may be made whatever became of the incident since. Raises Invalid or Refused.
    """
    number = _number(place, state)
    event = state.written.events[number]
    old = w.value_of(event, place.field)
    new = _parsed(command.to or "", event, place.field, state, policy, now)
    if new == old or (not new and not old):
        return ()
    if isinstance(event, e.Closed) and not new:  # it may have been closed for this reason alone
        told = "must not be empty: a reason that was given is replaced by another one"
        raise Invalid(f"The value is invalid: {told}.", errors=[("to", told)])
    amended = e.Amended(
        at=now,
        field=f"{place.what}.{number}.{place.field}",
        from_=w.text_of(old),
        to=w.text_of(new),
        reason=command.reason,
        moves=_moved(event, number, place.field, state) or UNSET,
        rca_completed_at=new
        if isinstance(event, e.RcaCompleted) and isinstance(new, datetime)
        else UNSET,
    )
    return (_fitted(amended, policy),)


def _moved(event: Event, number: int, field: str, state: Incident) -> str | None:
    """The step that has this field of this event, or the part of the incident that does."""
    if isinstance(event, e.RcaPreliminary):
        return "rca/preliminary" if event == state.preliminary else None
    if isinstance(event, e.RcaApproved):
        return "rca/approve" if field == "comment" else None
    by = state.written.step_by.items()
    return next((step for step, last in by if last == number and field in _OF_A_STEP), None)


def _number(place: w.Place, state: Incident) -> int:
    """The version of the event that is meant."""
    if f"{place.what}.{place.field}" not in w.names():
        raise Invalid(
            f"There is no field {place.what}.{place.field} to amend.",
            errors=[("field", f"expected one of {', '.join(w.names())}")],
        )
    found = sorted(
        number
        for number, event in state.written.events.items()
        if w.what_of(type(event)) == place.what and place.field in w.fields_of(type(event))
    )
    if place.number is None and found:
        return found[-1]
    if place.number is not None and place.number in found:
        return place.number
    raise Refused(
        "nothing_to_correct",
        f"No {place.what} with the field {place.field} was recorded"
        + (f" as event {place.number}." if place.number else "."),
        remedy=f"Those are recorded as event {', '.join(map(str, found))}: name one of them."
        if found
        else "Record it first; then it can be corrected.",
    )


def _parsed(
    to: str, event: Event, field: str, state: Incident, policy: Policy, now: datetime
) -> w.Value:
    """The value, under the rules that it was first stated under."""
    form, kind = w.fields_of(type(event))[field], w.type_of(type(event), field)
    given: Any = to
    if form is w.Form.LIST:
        given = list(w.lines_of(to))
    elif form is w.Form.TIME:
        given = readable(to)
    try:
        value = msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        told = "must not be empty" if not to else str(error).replace("`", "")
        raise Invalid(f"The value is invalid: {told}.", errors=[("to", told)]) from error
    if isinstance(value, datetime):
        if isinstance(event, e.RcaCompleted):
            return rca_completed_at(value, state, policy, now)
        return occurred_at(_OCCURRED.get(type(event), "happened"), value, now, policy)
    if isinstance(value, list):
        return tuple(value)
    return value or None if isinstance(event, e.Closed) else value


def _fitted(amended: e.Amended, policy: Policy) -> e.Amended:
    """The correction with its old text cut where both texts do not fit an event."""
    if policy.privacy.of_persons:  # the texts lie beside the event
        return amended
    room = MOST_BYTES - _size(amended.to) - _size(amended.reason)
    old = amended.from_
    if not isinstance(old, str) or _size(old) <= room:
        return amended
    while old and _size(old) > room:
        old = old[: len(old) // 2]
    return replace(amended, from_=f"{old}…", shortened=True)


def _size(text: e.Correction) -> int:
    return len(msgspec.json.encode(text))
