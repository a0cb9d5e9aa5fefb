"""How results are printed: one JSON document for programs, tables for people.

Texts come from alerting systems and are shown as they are, but never obeyed: no terminal control
sequence and no markup in them has an effect.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from consumers.container.progress import ProgressCallback
from consumers.text_safety import escape_controls

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDE = 2_000
"""Columns where no terminal limits them: a line in a file is a row."""
ROOMY = 132
"""Columns from which on a table need not break its words."""

STYLES = {
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "breached": "bold red",
    "at_risk": "yellow",
    "open": "bold",
    "ongoing": "red",
}


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    import msgspec

    sys.stdout.flush()
    written([msgspec.json.format(msgspec.json.encode(value), indent=2), b"\n"])


def written(parts: Iterable[bytes]) -> None:
    """Bytes on stdout as they are; a terminal, which must obey nothing in them, gets text."""
    if sys.stdout.isatty():
        parts = (
            escape_controls(part.decode("utf-8", "backslashreplace")).encode() for part in parts
        )
    sys.stdout.buffer.writelines(parts)
    sys.stdout.buffer.flush()


def items(values: Iterable[object]) -> None:
    """A list as one JSON document, whole."""
    print_json({"items": list(values)})


def console() -> "Console":
    """Stdout for people; without a terminal nothing is cut or wrapped."""
    from rich.console import Console

    return Console(
        width=None if sys.stdout.isatty() else WIDE, markup=False, highlight=False, emoji=False
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, fold: str = "") -> None:
    """A table; `fold` names the column whose long texts take the lines they need."""
    from rich import box
    from rich.table import Table

    out = console()
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for heading in headings:
        whole = heading != fold and out.width >= ROOMY
        made.add_column(heading, overflow="fold", no_wrap=whole)
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    out.print(made)


def print_fields(pairs: Iterable[tuple[str, object]]) -> None:
    """Names and values, a line each; None is left out."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None:
            grid.add_row(name, _cell(value, one_line=False))
    console().print(grid)


def line(text: str) -> None:
    """A line for people, never wrapped."""
    print(escape_controls(text))


def labelled(value: Any, vocabulary: Any) -> "Text | str":
    """A word of a vocabulary by its label, in its colour; a dash for none."""
    from rich.text import Text

    if value is None:
        return "-"
    return Text(vocabulary(value).label, style=STYLES.get(str(value), ""))


def when(time: str | None, *, seconds: bool = False) -> str:
    """RFC 3339 text in UTC, as people read it."""
    if time is None:
        return "-"
    return time[: 19 if seconds else 16].replace("T", " ")


def stacked(*values: "Text | str | None") -> "Text":
    """Values below each other, as one cell."""
    from rich.text import Text

    return Text("\n").join(_cell(value) for value in values)


def _cell(value: object, *, one_line: bool = True) -> "Text":
    from rich.text import Text

    if isinstance(value, Text):
        return value
    return Text("-" if value is None else escape_controls(str(value), one_line=one_line))


@contextmanager
def progress(what: str) -> Iterator[ProgressCallback]:
    """A progress bar on stderr, where that is a terminal; and what moves it."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(
        console=Console(stderr=True, highlight=False),
        disable=not sys.stderr.isatty(),
        transient=True,
    ) as bar:
        task = bar.add_task(what, total=None)

        def step(doing: str, done: int, total: int) -> None:
            bar.update(task, description=doing, completed=done, total=total or None)

        yield step
