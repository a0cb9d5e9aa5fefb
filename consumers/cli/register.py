"""The register: `airledger incidents`."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from consumers.cli.printing import (
    ROOMY,
    console,
    items,
    labelled,
    line,
    stacked,
    table,
    when,
)
from consumers.cli.session import Json, SessionArg
from ledger.errors import Invalid
from ledger.vocabulary import MONTH, Category, Impact, RcaState, Severity, Status, Step

if TYPE_CHECKING:
    from consumers.read_service.incidents import IncidentView


def one_of(text: str) -> Any:
    """An option that takes a word of a vocabulary, as it is written in JSON."""
    return Parameter(name_transform=str.lower, help=text)


def incidents(
    *,
    system: Annotated[str | None, Parameter(help="Only those of this system.")] = None,
    category: Annotated[Category | None, one_of("Only those of this category.")] = None,
    severity: Annotated[Severity | None, one_of("Only those of this severity.")] = None,
    status: Annotated[Status | None, one_of("Only those in this status.")] = None,
    month: Annotated[str | None, Parameter(help="Only those counted in it: YYYY-MM.")] = None,
    impact: Annotated[
        Impact | None, one_of("Only those whose impact is so; merged ones are left out.")
    ] = None,
    sort: Annotated[
        str | None,
        Parameter(help="A field, such as severity or -detected_at; - is falling order."),
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """The incident register: every incident, newest detection first.

    Times are UTC. "RCA" is the state of the root cause analysis now.
    """
    from consumers import read_service
    from projections.queries.incidents import IncidentFilters

    require_month(month)
    with session.reading() as ledger:
        filters = IncidentFilters(system, category, severity, status, month, impact)
        views = read_service.incidents.register(ledger, filters, sort=sort).items
    if json:
        items(views)
        return
    if not views:
        narrowed = any(filters)
        line("No incident matches." if narrowed else "No incident was recorded yet.")
        return
    _print(views)


def require_month(month: str | None) -> None:
    """Raises Invalid for what is no month."""
    if month is not None and MONTH.fullmatch(month) is None:
        raise Invalid(f"--month {month!r} cannot be taken.", remedy="Write it as 2026-11.")


def _print(views: "Sequence[IncidentView]") -> None:
    if console().width >= ROOMY:
        _print_wide(views)
    else:
        _print_narrow(views)
    line(summary(views))


def _print_wide(views: "Sequence[IncidentView]") -> None:
    table(
        (
            *("Incident", "Severity", "Status", "Impact", "System", "Title"),
            *("Detected (UTC)", "RCA due (UTC)", "RCA", "Next step"),
        ),
        (
            (
                view.reference,
                labelled(view.severity, Severity),
                labelled(view.status, Status),
                labelled(view.impact, Impact),
                view.system,
                view.title,
                when(view.detected_at),
                when(view.rca.due_at),
                labelled(view.rca.state, RcaState),
                next_step(view),
            )
            for view in views
        ),
        fold="Title",
    )


def _print_narrow(views: "Sequence[IncidentView]") -> None:
    """The same for 80 columns: two lines and more an incident."""
    table(
        ("Incident", "Status", "What and when (UTC)", "RCA due (UTC), next step"),
        (
            (
                stacked(view.reference, labelled(view.severity, Severity)),
                stacked(labelled(view.status, Status), labelled(view.impact, Impact)),
                stacked(view.title, f"{view.system}, {when(view.detected_at)}"),
                stacked(labelled(view.rca.state, RcaState), when(view.rca.due_at), next_step(view)),
            )
            for view in views
        ),
    )


def next_step(view: "IncidentView") -> str:
    """What is to be done next; an open incident without a pending step can be closed."""
    if view.status != Status.OPEN:
        return "-"
    return Step(view.next_step).label if view.next_step else "Close"


def summary(views: "Sequence[IncidentView]") -> str:
    """The totals below the table: what a risk manager asks for first."""
    count = len(views)
    still = [view for view in views if view.status == Status.OPEN]
    unknown = sum(view.impact == Impact.UNKNOWN for view in still)
    rca = Counter(view.rca.state for view in views)
    told = [
        f"{count} incident{'' if count == 1 else 's'}",
        f"{len(still)} open",
        f"{sum(view.impact == Impact.ONGOING for view in still)} with ongoing impact",
        *([f"{unknown} with unknown impact"] if unknown else []),
        f"RCA at risk: {rca[RcaState.AT_RISK]}",
        f"breached: {rca[RcaState.BREACHED]}",
    ]
    return ", ".join(told)
