"""The trends: `airledger trends`."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.printing import format_time, label, print_json, print_line, print_table
from consumers.cli.reports import System
from consumers.cli.session import Json, SessionArg
from ledger.vocabulary import Severity, category_name

if TYPE_CHECKING:
    from consumers.read_service.trends import MonthTrend, Times, Trends

MEASURES = (("contain", "contain"), ("resolve", "resolve"), ("rca", "complete the RCA"))


def trends(
    *,
    month: Annotated[
        str | None, Parameter(help="Only this month, YYYY-MM; else --from and --to.")
    ] = None,
    first: Annotated[str | None, Parameter(name="--from", help="The first month: YYYY-MM.")] = None,
    last: Annotated[str | None, Parameter(name="--to", help="The last month: YYYY-MM.")] = None,
    system: System = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Times, counts and shares of the incidents of some months; by default of the last six.

    Times run from detection. Median and 90th percentile are of the recorded times, by nearest rank.
    Near misses, dismissed and merged incidents are left out.
    """
    from consumers.client.queries import trends_of

    with session.open_client() as client:
        found = client.view(trends_of(month=month, first=first, last=last, system=system), "")
    if json:
        print_json(found)
        return
    if not found.incidents + found.near_misses + found.dismissed + found.merged:
        print_line(f"No incident was detected from {found.first} to {found.last}.")
        return
    _print(found)


def _print(found: "Trends") -> None:
    print_table(
        ("Month", "Incidents", "Near misses", "Dismissed", "Merged"),
        [
            *((each.month, *_counts(each)) for each in found.months),
            ("all", *_counts(found)),
            ("share", "", "", _share(found.dismissed_share), _share(found.merged_share)),
        ],
    )
    for name, what in MEASURES:
        print_line(f"\nTime to {what}")
        rows = [(each.month, getattr(each, name)) for each in found.months]
        print_table(
            ("Month", "Median", "90th", "Recorded", "Pending", "Not applicable", "Invalid"),
            (_times(month, times) for month, times in (*rows, ("all", getattr(found, name)))),
        )
    print_line("")
    print_table(
        ("System", "Incidents", "RCA overdue", "Contain", "Resolve", "RCA"),
        (
            (
                each.system,
                each.incidents,
                each.rca_overdue,
                *(_span(getattr(each, name).median_seconds) for name, _ in MEASURES),
            )
            for each in found.systems
        ),
        fold="System",
    )
    print_line("")
    print_table(
        ("Severity", "Incidents"),
        ((label(each.value, Severity), each.incidents) for each in found.severities),
    )
    print_line("")
    print_table(
        ("Category", "Incidents"),
        (
            ("-" if each.value is None else category_name(each.value), each.incidents)
            for each in found.categories
        ),
    )
    if found.late:
        print_line("")
        print_table(
            ("Owner", "RCA overdue", "First due (UTC)"),
            (
                (each.owner or "nobody", each.overdue, format_time(each.oldest_due))
                for each in found.late
            ),
            fold="Owner",
        )


def _counts(of: "Trends | MonthTrend") -> tuple[int, ...]:
    return of.incidents, of.near_misses, of.dismissed, of.merged


def _times(month: str, times: "Times") -> tuple[object, ...]:
    return (
        month,
        _span(times.median_seconds),
        _span(times.p90_seconds),
        times.recorded,
        times.pending,
        times.not_applicable,
        times.invalid,
    )


def _span(seconds: float | None) -> str:
    """A duration as hours and minutes, or seconds where it is shorter than a minute."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
