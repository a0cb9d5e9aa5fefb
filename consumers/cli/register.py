"""The register: `airledger incidents`."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from consumers.cli.listing import FormatOption, From, Output, Owner, Search, Sort, To, flag, listed
from consumers.cli.printing import (
    ROOMY,
    console,
    format_time,
    label,
    print_note,
    print_table,
    stack,
)
from consumers.cli.session import Json, Limit, SessionArg
from ledger.errors import Invalid
from ledger.vocabulary import MONTH, Impact, RcaState, Severity, Status

if TYPE_CHECKING:
    from rich.text import Text

    from consumers.read_service.incident_views import IncidentView


def choice(text: str) -> Any:
    """An option with the values of an enumeration, as in JSON."""
    return Parameter(name_transform=str.lower, help=text)


def incidents(
    *,
    system: Annotated[str | None, Parameter(help="Only those of this system.")] = None,
    category: Annotated[str | None, Parameter(help="Only those of this category.")] = None,
    severity: Annotated[Severity | None, choice("Only those of this severity.")] = None,
    status: Annotated[Status | None, choice("Only those in this status.")] = None,
    month: Annotated[str | None, Parameter(help="Only those counted in it: YYYY-MM.")] = None,
    impact: Annotated[
        Impact | None, choice("Only those with this impact; merged ones are left out.")
    ] = None,
    near_miss: Annotated[
        bool | None, Parameter(help="Only near misses, or with --no-near-miss all others.")
    ] = None,
    triage: Annotated[
        bool | None,
        Parameter(help="Only open ones without a severity or a category, or all others."),
    ] = None,
    untold: Annotated[
        bool | None,
        Parameter(
            help="Only open ones of which the policy in force would tell, and of which nobody was "
            "told; or all others."
        ),
    ] = None,
    owner: Owner = None,
    first: From = None,
    last: To = None,
    search: Search = None,
    sort: Sort = None,
    limit: Limit = None,
    form: FormatOption = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """The incident register: every incident, newest detection first.

    Times are UTC, or in the zone of --tz. "RCA" is the state of the root cause analysis now.
    """
    from consumers.client.queries import REGISTER

    require_month(month)
    given: dict[str, str | None] = {
        "system": system,
        "category": category,
        "severity": severity,
        "status": status,
        "month": month,
        "impact": impact,
        "near_miss": flag(near_miss),
        "triage": flag(triage),
        "untold": flag(untold),
        "owner": owner,
        "from": first,
        "to": last,
        "q": search,
    }
    with session.open_client() as client:
        views = listed(session, client, REGISTER, given, Output(sort, limit, form, json))
    if views is None:
        return
    if not views:
        narrowed = any(given.values())
        print_note("No incident matches." if narrowed else "No incident was recorded yet.")
        return
    print_register(views)


def require_month(month: str | None) -> None:
    """Raises Invalid for a value that is not a month."""
    if month is not None and MONTH.fullmatch(month) is None:
        raise Invalid(f"--month {month!r} is invalid.", remedy="Write it as 2026-11.")


def print_register(views: "Sequence[IncidentView]") -> None:
    """A table of incidents, and their totals."""
    if console().width >= ROOMY:
        _print_wide(views)
    else:
        _print_narrow(views)
    print_note(summary(views))


def _print_wide(views: "Sequence[IncidentView]") -> None:
    print_table(
        (
            *("Incident", "Severity", "Status", "Impact", "System", "Title"),
            *("Detected (UTC)", "RCA due (UTC)", "RCA", "Next step"),
        ),
        (
            (
                view.reference,
                label(view.severity, Severity),
                status_of(view),
                label(view.impact, Impact),
                view.system,
                view.title,
                format_time(view.detected_at),
                format_time(view.rca.due_at),
                label(view.rca.state, RcaState),
                next_step(view),
            )
            for view in views
        ),
        fold="Title",
    )


def _print_narrow(views: "Sequence[IncidentView]") -> None:
    """The same for 80 columns: two or more lines per incident."""
    print_table(
        ("Incident", "Status", "What and when (UTC)", "RCA due (UTC), next step"),
        (
            (
                stack(view.reference, label(view.severity, Severity)),
                stack(status_of(view), label(view.impact, Impact)),
                stack(view.title, f"{view.system}, {format_time(view.detected_at)}"),
                stack(
                    label(view.rca.state, RcaState), format_time(view.rca.due_at), next_step(view)
                ),
            )
            for view in views
        ),
    )


def status_of(view: "IncidentView") -> "Text | str":
    """The status, and whether it is a near miss or waits for triage."""
    words = label(view.status, Status)
    words += ", near miss" if view.near_miss else ""
    return words + ", triage" if view.triage else words


def next_step(view: "IncidentView") -> str:
    """The next step; an open incident without a pending step can be closed."""
    if view.status != Status.OPEN:
        return "-"
    return view.steps[view.next_step].label if view.next_step else "Close"


def summary(views: "Sequence[IncidentView]") -> str:
    """The totals below the table."""
    count = len(views)
    still = [view for view in views if view.status == Status.OPEN]
    triage = sum(view.triage for view in still)
    near_misses = sum(view.near_miss for view in views)
    unknown = sum(view.impact == Impact.UNKNOWN for view in still)
    rca = Counter(view.rca.state for view in views)
    totals = [
        f"{count} incident{'' if count == 1 else 's'}",
        f"{len(still)} open",
        f"{sum(view.impact == Impact.ONGOING for view in still)} with ongoing impact",
        *([f"{unknown} with unknown impact"] if unknown else []),
        *([f"{near_misses} near miss{'' if near_misses == 1 else 'es'}"] if near_misses else []),
        *([f"{triage} waiting for triage"] if triage else []),
        f"RCA at risk: {rca[RcaState.AT_RISK]}",
        f"breached: {rca[RcaState.BREACHED]}",
    ]
    return ", ".join(totals)
