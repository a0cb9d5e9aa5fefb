"""What whoever sends a file declares of it: it fills what is missing, and contradicts nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from consumers.evaluations.lookup import Stated
from consumers.evaluations.moments import Unzoned
from consumers.evaluations.values import Declared, ValueRefused
from ledger.errors import Invalid
from ledger.policy.zones import zone_fault
from ledger.vocabulary import Direction, Origin

T = TypeVar("T")
_LOOKED_INTO = msgspec.json.Decoder(Declared)
"""Built here, before there are two threads (`consumers.evaluations.mapping`)."""


def check_declared(declared: Declared) -> None:
    """Raises Invalid for what can be true of no file."""
    if declared.zone is not None:
        for _, fault in zone_fault("zone", declared.zone):
            raise Invalid(f"The zone is not known. {fault}")
    if declared.measured_at is not None and declared.measured_at.tzinfo is None:
        raise Invalid("The time of measurement has no offset.", remedy="Add one, or a Z for UTC.")
    try:
        msgspec.convert(msgspec.to_builtins(declared), Declared, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(f"What is declared is not valid: {error}.") from None


def agreed(path: str, what: str, said: Stated[T] | None, declared: T | None) -> Stated[T] | None:
    """What the file says and what is declared, in one. Raises ValueRefused where they differ."""
    if said is None:
        return None if declared is None else Stated(declared, Origin.DECLARED)
    if declared is not None and declared != said.value:
        says = "the file" if said.origin is Origin.FILE else "the mapping"
        why = f"{says} says {what} {said.value!s}, and {declared!s} was declared"
        raise ValueRefused(path, str(said.value), why)
    return said


def agreed_labels(
    path: str, said: Mapping[str, str], declared: Mapping[str, str]
) -> Mapping[str, str]:
    """The labels of both. Raises ValueRefused where they differ."""
    for label, value in declared.items():
        if said.get(label, value) != value:
            why = f"the file says {label} {said[label]}, and {value} was declared"
            raise ValueRefused(path, said[label], why)
    return {**said, **declared}


def agreed_time(
    path: str, said: datetime | Unzoned | None, declared: datetime | None
) -> Stated[datetime | None]:
    """When it was measured; None: nothing says it. Raises ValueRefused."""
    if said is None:
        return Stated(declared, Origin.RECEIPT if declared is None else Origin.DECLARED)
    if isinstance(said, datetime):
        agreed(path, "it was measured at", Stated(said, Origin.FILE), declared)
        return Stated(said, Origin.FILE)
    shown = said.local.isoformat()
    if declared is None:
        why = "the file's time has no offset: declare its zone, or the time of measurement"
        raise ValueRefused(path, shown, why)
    if not said.agrees_with(declared):
        why = f"the file says {shown}, and {declared!s} was declared"
        raise ValueRefused(path, shown, why)
    return Stated(declared, Origin.DECLARED)


def direction_of(path: str, said: Stated[str] | None) -> Stated[Direction] | None:
    """The direction that a text names. Raises ValueRefused for another word."""
    if said is None:
        return None
    try:
        return Stated(Direction(said.value), said.origin)
    except ValueError:
        why = f"{said.value[:80]!r} is no direction: higher or lower"
        raise ValueRefused(path, said.value, why) from None
