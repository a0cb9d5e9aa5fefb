"""What the commands of lists share: options, and the output as JSON, CSV or JSON Lines."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeVar

from cyclopts import Parameter

from consumers.cli.arguments import require_text, told_time
from consumers.cli.printing import print_items, write_bytes
from consumers.cli.session import Session
from consumers.cli.times import has_offset
from ledger.errors import Invalid

if TYPE_CHECKING:
    from consumers.client.protocol import Client, ListQuery

T = TypeVar("T")

From = Annotated[
    str | None,
    Parameter(
        name="--from",
        help="Not before this day (in UTC, or in the zone of --tz) or time: 2026-11-01, yesterday "
        "14:00, 10 minutes ago, or with its offset.",
    ),
]
To = Annotated[
    str | None,
    Parameter(name="--to", help="Not after this day or time, likewise."),
]
Search = Annotated[
    str | None,
    Parameter(
        name="--q",
        help="Words that all have to occur in title, description, system, external id or "
        "reference; each matches the beginning of a word.",
    ),
]
Owner = Annotated[str | None, Parameter(help="Only those of this owner; none: those without one.")]
Sort = Annotated[
    str | None,
    Parameter(
        help="A column, such as severity or -severity; - is descending order: --sort=-severity."
    ),
]
FormatOption = Annotated[
    Literal["table", "json", "csv", "jsonl"] | None,
    Parameter(name="--format", help="table, json (as --json), csv or jsonl (one object a line)."),
]


_BOUNDS = ("from", "to")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def flag(value: bool | None) -> str | None:
    """The value of a filter that is a flag; None where it is not given."""
    return None if value is None else str(value).lower()


def _bound(session: Session, option: str, text: str) -> str:
    """A day as it is, where days are UTC's; else the time that is meant, in RFC 3339."""
    if has_offset(text) or (_DAY.fullmatch(text) and session.settings().time_zone is None):
        return text
    at = told_time(f"--{option}", text, session.times(), ends=option == "to")
    return at.isoformat().replace("+00:00", "Z")


class Output(NamedTuple):
    """How a list is printed: its order, how much of it, and in which format."""

    sort: str | None = None
    limit: int | None = None
    form: str | None = None
    json: bool = False


def listed(
    session: Session,
    client: "Client",
    of: "ListQuery[T]",
    given: Mapping[str, Any],
    output: Output,
) -> "Sequence[T] | None":
    """The items of a list for a table; None where they were printed in another format."""
    from consumers.exports.formats import ExportFormat

    sort, limit, form, json = output
    if json and form not in {None, "json"}:
        raise Invalid(f"--json and --format {form} contradict each other.", remedy="Give one.")
    for option, value in given.items():
        if value is not None:
            require_text(f"--{option}", value)
    wanted = {option: value for option, value in given.items() if value}
    wanted |= {
        option: _bound(session, option, wanted[option]) for option in _BOUNDS if option in wanted
    }
    if form in {"csv", "jsonl"}:
        write_bytes(client.export(of, wanted, form=ExportFormat(form), sort=sort, limit=limit))
        return None
    items = client.items(of, wanted, sort=sort, limit=limit).items
    if json or form == "json":
        print_items(items)
        return None
    return items
