"""Tables: in columns that fit a terminal, long ones through a pager; tab-separated when piped."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

GAP = 3
"""The columns between two columns of a table."""
FOLDED = 24
"""The least width of the column whose texts are wrapped."""
MOST_LINES = 3
"""So many columns are stacked in one at most."""
DEFAULT_PAGER = "less"
_LESS = "FRX"
"""The options of less, where LESS does not say: it ends by itself where all fits, and keeps
colours and the screen."""

Rows = Sequence[Sequence["Text"]]


def tab_separated(headings: Sequence[str], rows: Iterable[Sequence["Text"]]) -> Iterable[str]:
    """The lines of a table for programs: cells without tabs and line ends."""
    yield "\t".join(headings)
    for row in rows:
        yield "\t".join("; ".join(cell.plain.splitlines()).replace("\t", " ") for cell in row)


def fitted(
    headings: Sequence[str], rows: Rows, width: int, fold: str
) -> tuple[Sequence[str], Rows]:
    """The table in as many columns as fit the width: neighbours are stacked in one.

    The first column and the one named `fold` stay as they are.
    """
    names, cells = list(headings), [list(row) for row in rows]
    depth = [1] * len(names)
    while _width(names, cells, fold) > width:
        widths = _widths(names, cells)
        pairs = [
            at
            for at in range(1, len(names) - 1)
            if fold not in names[at : at + 2] and depth[at] + depth[at + 1] <= MOST_LINES
        ]
        if not pairs:
            break
        at = max(pairs, key=lambda each: min(widths[each], widths[each + 1]))
        names[at : at + 2] = [f"{names[at]}\n{names[at + 1]}"]
        depth[at : at + 2] = [depth[at] + depth[at + 1]]
        for row in cells:
            row[at : at + 2] = [_stacked(row[at], row[at + 1])]
    return names, cells


def show(text: str) -> None:
    """Prints a text on the terminal, through a pager where it is longer than the screen.

    The pager is PAGER, else less where there is one; an empty PAGER is none.
    """
    height = shutil.get_terminal_size().lines
    pager = _pager() if sys.stdin.isatty() and text.count("\n") >= height else []
    if not pager:
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    environment = {"LESS": _LESS, **os.environ}
    try:
        with subprocess.Popen(pager, stdin=subprocess.PIPE, env=environment) as process:  # noqa: S603 - the user's own pager
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.write(text.encode(errors="backslashreplace"))
                with suppress(BrokenPipeError):
                    process.stdin.close()
    except OSError:
        sys.stdout.write(text)


def _pager() -> Sequence[str]:
    with suppress(ValueError):
        named = shlex.split(os.environ.get("PAGER", DEFAULT_PAGER))
        return named if named and shutil.which(named[0]) else []
    return []


def _stacked(above: "Text", below: "Text") -> "Text":
    from rich.text import Text

    return Text("\n").join([above, below])


def _width(names: Sequence[str], rows: Rows, fold: str) -> int:
    widths = _widths(names, rows)
    if fold in names:
        at = names.index(fold)
        widths[at] = min(widths[at], FOLDED)
    return sum(widths) + GAP * (len(widths) - 1)


def _widths(names: Sequence[str], rows: Rows) -> list[int]:
    from rich.cells import cell_len

    return [
        max(
            cell_len(line)
            for text in (name, *(row[at].plain for row in rows))
            for line in (text.split("\n") or [""])
        )
        for at, name in enumerate(names)
    ]
