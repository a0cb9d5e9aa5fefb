"""`airledger standard`, `airledger control` and their lists: the commands, and coverage."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.arguments import require_text
from consumers.cli.lists import list_command
from consumers.cli.printing import format_time, print_json, print_line, print_table
from consumers.cli.session import Json, SessionArg
from consumers.cli.stream_commands import stream_app
from consumers.text_safety import escape_controls
from ledger.domain.control import CONTROL, ControlStatus
from ledger.domain.standard import STANDARD
from projections.controls import CONTROLS
from projections.controls import LIST as CONTROL_LIST
from projections.standards import LIST as STANDARD_LIST
from projections.standards import STANDARDS

if TYPE_CHECKING:
    from consumers.read_service.control_coverage import ClauseCoverage, ControlStanding
    from consumers.read_service.controls import SystemControl

standard = stream_app(STANDARD)
standards = list_command(STANDARDS, STANDARD_LIST)
control = stream_app(CONTROL)
controls = list_command(CONTROLS, CONTROL_LIST)

Ref = Annotated[str, Parameter(help="The standard: its id, such as eu_ai_act, or STD-<n>.")]
OfSystem = Annotated[str | None, Parameter(help="Only for this system of its scope.")]


@standard.command
def coverage(ref: Ref, *, system: OfSystem = None, json: Json = False, session: SessionArg) -> None:
    """How far a standard is covered: its clauses, their controls, and where each stands."""
    from consumers.client.queries import standard_coverage_of

    require_text("REF", ref)
    if system is not None:
        require_text("--system", system)
    with session.open_client() as client:
        found = client.view(standard_coverage_of(system), ref)
    if json:
        print_json(found)
        return
    version = f" {found.version}" if found.version else ""
    print_line(escape_controls(f"{found.title}{version} ({found.reference})", one_line=True))
    print_line(escape_controls(f"Systems: {', '.join(found.systems) or 'none'}", one_line=True))
    print_line(f"Clauses: {len(found.clauses)}, covered {found.covered}, gaps {len(found.gaps)}")
    print_line(f"Controls: {_counts(found.counts)}")
    print_table(
        ("Clause", "Words", "Control", "System", "Status", "Re-assess until (UTC)"),
        (line for each in found.clauses for line in _lines(each)),
        fold="Words",
    )


def of_system(
    system: Annotated[str, Parameter(help="The system: its name, SYS-<n> or its id.")],
    *,
    json: Json = False,
    session: SessionArg,
) -> None:
    """The controls of a system, and the organisation's, and where each stands."""
    from consumers.client.queries import SYSTEM_CONTROLS

    require_text("SYSTEM", system)
    with session.open_client() as client:
        found = client.view(SYSTEM_CONTROLS, system)
    if json:
        print_json(found)
        return
    print_line(escape_controls(f"{found.system} ({found.reference})", one_line=True))
    print_line(f"Controls: {_counts(found.counts)}")
    print_table(
        ("Control", "Of", "Status", "Assessed (UTC)", "Re-assess until (UTC)", "What is done"),
        _lines_of((*found.controls, *found.organisation)),
        fold="What is done",
    )


def _lines(clause: "ClauseCoverage") -> Iterator[tuple[str, ...]]:
    if clause.gap:
        yield clause.clause, clause.words, "-", "-", "Gap: no control", "-"
    for each in clause.controls:
        for standing in each.standings:
            yield clause.clause, clause.words, each.control, *_cells(standing)


def _cells(standing: "ControlStanding") -> tuple[str, str, str]:
    of_system = standing.system or "the organisation"
    return of_system, standing.status.label, format_time(standing.reassess_by)


def _lines_of(found: "Iterable[SystemControl]") -> Iterator[tuple[str, ...]]:
    for each in found:
        standing = each.standing
        of_system, status, by = _cells(standing)
        assessed = format_time(standing.assessed_at)
        yield standing.control, of_system, status, assessed, by, each.words


def _counts(counts: dict[str, int]) -> str:
    """How many have which status, in words."""
    words = (f"{count} {ControlStatus(name).label.lower()}" for name, count in counts.items())
    return ", ".join(words) or "none"
