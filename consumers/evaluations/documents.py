"""The bytes of a file as data, bounded: JSON, JSON Lines, CSV, or a member of a zip archive.

JSON may have NaN and Infinity, for tools write them; two members of one name it may not have. Lines
are the list `lines`; a CSV file has `rows`, objects by column, and `columns`, lists by name.
"""

import csv
import io
import json
from typing import Any, NamedTuple

from consumers.evaluations.archives import Unreadable, is_archive, unpacked
from consumers.evaluations.expressions import BadExpression, Item, ItemScope, evaluate, parsed
from consumers.evaluations.mapping_file import Shape
from consumers.evaluations.values import WholeFileRefused
from consumers.json_decoders import RepeatedMember, unique_members

FILE_BYTES = 64 * 1024 * 1024
LINE_BYTES = 8 * 1024 * 1024
LINES = 1_000_000
CSV_COLUMNS = 10_000


class Evaluated(NamedTuple):
    """A file's data. `numbers` are the lines that the items of `lines` or `rows` stood in."""

    data: Any
    numbers: tuple[int, ...] = ()
    textual: bool = False

    def at(self, path: str, index: int) -> str:
        """How a path names an item of a list."""
        if self.numbers and path in {"lines", "rows"}:
            return f"line {self.numbers[index]}"
        return f"{path}[{index}]"


class Opened:
    """A file's bytes, of which each way to read them is tried once, whatever shapes share it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._read: dict[object, Evaluated | Unreadable | WholeFileRefused] = {}

    def load(self, shape: Shape) -> Evaluated:
        """As `load`."""
        way = (shape.format, shape.member, shape.delimiter, shape.columns, shape.keep)
        if way not in self._read:
            try:
                self._read[way] = load(self._content, shape)
            except (Unreadable, WholeFileRefused) as error:
                self._read[way] = error
        found = self._read[way]
        if isinstance(found, Exception):
            raise found
        return found


def load(content: bytes, shape: Shape) -> Evaluated:
    """The file's data. Raises Unreadable, or WholeFileRefused for an archive without its member."""
    if len(content) > FILE_BYTES:
        raise Unreadable(f"has more than {FILE_BYTES // 1024 // 1024} MiB")
    if is_archive(content):
        content = unpacked(content, shape)
    match shape.format:
        case "json":
            return Evaluated(_json(_text(content)))
        case "jsonl":
            return _lines(content, shape.keep)
        case "csv":
            return _csv(_text(content), shape)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8: {error.reason} at byte {error.start}") from None


def _json(text: str) -> Any:
    try:
        return _JSON.decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except RepeatedMember as error:
        raise Unreadable(str(error)) from None
    except ValueError:
        raise Unreadable("has a number with more digits than can be read") from None


_JSON = json.JSONDecoder(object_pairs_hook=unique_members)


def _lines(content: bytes, keep: str | None) -> Evaluated:
    condition = None if keep is None else parsed(keep)
    found: list[Any] = []
    numbers: list[int] = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        if number > LINES or len(line) > LINE_BYTES:
            raise Unreadable(
                f"has more than {LINES:,} lines, or one of more than {LINE_BYTES // 1024 // 1024} "
                f"MiB, at line {number}"
            )
        try:
            entry = _json(_text(line))
        except Unreadable as error:
            raise Unreadable(f"{error}, in line {number}") from None
        if condition is None or _holds(condition, entry):
            found.append(entry)
            numbers.append(number)
    return Evaluated({"lines": found}, tuple(numbers))


def _holds(condition: Any, entry: Any) -> bool:
    item = Item(entry, "")
    try:
        return evaluate(condition, ItemScope(item, {"": item}, {})).data is True
    except BadExpression:
        return False


def _csv(text: str, shape: Shape) -> Evaluated:
    table = csv.reader(io.StringIO(text, newline=""), delimiter=shape.delimiter, strict=True)
    rows: list[dict[str, str]] = []
    numbers: list[int] = []
    names = list(shape.columns)
    try:
        for cells in table:
            if not any(cells):
                continue
            if not names:
                names = _header([cell.strip() for cell in cells])
                continue
            if len(cells) > len(names) or (len(cells) < len(names) and not shape.columns):
                raise Unreadable(
                    f"has {len(cells)} cells in line {table.line_num}, of {len(names)} columns"
                )
            if len(rows) >= LINES:
                raise Unreadable(f"has more than {LINES:,} rows")
            rows.append(dict(zip(names, cells, strict=False)))
            numbers.append(table.line_num)
    except csv.Error as error:
        raise Unreadable(f"is not CSV: {error}, in line {table.line_num}") from None
    columns = {name: [row.get(name, "") for row in rows] for name in names}
    return Evaluated({"rows": rows, "columns": columns}, tuple(numbers), textual=True)


def _header(names: list[str]) -> list[str]:
    if len(names) > CSV_COLUMNS:
        raise Unreadable(f"has more than {CSV_COLUMNS:,} columns")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Unreadable(f"has the column {twice[:100]!r} twice")
    return names
