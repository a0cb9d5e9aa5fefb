"""A measurement's events as sentences for people."""

from typing import assert_never

from ledger.domain.metric import events as e
from ledger.domain.text import plain_text


def describe(event: e.MetricEvent) -> str:
    """The event as a sentence."""
    match event:
        case e.Measured():
            return f"{event.metric} was {amount(event)}{_samples(event)}{_part(event)}"
        case e.Retracted():
            return f"Retracted: {plain_text(event.reason)}"
        case _:
            assert_never(event)


def amount(event: e.Measured) -> str:
    """The value with its unit, as it came."""
    unit = event.unit or "of an unknown unit"
    return f"{event.value:g}" if unit == "1" else f"{event.value:g} {unit}"


def _samples(event: e.Measured) -> str:
    return f", of {event.n} samples" if event.n else ", of an unknown number of samples"


def _part(event: e.Measured) -> str:
    labels = ", ".join(f"{name} {value}" for name, value in event.segment.items())
    return f" ({labels})" if labels else ""
