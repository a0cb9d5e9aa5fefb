"""What a risk manager asks for: `airledger rca`, `counts`, `reviews`, `alerts`."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.printing import items, labelled, line, stacked, table, when
from consumers.cli.register import one_of, require_month
from consumers.cli.session import Json, SessionArg
from ledger.vocabulary import AlertState, RcaState, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from consumers.read_service.rca import RcaClock

System = Annotated[str | None, Parameter(help="Only those of this system.")]
Month = Annotated[str | None, Parameter(help="Only this month: YYYY-MM.")]


def rca(
    *,
    state: Annotated[RcaState | None, one_of("Only those in this state now.")] = None,
    system: System = None,
    month: Month = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """The RCA clocks, the earliest due first. Times are UTC.

    "At due" is what had been recorded when the RCA was first due; it changes only where a mark was
    recorded wrongly and is withdrawn.
    """
    from consumers import read_service
    from projections.queries.rca import RcaFilters

    require_month(month)
    with session.reading() as ledger:
        found = read_service.rca.clocks(ledger, RcaFilters(state, system, month)).items
    if json:
        items(found)
        return
    if not found:
        line("No RCA clock matches.")
        return
    table(
        ("Incident", "RCA", "Due", "Completed", "At due", "Severity", "System", "Title"),
        (
            (
                each.reference,
                labelled(each.state, RcaState),
                when(each.due_at),
                when(each.completed_at),
                _at_due(each),
                labelled(each.severity, Severity),
                each.system,
                each.title,
            )
            for each in found
        ),
        fold="Title",
    )
    states = Counter(each.state for each in found)
    told = ", ".join(
        f"{state.label.lower()}: {states[state]}" for state in RcaState if states[state]
    )
    line(f"{len(found)} RCA{'' if len(found) == 1 else 's'}, {told}")


def _at_due(clock: "RcaClock") -> "Text | str":
    said = clock.verdict_at_due or "-"
    return stacked(said, "mark withdrawn") if clock.withdrawn else said


def counts(
    *, month: Month = None, system: System = None, json: Json = False, session: SessionArg
) -> None:
    """The monthly counts by system, newest month first.

    More than the threshold launch a review. Dismissed incidents do not count; merged ones count
    once, in their target.
    """
    from consumers import read_service

    require_month(month)
    with session.reading() as ledger:
        found = read_service.counts.months(ledger, month=month, system=system).items
    if json:
        items(found)
        return
    if not found:
        line("No incident counts for a month that matches.")
        return
    table(
        ("Month", "System", "Count", "Threshold", "Crossed (UTC)", "Review", "Incidents"),
        (
            (
                each.month,
                each.system,
                each.count,
                each.threshold,
                when(each.crossed_at),
                "launched" if each.review else "-",
                _named(each.references, each.count),
            )
            for each in found
        ),
        fold="Incidents",
    )


def _named(references: "Sequence[str]", count: int) -> str:
    """The incidents that are named, and how many more there are."""
    more = count - len(references)
    told = [*references, *([f"and {more} more"] if more > 0 and references else [])]
    return " ".join(told) or "-"


def reviews(
    *, month: Month = None, system: System = None, json: Json = False, session: SessionArg
) -> None:
    """The reviews that were launched, the newest first.

    One a system and month at most, by more incidents than the policy allowed then. Falling back
    undoes none. "Leaf" is that of the event which crossed the threshold.
    """
    from consumers import read_service
    from projections.queries.counts import ReviewFilters

    require_month(month)
    with session.reading() as ledger:
        found = read_service.counts.reviews(ledger, ReviewFilters(month, system)).items
    if json:
        items(found)
        return
    if not found:
        line("No review was launched that matches.")
        return
    table(
        ("Launched (UTC)", "Month", "System", "Count", "Threshold", "Leaf", "Incidents", "Later"),
        (
            (
                when(each.launched_at),
                each.month,
                each.system,
                stacked(f"{each.count} then", f"{each.count_now} now"),
                each.threshold,
                each.leaf,
                _named(each.references, each.count),
                _named(each.later_references, each.later_count),
            )
            for each in found
        ),
        fold="Incidents",
    )


def alerts(
    *,
    state: Annotated[AlertState | None, one_of("Only those in this state.")] = None,
    system: System = None,
    source: Annotated[str | None, Parameter(help="Only those of this source.")] = None,
    incident: Annotated[
        str | None, Parameter(help="Only those ever linked to it: its reference or id.")
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """The alerts, that with the newest event first. Times are UTC."""
    from consumers import read_service
    from consumers.commands.references import incident_id
    from projections.queries.alerts import AlertFilters

    with session.reading() as ledger:
        of = None if incident is None else str(incident_id(ledger.store, incident))
        found = read_service.alerts.episodes(ledger, AlertFilters(state, system, source, of)).items
        references = read_service.incidents.references_of(
            ledger, {a.incident for a in found if a.incident}
        )
    if json:
        items(found)
        return
    if not found:
        line("No alert matches.")
        return
    table(
        ("State", "Since", "Severity", "System", "Incident", "Source", "Title"),
        (
            (
                labelled(each.state, AlertState),
                when(each.since),
                labelled(each.severity, Severity),
                each.system,
                references.get(each.incident or "", "-"),
                each.source,
                each.title,
            )
            for each in found
        ),
        fold="Title",
    )
    line(f"{len(found)} alert{'' if len(found) == 1 else 's'}")
