"""Commands from the rows of a CSV file: a column is a field of the command, by its name.

The inverse of `consumers/exports`: RFC 4180 in UTF-8, with a line of column names.
"""

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from typing import Generic, NamedTuple, TypeVar

from consumers.commands.fields import FieldKind, fields_of
from consumers.commands.filling import filled
from consumers.exports.cells import FORMULA
from ledger.domain.command import Command
from ledger.errors import Invalid
from ledger.policy.flow import did_you_mean

C = TypeVar("C", bound=Command)
SEPARATOR = ";"
"""What stands between several texts in one cell."""
_FLAGS = {"yes": "true", "no": "false"}
_QUOTED = tuple(f"'{each}" for each in FORMULA)
"""How a text begins that a spreadsheet would take for a formula, as an export has it."""


class CsvRow(NamedTuple, Generic[C]):
    """The command of a row, or what is wrong with it; `line` is where it begins in the file."""

    line: int
    command: C | None
    wrong: tuple[tuple[str, str], ...] = ()


def commands_in(
    data: bytes, body: type[C], *, ignored: Collection[str] = (), named: Mapping[str, str]
) -> Iterator[CsvRow[C]]:
    """The commands of a file's rows, in order; a row without any text is none.

    Columns that are `ignored` are not read; `named` gives the field of a column with another name.
    Raises Invalid for a file that is no CSV in UTF-8, and for columns that are no fields.
    """
    lines = lines_in(data)
    _, columns = next(lines, (1, []))
    header = [named.get(each.strip(), each.strip()) for each in columns]
    _require_fields(header, body, ignored)
    for line, cells in lines:
        yield _row(line, header, cells, body, ignored)


def lines_in(data: bytes, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """The cells of a file's lines, and where each begins: first the names, then those with texts.

    Raises Invalid for a file that is no CSV in UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"The file is not UTF-8: byte {error.start}.", remedy="Save it as CSV in UTF-8."
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    try:
        yield 1, next(reader, [])
        line = reader.line_num + 1
        for cells in reader:
            if any(each.strip() for each in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(
            f"The file is no CSV: line {reader.line_num}: {error}.",
            remedy="Save it as comma-separated values, as RFC 4180 has them.",
        ) from error


def as_typed(cell: str) -> str:
    """The text of a cell without the mark that an export puts before a formula."""
    return cell[1:] if cell.startswith(_QUOTED) else cell


def _require_fields(header: list[str], body: type[C], ignored: Collection[str]) -> None:
    fields = fields_of(body)
    known = {each.name for each in fields}
    wrong = [
        (each, f"there is no such column.{did_you_mean(each, known)}")
        for each in header
        if each not in known and each not in ignored
    ]
    wrong += [(each, "it stands twice") for each in sorted(known) if header.count(each) > 1]
    wrong += [
        (each.name, "the column is needed")
        for each in fields
        if each.required and each.name not in header
    ]
    if wrong:
        raise Invalid(
            "The first line does not name the columns.",
            errors=wrong,
            remedy=f"The columns are {', '.join(each.name for each in fields)}.",
        )


def _row(
    line: int, header: list[str], cells: list[str], body: type[C], ignored: Collection[str]
) -> CsvRow[C]:
    if len(cells) != len(header):
        why = f"the line has {len(cells)} cells, and the first line {len(header)}"
        return CsvRow(line, None, (("", why),))
    kinds = {each.name: each.kind for each in fields_of(body)}
    typed = {
        name: _typed(cell, kinds[name])
        for name, cell in zip(header, cells, strict=True)
        if name not in ignored or name in kinds
    }
    try:
        return CsvRow(line, filled(body, typed))
    except Invalid as error:
        return CsvRow(line, None, tuple(error.errors))


def _typed(cell: str, kind: FieldKind) -> str:
    """A cell as it would be typed into a form."""
    text = as_typed(cell)
    if kind is FieldKind.TEXTS:
        return text.replace(SEPARATOR, "\n")
    return _FLAGS.get(text.strip().casefold(), text) if kind is FieldKind.YES_NO else text
