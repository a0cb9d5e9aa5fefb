"""The coverage of a month: `airledger coverage`."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.printing import (
    format_time,
    label,
    print_json,
    print_line,
    print_note,
    print_table,
)
from consumers.cli.register import require_month
from consumers.cli.session import Json, SessionArg
from ledger.vocabulary import GapReason

if TYPE_CHECKING:
    from consumers.read_service.coverage import Coverage


def coverage(
    *,
    month: Annotated[
        str | None, Parameter(help="The month, YYYY-MM; the present one by default.")
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """The share of a month, up to now, that each source and system was heard, with the gaps.

    A source is silent after what the policy's coverage says; where it says nothing, the share is at
    most so large. A system was heard when all of its sources were.
    """
    from consumers.client.queries import coverage_of

    require_month(month)
    with session.open_client() as client:
        found = client.view(coverage_of(month), "")
    if json:
        print_json(found)
        return
    if not found.sources:
        print_note(
            f"Nothing is known of {found.month}: no source could send then, or none took it."
        )
        _print_readers(found)
        return
    print_table(
        ("Source", "Kind", "Heard", "Last heard (UTC)", "Alerts left out"),
        (
            (
                each.source,
                each.kind or "-",
                each.heard.percent,
                format_time(each.last_heard_at),
                each.alerts_left_out,
            )
            for each in found.sources
        ),
        fold="Source",
    )
    print_line("")
    gaps = [(each.source, gap) for each in found.sources for gap in each.gaps]
    if gaps:
        print_table(
            ("Source", "From (UTC)", "Until (UTC)", "Why", "System"),
            (
                (
                    source,
                    format_time(gap.since),
                    format_time(gap.until),
                    label(gap.why, GapReason),
                    gap.system or "all",
                )
                for source, gap in gaps
            ),
            fold="Source",
        )
    else:
        print_line("No gaps.")
    if found.systems:
        print_line("")
        print_table(
            ("System", "Incidents and coverage"),
            ((each.system, each.words) for each in found.systems),
            fold="System",
        )
    _print_readers(found)


def _print_readers(found: "Coverage") -> None:
    """When servers that measurements are read from could not be reached."""
    if not found.readers:
        return
    print_line("")
    print_table(
        ("Reader", "From (UTC)", "Until (UTC)", "Why"),
        (
            (
                each.reader,
                format_time(gap.since),
                format_time(gap.until),
                label(gap.why, GapReason),
            )
            for each in found.readers
            for gap in each.gaps
        ),
        fold="Reader",
    )
