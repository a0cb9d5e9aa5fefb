"""`airledger system import`: registers the systems of a CSV file, each by the same command."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.errors import REFUSED, error_text, report
from consumers.cli.files import read_file
from consumers.cli.printing import print_line
from consumers.cli.session import SessionArg
from consumers.text_safety import escape_controls
from ledger.domain.identity import name_key
from ledger.domain.system import SYSTEM, RegisterSystem
from ledger.errors import Invalid, LedgerError, Unavailable
from projections.systems import LIST, SYSTEMS

if TYPE_CHECKING:
    from consumers.client.protocol import Client

RECORDED_OTHERWISE = frozenset({"id", "reference"}) | {
    each.name for each in LIST.columns if each.name not in RegisterSystem.__struct_fields__
}
"""Columns of an export that other commands record, or the ledger itself."""


def import_systems(
    file: Annotated[Path, Parameter(help="A CSV file with a line of column names.")],
    *,
    column: Annotated[
        list[str] | None,
        Parameter(
            help="A column with another name, and its field: --column Name=system. Give it once "
            "for each.",
            negative="",
            consume_multiple=False,
        ),
    ] = None,
    dry_run: Annotated[bool, Parameter(help="Say what would be done.", negative="")] = False,
    session: SessionArg,
) -> None:
    """Register the systems of a CSV file.

    Its columns are the fields of register: system, title, intended_purpose ...; several texts in
    one cell stand with ; between them. Columns that only an export has are not read. A system
    that is registered with the same words is left as it is, so the file may be imported again.
    Each line that cannot be registered is named on stderr; the others are.
    """
    from consumers.commands.csv_rows import commands_in

    named = dict(_named(each) for each in column or ())
    rows = list(
        commands_in(read_file(file), RegisterSystem, ignored=RECORDED_OTHERWISE, named=named)
    )
    done: Counter[str] = Counter()
    with session.open_client(write=not dry_run, create=not dry_run) as client:
        known = _known(client) if dry_run else set[str]()
        for row in rows:
            if row.command is None:
                done["refused"] += 1
                for field, why in row.wrong:
                    _say(row.line, f"{field}: {why}" if field else why)
            elif dry_run:
                is_known = name_key(row.command.system) in known
                done["on record already" if is_known else "to register"] += 1
            else:
                done[_register(client, row.line, row.command)] += 1
    counts = ", ".join(f"{count} {what}" for what, count in done.items())
    print_line(f"{counts or 'no system'}{' (dry run: nothing was recorded)' if dry_run else ''}.")
    if done["refused"]:
        sys.exit(REFUSED)


def _named(text: str) -> tuple[str, str]:
    """The column and the field of an option."""
    name, equals, field = text.rpartition("=")
    if not equals or not name.strip():
        raise Invalid(
            f"--column {text!r} is invalid: it names no column and field.",
            remedy="Write the column, =, and the field: --column Name=system.",
        )
    return name.strip(), field.strip()


def _known(client: "Client") -> set[str]:
    """The names of the systems on record, as they are compared."""
    from consumers.client.queries import listed

    return {name_key(each["system"]) for each in client.items(listed(SYSTEMS, LIST), {}).items}


def _register(client: "Client", line: int, command: RegisterSystem) -> str:
    """What became of a row; an error of the row is told, one of the ledger ends the import."""
    try:
        return "registered" if client.send(SYSTEM, None, command).recorded else "on record already"
    except Unavailable:
        raise
    except LedgerError as error:
        _say(line, error_text(error))
        return "refused"


def _say(line: int, why: str) -> None:
    report(escape_controls(f"line {line}: {why}", one_line=True))
