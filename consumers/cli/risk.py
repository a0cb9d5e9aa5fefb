"""`airledger risk` and `airledger risks`: generated from the commands, and what is read of all."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.lists import list_command
from consumers.cli.printing import (
    format_time,
    moment,
    print_items,
    print_json,
    print_line,
    print_note,
    print_table,
)
from consumers.cli.risk_import import import_risks
from consumers.cli.session import Json, Limit, SessionArg
from consumers.cli.stream_commands import stream_app
from ledger.domain.risk import RISK
from ledger.domain.risk.words import RiskLevel
from projections.risks import LIST, RISKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consumers.client.protocol import Client
    from consumers.read_service.risk_above import RiskAbove
    from consumers.read_service.risk_map import HeatMap
    from consumers.read_service.risk_movement import Movement, RiskThen

app = stream_app(RISK)
app.command(import_risks, name="import")
risks = list_command(RISKS, LIST)

System = Annotated[str | None, Parameter(help="Only risks of this system.")]
Category = Annotated[str | None, Parameter(help="Only risks of this category.")]
ORGANISATION = "the organisation"


@app.command(name="heat-map")
def show_heat_map(
    *,
    level: Annotated[
        RiskLevel,
        Parameter(
            help="Without controls, with those that there are, or as planned.",
            name_transform=str.lower,
        ),
    ] = RiskLevel.CURRENT,
    system: System = None,
    category: Category = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Open risks by the matrix of the policy in force; what has no place in it is counted apart."""
    from consumers.client.queries import heat_map_of

    with session.open_client() as client:
        found = client.view(heat_map_of(level=level, system=system, category=category), "")
    if json:
        print_json(found)
        return
    _print_map(found)


def _print_map(found: "HeatMap") -> None:
    labels = {each.band: each.label for each in found.bands}
    print_table(
        ("Likelihood", *(each.label for each in found.impacts)),
        (
            (
                row.likelihood.label,
                *(f"{each.count or '-'} {labels[each.band]}" for each in row.cells),
            )
            for row in reversed(found.rows)
        ),
    )
    print_line("")
    print_table(
        ("Band", "Tolerated", "Risks"),
        ((each.label, "yes" if each.tolerated else "no", each.count) for each in found.bands),
    )
    for words, apart in (
        (f"not assessed, {found.level.label.lower()}", found.not_assessed),
        ("assessed by labels that the policy has no more", found.outdated),
    ):
        if apart:
            print_line("")
            print_line(f"{len(apart)} {words}: {', '.join(each.reference for each in apart)}")
    print_note(f"{found.risks} open at {moment(found.at)}, {found.placed} of them placed.")


@app.command(name="movement")
def show_movement(
    *,
    since: Annotated[
        str | None,
        Parameter(
            help="From the beginning of this day, 2026-10-01, in the policy's zone; without it, of "
            "the first of last month."
        ),
    ] = None,
    until: Annotated[
        str | None, Parameter(help="To the end of this day, likewise; without it, until now.")
    ] = None,
    system: System = None,
    limit: Limit = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Each risk with its band and score at both days: new, closed, worse, better, or not assessed.

    Bands and scores are those that were recorded: another policy moves no risk.
    """
    with session.open_client() as client:
        found = _movement(client, since, until, system, limit)
    if json:
        print_json(found)
        return
    if not found.risks:
        print_note(f"No risk was open from {found.since} to {found.until}.")
        return
    print_table(
        ("Change", "Risk", "System", "Title", f"At {found.since}", f"At {found.until}"),
        (
            (
                f"{each.change.label}{' (reopened)' if each.reopened else ''}",
                each.risk.reference,
                each.risk.system or ORGANISATION,
                each.risk.title,
                _then(each.before),
                _then(each.after),
            )
            for each in found.risks
        ),
        fold="Title",
    )
    counts = ", ".join(
        f"{each.count} {each.change.label.lower()}" for each in found.counts if each.count
    )
    print_note(f"From {found.since} to {found.until} ({found.zone}): {counts}.")


def _movement(
    client: "Client", since: str | None, until: str | None, system: str | None, limit: int | None
) -> "Movement":
    """The movement, whole or at most `limit` risks of it, page by page."""
    from msgspec.structs import replace

    from consumers.client.queries import movement_of
    from projections.queries.paging import MAX_LIMIT

    def page(cursor: str | None, have: int) -> "Movement":
        size = MAX_LIMIT if limit is None else min(MAX_LIMIT, limit - have)
        query = movement_of(since=since, until=until, system=system, cursor=cursor, limit=size)
        return client.view(query, "")

    found = page(None, 0)
    while found.next is not None and (limit is None or len(found.risks) < limit):
        more = page(found.next, len(found.risks))
        found = replace(more, risks=(*found.risks, *more.risks))
    return found


def _then(of: "RiskThen | None") -> str:
    return "-" if of is None else f"{of.label} {of.score}"


@app.command(name="above-tolerance")
def show_above(
    *,
    system: System = None,
    category: Category = None,
    limit: Limit = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Open risks that the policy does not tolerate, or that are not assessed, the worst first.

    Each has the incidents behind it, and who has to do what.
    """
    from consumers.client.queries import ABOVE_TOLERANCE

    with session.open_client() as client:
        found = client.items(
            ABOVE_TOLERANCE, {"system": system, "category": category}, limit=limit
        ).items
    if json:
        print_items(found)
        return
    if not found:
        print_note("Every open risk is assessed and within tolerance.")
        return
    _print_above(found)


def _print_above(found: "Sequence[RiskAbove]") -> None:
    print_table(
        (
            "Risk",
            "Band",
            "Score",
            "System",
            "Title",
            "Treatment",
            "Acceptance",
            "Until (UTC)",
            "Incidents",
            "To do",
            "Who",
            "Why",
        ),
        (
            (
                each.risk.reference,
                each.label or each.why.label,
                "-" if each.score is None else each.score,
                each.risk.system or ORGANISATION,
                each.risk.title,
                _treatment(each),
                each.acceptance.label,
                format_time(each.accepted_until),
                ", ".join(of.reference for of in each.incidents) or "-",
                each.next,
                ", ".join(each.who),
                each.reason,
            )
            for each in found
        ),
        fold="Why",
    )


def _treatment(of: "RiskAbove") -> str:
    if of.treatment is None:
        return "-"
    if of.treatment_done_at:
        return f"{of.treatment.label}, done"
    return f"{of.treatment.label}{', overdue' if of.treatment_overdue else ''}"
