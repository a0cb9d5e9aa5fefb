"""Reports for risk managers: `airledger rca`, `counts`, `reviews`, `alerts`."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.listing import FormatOption, From, Output, Owner, Search, Sort, To, listed
from consumers.cli.printing import format_time, label, print_note, print_table, stack
from consumers.cli.register import choice, require_month
from consumers.cli.session import Json, Limit, SessionArg
from ledger.vocabulary import AlertState, RcaState, ReviewState, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from consumers.read_service.alerts import AlertView
    from consumers.read_service.rca import RcaClock

System = Annotated[str | None, Parameter(help="Only those of this system.")]
SeverityOption = Annotated[Severity | None, choice("Only those of this severity.")]
Month = Annotated[str | None, Parameter(help="Only this month: YYYY-MM.")]


def rca(
    *,
    state: Annotated[RcaState | None, choice("Only those in this state now.")] = None,
    system: System = None,
    month: Month = None,
    status: Annotated[Status | None, choice("Only those whose incident is in it.")] = None,
    severity: SeverityOption = None,
    incident: Annotated[
        str | None, Parameter(help="Only that of this incident: its reference or id.")
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
    """The RCA clocks, the earliest due first. Times are UTC, or in the zone of --tz.

    "At due" is what had been recorded when the RCA was first due; it changes only if a wrong mark
    is withdrawn.
    """
    from consumers.client.queries import RCA

    require_month(month)
    filters = {
        "state": state,
        "system": system,
        "month": month,
        "status": status,
        "severity": severity,
        "incident": incident,
        "owner": owner,
        "from": first,
        "to": last,
        "q": search,
    }
    with session.open_client() as client:
        found = listed(session, client, RCA, filters, Output(sort, limit, form, json))
    if found is None:
        return
    if not found:
        print_note("No RCA clock matches.")
        return
    print_table(
        ("Incident", "RCA", "Due", "Completed", "At due", "Severity", "System", "Title"),
        (
            (
                each.reference,
                label(each.state, RcaState),
                format_time(each.due_at),
                format_time(each.completed_at),
                _at_due(each),
                label(each.severity, Severity),
                each.system,
                each.title,
            )
            for each in found
        ),
        fold="Title",
    )
    states = Counter(each.state for each in found)
    totals = ", ".join(
        f"{state.label.lower()}: {states[state]}" for state in RcaState if states[state]
    )
    print_note(f"{len(found)} RCA{'' if len(found) == 1 else 's'}, {totals}")


def _at_due(clock: "RcaClock") -> "Text | str":
    verdict = clock.verdict_at_due or "-"
    more = [
        *(["mark withdrawn"] if clock.withdrawn else []),
        *(["preliminary"] if clock.preliminary_due_at else []),
        *(["awaits approval"] if clock.approval_awaited else []),
        *(["near miss"] if clock.near_miss else []),
    ]
    return stack(verdict, *more) if more else verdict


def counts(
    *,
    month: Month = None,
    system: System = None,
    sort: Sort = None,
    limit: Limit = None,
    form: FormatOption = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """The monthly counts by system, newest month first unless sorted otherwise.

    More than the threshold launch a review. Dismissed incidents do not count; merged ones count
    once, in their target. "Heard" is the share of the month, up to now, that all sources of the
    system were heard: see airledger coverage.
    """
    from consumers.client.queries import COUNTS

    require_month(month)
    with session.open_client() as client:
        output = Output(sort, limit, form, json)
        found = listed(session, client, COUNTS, {"month": month, "system": system}, output)
    if found is None:
        return
    if not found:
        print_note("No incident counts for a month that matches.")
        return
    print_table(
        (
            *("Month", "System", "Count", "Heard", "Threshold", "Crossed (UTC)", "Review"),
            *("Near misses", "Incidents"),
        ),
        (
            (
                each.month,
                each.system,
                each.count,
                each.heard.percent,
                each.threshold,
                format_time(each.crossed_at),
                "launched" if each.review else "-",
                each.near_misses or "-",
                _named(each.references, each.count),
            )
            for each in found
        ),
        fold="Incidents",
    )


def _named(references: "Sequence[str]", count: int) -> str:
    """The named incidents, and the number of others."""
    more = count - len(references)
    shown = [*references, *([f"and {more} more"] if more > 0 and references else [])]
    return " ".join(shown) or "-"


def reviews(
    *,
    state: Annotated[ReviewState | None, choice("Only those in this state now.")] = None,
    month: Month = None,
    system: System = None,
    owner: Owner = None,
    first: From = None,
    last: To = None,
    sort: Sort = None,
    limit: Limit = None,
    form: FormatOption = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """The reviews that were launched, the newest first.

    At most one per system and month, for more incidents than the policy allowed then. A review
    stays when the count falls. One that is not concluded at its due time is overdue.
    """
    from consumers.client.queries import REVIEWS

    require_month(month)
    filters = {
        "month": month,
        "system": system,
        "state": state,
        "owner": owner,
        "from": first,
        "to": last,
    }
    with session.open_client() as client:
        found = listed(session, client, REVIEWS, filters, Output(sort, limit, form, json))
    if found is None:
        return
    if not found:
        print_note("No review was launched that matches.")
        return
    print_table(
        (
            "Review",
            "State",
            "Due (UTC)",
            "Owner",
            "Launched (UTC)",
            "Month",
            "System",
            "Count",
            "Threshold",
            "Incidents",
            "Later",
        ),
        (
            (
                each.reference,
                stack(label(each.state, ReviewState), *(["late"] if each.late else [])),
                format_time(each.due_at),
                each.owner or "-",
                format_time(each.launched_at),
                each.month,
                each.system,
                stack(f"{each.count} then", f"{each.count_now} now"),
                each.threshold,
                _named(each.references, each.count),
                _named(each.later_references, each.later_count),
            )
            for each in found
        ),
        fold="Incidents",
    )


def alerts(
    *,
    state: Annotated[AlertState | None, choice("Only those in this state.")] = None,
    system: System = None,
    source: Annotated[str | None, Parameter(help="Only those of this source.")] = None,
    incident: Annotated[
        str | None, Parameter(help="Only those ever linked to it: its reference or id.")
    ] = None,
    severity: SeverityOption = None,
    first: From = None,
    last: To = None,
    sort: Sort = None,
    limit: Limit = None,
    form: FormatOption = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """The alerts, the one with the newest event first. Times are UTC, or in the zone of --tz."""
    from consumers.client.queries import ALERTS

    filters = {
        "state": state,
        "system": system,
        "source": source,
        "incident": incident,
        "severity": severity,
        "from": first,
        "to": last,
    }
    with session.open_client() as client:
        found = listed(session, client, ALERTS, filters, Output(sort, limit, form, json))
        if found is None:
            return
        references = client.references_of({each.incident for each in found if each.incident})
    if not found:
        print_note("No alert matches.")
        return
    print_alerts(found, references)
    print_note(f"{len(found)} alert{'' if len(found) == 1 else 's'}")


def print_alerts(found: "Sequence[AlertView]", references: Mapping[str, str] | None = None) -> None:
    """Alerts as a table; `references` are those of incidents by id, None for alerts of one."""
    incident = () if references is None else ("Incident",)
    print_table(
        ("State", "Since", "Severity", "System", *incident, "Source", "Title"),
        (
            (
                label(each.state, AlertState),
                format_time(each.since),
                label(each.severity, Severity),
                each.system,
                *(() if references is None else (references.get(each.incident or "", "-"),)),
                each.source,
                each.title,
            )
            for each in found
        ),
        fold="Title",
    )
