"""`airledger report`: checks a risk report that was filed, sent or printed to a file."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from consumers.cli.errors import DONE, REFUSED
from consumers.cli.files import read_file
from consumers.cli.printing import print_json, print_line
from consumers.cli.session import Json, SessionArg
from consumers.text_safety import escape_controls

app = App(name="report", help="Check a risk report for the board against the log.")


@app.command
def check(
    file: Annotated[Path, Parameter(help="The report: JSON, or HTML that has the JSON in it.")],
    *,
    json: Json = False,
    session: SessionArg,
) -> int:
    """Make the report of a file again from the log, and name each number that differs.

    It is made at the leaf that the file names. Exit status 1 where anything differs.
    """
    from consumers.client.queries import risk_report_of
    from consumers.risk_report.check import check_file
    from consumers.risk_report.files import MOST_BYTES

    content = read_file(file, most=MOST_BYTES)
    with session.open_client(views=False) as client:
        found = check_file(
            content,
            file.name,
            lambda month, leaf: client.view(risk_report_of(month=month, leaf=leaf), ""),
        )
    if json:
        print_json(found)
        return DONE if found.ok else REFUSED
    for note in found.notes:
        print_line(escape_controls(note, one_line=True))
    if found.ok:
        print_line(
            f"The report of {found.month} up to leaf {found.leaf} is what the log gives; "
            f"its SHA-256 is {found.digest}."
        )
        return DONE
    for each in found.differences:
        said = f"{each.path}: the file has {each.given}, the log gives {each.expected}"
        print_line(escape_controls(said, one_line=True))
    if more := found.differing - len(found.differences):
        print_line(f"and {more} more.")
    print_line(f"The report is not what the log gives: {found.differing} values differ.")
    return REFUSED
