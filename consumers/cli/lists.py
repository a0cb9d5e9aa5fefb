"""The generic lists of read models: `airledger <path>`."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from consumers.cli.printing import format_time, label, print_items, print_line, print_table
from consumers.cli.session import Json, SessionArg
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Projection

if TYPE_CHECKING:
    from consumers.read_service.lists import ListItem

NAMED = inspect.Parameter.KEYWORD_ONLY


def list_command(projection: Projection, view: ListView) -> Callable[..., None]:
    """A function whose parameters are the list's filters, for cyclopts."""

    def run(**given: Any) -> None:
        from consumers.read_service.lists import list_items

        session, json = given.pop("session"), given.pop("json", False)
        with session.open_read() as ledger:
            found = list_items(ledger, projection, view, given).items
        if json:
            print_items(found)
        elif found:
            _print(view, found)
        else:
            print_line("Nothing matches." if any(given.values()) else "Nothing is recorded yet.")

    parameters = [
        *(_filter(column) for column in view.columns if column.filters),
        inspect.Parameter("json", NAMED, default=False, annotation=Json),
        inspect.Parameter("session", NAMED, annotation=SessionArg),
    ]
    run.__name__ = run.__qualname__ = view.path
    run.__doc__ = view.lead
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _filter(column: ListColumn) -> inspect.Parameter:
    of: Any = column.vocabulary or str
    text = f"Only those of this {column.label.lower()}."
    parameter = (
        Parameter(name_transform=str.lower, help=text)
        if column.vocabulary
        else Parameter(help=text)
    )
    return inspect.Parameter(
        column.name, NAMED, default=None, annotation=Annotated[of | None, parameter]
    )


def _print(view: ListView, found: "list[ListItem]") -> None:
    print_table(
        ("Reference", *(column.label for column in view.columns)),
        (
            (item["reference"], *(_cell(column, item[column.name]) for column in view.columns))
            for item in found
        ),
        fold=view.columns[0].label,
    )


def _cell(column: ListColumn, value: Any) -> Any:
    if column.cell is CellKind.TIME:
        return format_time(value)
    return value if column.vocabulary is None else label(value, column.vocabulary)
