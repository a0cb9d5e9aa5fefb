"""`airledger improvement` and `airledger improvements`: generated, and the board."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from consumers.cli.lists import list_command
from consumers.cli.printing import (
    format_time,
    moment,
    print_json,
    print_line,
    print_note,
    print_table,
)
from consumers.cli.session import Json, SessionArg
from consumers.cli.stream_commands import stream_app
from ledger.domain.improvement import IMPROVEMENT, PdcaColumn
from projections.improvements import IMPROVEMENTS, LIST

if TYPE_CHECKING:
    from consumers.read_service.improvement_board import ImprovementBoard, ImprovementCard

app = stream_app(IMPROVEMENT)
improvements = list_command(IMPROVEMENTS, LIST)
CARDS = 20
MOST_CARDS = 1_000
ORGANISATION = "the organisation"


@app.command(name="board")
def show_board(
    *,
    system: Annotated[str | None, Parameter(help="Only improvements of this system.")] = None,
    owner: Annotated[
        str | None, Parameter(help="The owner's name; none for those without an owner.")
    ] = None,
    limit: Annotated[
        int,
        Parameter(
            help="At most so many a column.", validator=validators.Number(gte=1, lte=MOST_CARDS)
        ),
    ] = CARDS,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Plan, Do, Check and Act with their counts, the late ones first; and who is late."""
    from consumers.client.queries import improvement_board_of

    with session.open_client() as client:
        found = client.view(improvement_board_of(system=system, owner=owner, limit=limit), "")
    if json:
        print_json(found)
        return
    _print_board(found)


def _print_board(found: "ImprovementBoard") -> None:
    if any(of.cards for of in found.columns):
        print_table(
            ("Column", "Improvement", "System", "Owner", "When (UTC)", "Standing", "Title"),
            (
                (
                    of.column.label,
                    each.reference,
                    each.system or ORGANISATION,
                    each.owner or "-",
                    format_time(each.check_by if of.column is PdcaColumn.CHECK else each.due),
                    _standing(of.column, each),
                    each.title,
                )
                for of in found.columns
                for each in of.cards
            ),
            fold="Title",
        )
        print_line("")
    if found.owners:
        print_table(
            ("Owner", "Overdue", "Due within 7 days"),
            ((each.owner, each.overdue, each.soon) for each in found.owners),
        )
    else:
        print_line("Nobody is late, and nothing is due within 7 days.")
    counts = ", ".join(
        f"{of.count} in {of.column.label}{f' ({of.late} late)' if of.late else ''}"
        for of in found.columns
    )
    shown = sum(len(of.cards) for of in found.columns)
    print_note(f"{counts} at {moment(found.at)}; {shown} shown.")


def _standing(column: PdcaColumn, of: "ImprovementCard") -> str:
    """Where it stands, in words."""
    if column is PdcaColumn.DO:
        return "overdue" if of.late else "due"
    if column is PdcaColumn.CHECK:
        waits = "not checked in time" if of.late else "to be checked"
        return f"{waits}, so far {of.checked.label.lower()}" if of.checked else waits
    again = f", happened again {of.recurrences}x" if of.recurrences else ""
    return f"{of.status.label.lower()}{again}"
