"""A system's events as sentences for people: the lines of its timeline."""

from typing import assert_never

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from ledger.domain.system import events as e
from ledger.domain.text import Text, plain_text
from ledger.policy.times import time_text


def describe(event: e.SystemEvent) -> str:
    """What happened, for people."""
    match event:
        case e.SystemRegistered():
            return f"Registered: {event.title}. {plain_text(event.intended_purpose)}"
        case e.SystemAmended():
            given = (name for name, value in asdict(event).items() if value is not UNSET)
            fields = ", ".join(sorted(set(given) - {"at", "reason"})).replace("_", " ")
            return f"Corrected {fields}{_because(event.reason)}"
        case e.SystemClassified():
            until = f", until {time_text(event.until)}" if event.until else ""
            return f"Classified {event.risk_class.label}{until}{_because(event.basis)}"
        case e.ClassificationEnded():
            return f"The classification {event.risk_class.label} ended; nobody renewed it"
        case e.DependencyAdded():
            return f"Depends on {_what(event)}"
        case e.DependencyRemoved():
            return f"No longer depends on {_what(event)}"
        case e.AliasAdded():
            return f"Has the name {event.alias}, too"
        case e.AliasRemoved():
            return f"No longer has the name {event.alias}"
        case e.IterationBegun():
            begun = f"Iteration {event.iteration} begun ({event.cause.label})"
            return f"{begun}{_because(event.reason)}"
        case e.PhaseEntered():
            entered = f"Iteration {event.iteration} entered {event.phase.label}"
            with_release = " with a release that was decided go" if event.release else ""
            return f"{entered}{with_release}{_because(event.reason)}"
        case e.SystemRetired():
            return (
                f"Retired. Data: {plain_text(event.data)} Keys: {plain_text(event.keys)} "
                f"Users: {plain_text(event.users)}"
                f"{f' Open clocks: {plain_text(event.open_clocks)}' if event.open_clocks else ''}"
            )
        case _:
            assert_never(event)


def _because(reason: Text | UnsetType) -> str:
    return "" if isinstance(reason, UnsetType) else f": {plain_text(reason)}"


def _what(event: e.DependencyAdded | e.DependencyRemoved) -> str:
    return f"{event.supplier} {event.service}" + (f" ({event.model})" if event.model else "")
