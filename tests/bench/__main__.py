"""`make bench`: prints the table and writes build/bench.json."""

import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ledger import logs
from tests.bench import log_figures, web_figures


def main() -> None:
    """Measures everything, one figure after the other."""
    logs.configure("warning")
    with tempfile.TemporaryDirectory(dir="build") as name:
        directory = Path(name)
        found = [*log_figures.figures(directory), *web_figures.figures(directory)]
    table = Table("figure", "a second", "limit", "limit a second", "ratio")
    for figure in found:
        table.add_row(
            figure.name,
            f"{figure.per_second:,.0f}",
            figure.limit_name,
            f"{figure.limit_per_second:,.0f}",
            f"{figure.ratio:.2f}",
        )
    Console(width=110).print(table)
    records = [figure._asdict() | {"ratio": figure.ratio} for figure in found]
    Path("build/bench.json").write_text(json.dumps(records, indent=1), encoding="utf-8")


main()
