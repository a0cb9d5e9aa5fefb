"""`make bench`: prints the table and writes build/bench.json."""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from consumers.runtime.garbage_collection import collect_seldom
from ledger import logs
from tests.bench import (
    kafka_figures,
    log_figures,
    measured_figures,
    memory_figures,
    notify_figures,
    postgres_figures,
    query_figures,
    release_figures,
    risk_figures,
    stranger_figures,
    text_figures,
    web_figures,
)
from tests.bench.measuring import Figure


def main() -> None:
    """Measures everything, one figure after the other."""
    parser = argparse.ArgumentParser("tests.bench", description=__doc__)
    parser.add_argument("--large", action="store_true", help="a log of 1,000,000 events as well")
    parser.add_argument(
        "--smoke", action="store_true", help="the quick figures alone, to see it run"
    )
    asked = parser.parse_args()
    logs.configure("warning")
    # As a server does: else a figure depends on how many modules the other figures need.
    collect_seldom()
    with tempfile.TemporaryDirectory(dir="build") as name:
        found = list(_figures(Path(name), smoke=asked.smoke, large=asked.large))
    _print(found, large=asked.large or asked.smoke)
    records = [figure.record() for figure in found]
    Path("build/bench.json").write_text(json.dumps(records, indent=1), encoding="utf-8")


def _figures(directory: Path, *, smoke: bool, large: bool) -> Iterator[Figure]:
    yield from log_figures.figures(directory)
    if smoke:
        yield from stranger_figures.figures(directory, seconds=2)
        yield from risk_figures.figures(directory, risks=200, few=None, runs=10)
        return
    yield from text_figures.figures(directory)
    yield from notify_figures.figures(directory)
    yield from postgres_figures.figures()
    yield from kafka_figures.figures()
    yield from web_figures.figures(directory)
    yield from stranger_figures.figures(directory)
    yield from query_figures.figures(directory)
    yield from measured_figures.figures(directory)
    yield from release_figures.figures(directory)
    yield from risk_figures.figures(directory)
    yield from memory_figures.figures(directory, large=large)


def _print(found: Sequence[Figure], *, large: bool) -> None:
    table = Table("figure", "a second", "limit", "limit a second", "ratio", "also")
    for figure in found:
        table.add_row(
            figure.name,
            f"{figure.per_second:,.0f}",
            figure.limit_name,
            f"{figure.limit_per_second:,.0f}",
            f"{figure.ratio:.2f}",
            ", ".join(_said(key, value) for key, value in figure.extra.items()),
        )
    console = Console(width=140)
    console.print(table)
    if not large:
        console.print("A log of 1,000,000 events takes minutes: python -m tests.bench --large")


def _said(key: str, value: object) -> str:
    name = key.replace("_", " ")
    return f"{name} {value:.1f}" if isinstance(value, float) else f"{name} {value}"


main()
