"""`airledger objective` and `airledger trigger`: how objectives stand, and which triggers fired."""

from typing import Annotated

from cyclopts import App, Parameter

from consumers.cli.lists import list_command
from consumers.cli.printing import format_time, print_items, print_note, print_table
from consumers.cli.session import Json, SessionArg
from consumers.cli.stream_commands import stream_app
from ledger.domain.objective import OBJECTIVE
from ledger.domain.trigger import TRIGGER
from projections.breaches import BREACHES
from projections.breaches import LIST as BREACH_LIST
from projections.triggers import LIST as TRIGGER_LIST
from projections.triggers import TRIGGERS

app: App = stream_app(OBJECTIVE)
breaches = list_command(BREACHES, BREACH_LIST)
app.command(breaches, name="breaches")

trigger: App = stream_app(TRIGGER)
triggers = list_command(TRIGGERS, TRIGGER_LIST)
trigger.command(triggers, name="list")


@app.command(name="list")
def list_objectives(
    *,
    system: Annotated[str | None, Parameter(help="Only those of this system.")] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """How the objectives of the policy stand for each system now, the worst first."""
    from consumers.client.queries import OBJECTIVES

    with session.open_client() as client:
        found = client.items(OBJECTIVES, {"system": system}).items
    if json:
        print_items(found)
        return
    if not found:
        print_note("No system is registered and none was measured, or no objective is judged.")
        return
    print_table(
        (
            "Status",
            "System",
            "Segment",
            "Objective",
            "Wanted",
            "Newest",
            "Until (UTC)",
            "Attained",
            "Budget left",
            "Why",
        ),
        (
            (
                each.status.label,
                each.system,
                each.segment or "-",
                each.objective,
                each.wanted,
                each.measured,
                format_time(each.until),
                "-" if each.attained is None else f"{each.attained:.2f} %",
                "-" if each.budget_left is None else f"{each.budget_left:.0%}",
                each.reason or each.breach or "-",
            )
            for each in found
        ),
        fold="Why",
    )


@trigger.command(name="quarters")
def list_quarters(*, json: Json = False, session: SessionArg) -> None:
    """How quality compares with the quarter before: dropped, undecided with why, or held."""
    from consumers.client.queries import QUARTERS

    with session.open_client() as client:
        found = client.items(QUARTERS, {}).items
    if json:
        print_items(found)
        return
    if not found:
        print_note("Nothing that the trigger compares was measured in this quarter or the last.")
        return
    print_table(
        ("Status", "System", "Segment", "Metric", "Quarter", "Drop", "Before", "Now", "Why"),
        (
            (
                each.status.label,
                each.system,
                each.segment or "-",
                each.metric,
                each.quarter,
                "-" if each.drop is None else f"{each.drop:.1f} %",
                "-" if each.before is None else f"{each.before:.6g}",
                "-" if each.mean is None else f"{each.mean:.6g}",
                each.reason or "-",
            )
            for each in found
        ),
        fold="Why",
    )
