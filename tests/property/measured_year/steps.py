"""What may happen in a year of measurements, as plain values."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tests.property.measured_year.terms import Terms


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    span: timedelta


@dataclass(frozen=True)
class WaitForQuarter:
    """Time passes until a span from the next quarter's first instant in a zone."""

    zone: str
    span: timedelta


@dataclass(frozen=True)
class Place:
    """Where in a file a value stands, and the number of the mapping that it was read with."""

    file: int
    path: int
    mapping: int = 0


@dataclass(frozen=True)
class Measure:
    """A metric is measured, once an hour: `values` one after the other, in the base unit.

    Each ends `ago` before the time at which it is recorded. `unit` and `direction` count what may
    be sent; None, none is.
    """

    host: int
    system: str
    metric: str
    values: tuple[str, ...]
    unit: int | None = 0
    n: int | None = 100
    direction: Literal["lower", "higher"] | None = None
    evaluation: bool = False
    segment: tuple[tuple[str, str], ...] = ()
    ago: timedelta = timedelta(0)
    minutes: int = 60
    dataset: str | None = None
    judge: str | None = None
    place: Place | None = None
    own_id: str | None = None


@dataclass(frozen=True)
class Again:
    """The measurement of that number, counted back from the newest, is sent once more."""

    host: int
    number: int


@dataclass(frozen=True)
class Retract:
    """The measurement of that number, counted back from the newest, was wrong."""

    host: int
    number: int


@dataclass(frozen=True)
class RetractShown:
    """A measurement that showed a breach was wrong: the one with that number, counted round."""

    host: int
    number: int


@dataclass(frozen=True)
class Correct:
    """A value of a file was retracted, and the file is read once more by another mapping."""

    host: int
    number: int
    value: str
    mapping: int
    segment: tuple[tuple[str, str], ...] | None = None
    evaluation: bool = False


@dataclass(frozen=True)
class Adopt:
    """Other terms take force."""

    host: int
    terms: Terms


@dataclass(frozen=True)
class Register:
    """A system is registered, or retired."""

    host: int
    system: str
    retired: bool = False


Part = Literal["seal", "judge", "act", "race", "die", "die_after", "restart", "project", "rebuild"]


@dataclass(frozen=True)
class Run:
    """A part of a host does what there is to do, dies at it, or is built anew."""

    part: Part
    host: int = 0


@dataclass(frozen=True)
class Look:
    """Somebody looks at all objectives."""


Step = (
    Wait
    | WaitForQuarter
    | Measure
    | Again
    | Retract
    | RetractShown
    | Correct
    | Adopt
    | Register
    | Run
    | Look
)
