"""Prints results: one JSON document for programs, tables for people.

Texts come from alerting systems: terminal control sequences and markup in them are escaped.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from consumers.container.progress import ProgressCallback
from consumers.text_safety import escape_controls

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDE = 2_000
"""The width without a terminal: a row is one line of a file."""
ROOMY = 132
"""The width from which a table does not wrap its cells."""

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
    """Prints one JSON document on stdout."""
    import msgspec

    sys.stdout.flush()
    write_bytes([msgspec.json.format(msgspec.json.encode(value), indent=2), b"\n"])


def write_bytes(parts: Iterable[bytes]) -> None:
    """Writes bytes to stdout unchanged; for a terminal control characters are escaped."""
    if sys.stdout.isatty():
        parts = (
            escape_controls(part.decode("utf-8", "backslashreplace")).encode() for part in parts
        )
    sys.stdout.buffer.writelines(parts)
    sys.stdout.buffer.flush()


def print_items(values: Iterable[object]) -> None:
    """Prints a list as one JSON document."""
    print_json({"items": list(values)})


def console() -> "Console":
    """A console on stdout; without a terminal nothing is truncated or wrapped."""
    from rich.console import Console

    return Console(
        width=None if sys.stdout.isatty() else WIDE, markup=False, highlight=False, emoji=False
    )


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, fold: str = ""
) -> None:
    """Prints a table; `fold` names the column whose long texts are wrapped.

    On a terminal it fits the width, and a long one goes through a pager; elsewhere it is one line
    a row, of cells with tabs between them.
    """
    from consumers.cli.tables import fitted, show, tab_separated

    named = [_in_zone(heading) for heading in headings]
    cells = [[_cell(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for line in tab_separated(named, cells):
            print(line)
        return
    from rich import box
    from rich.table import Table

    out = console()
    named, cells = fitted(named, cells, out.width, _in_zone(fold))  # type: ignore[assignment]
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for heading in named:
        whole = heading != fold and out.width >= ROOMY
        made.add_column(heading, overflow="fold", no_wrap=whole)
    for row in cells:
        made.add_row(*row)
    with out.capture() as captured:
        out.print(made)
    show(captured.get())


def print_note(text: str) -> None:
    """Prints a line about a table, such as its totals: on stderr where stdout is no terminal.

    The table is out before it: nothing is said to a reader of stdout that has left.
    """
    text = escape_controls(text)
    if not sys.stdout.isatty():
        sys.stdout.flush()
        print(text, file=sys.stderr)
        return
    from textwrap import fill

    print(fill(text, console().width, break_long_words=False, break_on_hyphens=False))


def print_fields(pairs: Iterable[tuple[str, object]]) -> None:
    """Prints names and values, one per line; None is skipped."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None:
            grid.add_row(name, _cell(value, one_line=False))
    console().print(grid)


def print_line(text: str) -> None:
    """Prints one line, never wrapped."""
    print(escape_controls(text))


def label(value: Any, vocabulary: Any) -> "Text | str":
    """The label of an enumeration's value, in its colour; a dash for None."""
    from rich.text import Text

    if value is None:
        return "-"
    return Text(vocabulary(value).label, style=STYLES.get(str(value), ""))


class _Shown:
    """The zone in which this process prints times."""

    zone: ZoneInfo | None = None


def show_times_in(zone: str | None) -> None:
    """From here on, times are printed in this zone of the time zone database; None is UTC."""
    _Shown.zone = None if zone in {None, "UTC"} else ZoneInfo(zone or "")


def format_time(time: str | None, *, seconds: bool = False) -> str:
    """RFC 3339 text in UTC, formatted for people, in the zone to print in; a dash for None."""
    if time is None:
        return "-"
    if (local := _local(time)) is not None:
        time = local.isoformat()
    return time[: 19 if seconds else 16].replace("T", " ")


def moment(time: str | None, *, seconds: bool = False) -> str:
    """RFC 3339 text in UTC, formatted for people, with its zone: 2026-11-23 09:30 UTC."""
    name = "UTC"
    if time is None:
        return "-"
    if (local := _local(time)) is not None:
        name = f"{local:%Z}"
    return f"{format_time(time, seconds=seconds)} {name}"


def _local(time: str) -> datetime | None:
    """A time in the zone to print in; None for UTC, and where that zone has no such year."""
    if _Shown.zone is None:
        return None
    try:
        return datetime.fromisoformat(time).astimezone(_Shown.zone)
    except OverflowError:
        return None


def _in_zone(heading: str) -> str:
    """A heading that names UTC, with the zone to print in."""
    return heading.replace("(UTC)", f"({_Shown.zone})") if _Shown.zone is not None else heading


def stack(*values: "Text | str | None") -> "Text":
    """One cell with the values on separate lines."""
    from rich.text import Text

    return Text("\n").join(_cell(value) for value in values)


def _cell(value: object, *, one_line: bool = True) -> "Text":
    from rich.text import Text

    if isinstance(value, Text):
        return value
    return Text("-" if value is None else escape_controls(str(value), one_line=one_line))


@contextmanager
def progress(what: str) -> Iterator[ProgressCallback]:
    """A progress bar on stderr, if that is a terminal; yields the callback that updates it."""
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
