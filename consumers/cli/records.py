"""Prints what was written about an incident, and what its alerts bring: for `incident show`."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from consumers.cli.printing import moment, print_fields, print_line
from consumers.text_safety import escape_controls

if TYPE_CHECKING:
    from consumers.read_service.incident_views import IncidentDetail
    from consumers.read_service.records import Correction, Record

WithReferences = Callable[[str], str]


def print_records(view: "IncidentDetail", with_references: WithReferences) -> None:
    """Prints each record with its fields; a corrected one with what it was, by whom and why."""
    from consumers.read_service.records import applied_in

    applied = applied_in(view.records)
    print_line("")
    if len(view.records) < view.records_total:
        print_line(f"The newest {len(view.records)} of {view.records_total} records:")
    for record in view.records:
        print_line(_heading(record))
        print_fields(
            (f"  {label}", _value(label, value, corrections, with_references))
            for label, value, corrections in record.shown(applied)
        )


def print_context(view: "IncidentDetail") -> None:
    """Prints the links and explanations of its newest alerts."""
    for each in view.context:
        print_line(f"From the alert {escape_controls(each.title, one_line=True)}")
        print_fields(
            (
                *((f"  {name}", text) for name, text in each.texts.items()),
                *((f"  {link.name}", link.url) for link in each.links),
            )
        )


def value_text(value: Any) -> str:
    """A value for people; the texts of a list stand on lines of their own."""
    from consumers.read_service.wording import is_time

    if is_time(value):
        return moment(value, seconds=True)
    if isinstance(value, list):
        return "\n".join(f"- {each}" for each in value) or "empty"
    return "empty" if value in (None, "") else str(value)


def _heading(record: "Record") -> str:
    amend = f"  (amend as {record.name})" if record.name else ""
    by = escape_controls(record.by, one_line=True)
    return f"{record.title}  {moment(record.at, seconds=True)} by {by}{amend}"


def _value(
    label: str, value: Any, corrections: "list[Correction]", with_references: WithReferences
) -> str:
    text = value_text(value)
    if label in {"Into", "Incident"}:
        text = with_references(f"incident/{text}")
    return "\n".join((text, *_history(corrections)))


def _history(corrections: "list[Correction]") -> Iterator[str]:
    for each in corrections:
        at = moment(each.at, seconds=True)
        yield f"corrected {at} by {each.by}: {each.reason}"
        old = value_text(each.from_)
        yield f"it was: {old}" if not isinstance(each.from_, list) else f"it was:\n{old}"
