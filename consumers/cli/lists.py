"""The generic lists of read models: `airledger <path>`."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from consumers.cli.listing import FormatOption, Output, Sort, listed
from consumers.cli.printing import format_time, label, print_note, print_table
from consumers.cli.session import Json, Limit, SessionArg
from ledger.vocabulary import Severity, YesNo
from projections.engine.listing import CellKind, ListColumn, ListView
from projections.engine.projection import Projection

if TYPE_CHECKING:
    from consumers.read_service.lists import ListItem

NAMED = inspect.Parameter.KEYWORD_ONLY


def list_command(projection: Projection, view: ListView) -> Callable[..., None]:
    """A function whose parameters are the list's filters, for cyclopts."""

    def run(**given: Any) -> None:
        from consumers.client import queries
        from consumers.read_service.lists import incidents_in

        session, json = given.pop("session"), given.pop("json", False)
        given = {name: _said(value) for name, value in given.items()}
        sort, limit, form = (given.pop(name, None) for name in ("sort", "limit", "form"))
        with session.open_client() as client:
            query = queries.listed(projection, view)
            found = listed(session, client, query, given, Output(sort, limit, form, json))
            if found is None:
                return
            references = client.references_of(incidents_in(view, found))
        if found:
            _print(view, found, references)
        else:
            print_note("Nothing matches." if any(given.values()) else "Nothing is recorded yet.")

    parameters = [
        *(_filter(column) for column in view.columns if column.filters),
        inspect.Parameter("sort", NAMED, default=None, annotation=Sort),
        inspect.Parameter("limit", NAMED, default=None, annotation=Limit),
        inspect.Parameter("form", NAMED, default=None, annotation=FormatOption),
        inspect.Parameter("json", NAMED, default=False, annotation=Json),
        inspect.Parameter("session", NAMED, annotation=SessionArg),
    ]
    run.__name__ = run.__qualname__ = view.path
    run.__doc__ = view.lead
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _said(value: Any) -> Any:
    """A flag as the value of its filter."""
    return YesNo(str(value).lower()) if isinstance(value, bool) else value


def _filter(column: ListColumn) -> inspect.Parameter:
    is_flag = column.cell is CellKind.FLAG
    of: Any = bool if is_flag else column.vocabulary or str
    parameter = Parameter(
        name=f"--{column.filter_name.replace('_', '-')}",
        name_transform=str.lower if column.vocabulary and not is_flag else None,
        help=f"Only those with this {column.one}, among others."
        if column.one
        else f"Only those of this {column.label.lower()}.",
    )
    return inspect.Parameter(
        column.filter_name, NAMED, default=None, annotation=Annotated[of | None, parameter]
    )


def _print(view: ListView, found: "Sequence[ListItem]", references: Mapping[str, str]) -> None:
    print_table(
        ("Reference", *(column.label for column in view.columns)),
        (
            (
                item["reference"],
                *(_cell(column, item[column.name], references) for column in view.columns),
            )
            for item in found
        ),
        fold=view.columns[0].label,
    )


def _cell(column: ListColumn, value: Any, references: Mapping[str, str]) -> Any:
    return None if value is None else CELLS[column.cell](column, value, references)


def _text(column: ListColumn, value: Any, _: Mapping[str, str]) -> Any:
    return value if column.vocabulary is None else label(value, column.vocabulary)


CELLS: Mapping[CellKind, Callable[[ListColumn, Any, Mapping[str, str]], Any]] = {
    CellKind.TEXT: _text,
    CellKind.TIME: lambda _column, value, _references: format_time(value),
    CellKind.FLAG: lambda _column, value, _references: "yes" if value else "no",
    CellKind.SEVERITY: lambda _column, value, _references: label(value, Severity),
    CellKind.INCIDENT: lambda _column, value, references: references.get(value, value),
}
"""The renderer of each kind of cell, given the column, the value and incidents' references."""
