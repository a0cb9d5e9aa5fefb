"""The report of March as it was written down once: `python -m tests.unit.risk_report.golden`."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from msgspec.structs import replace

from consumers.risk_report.making import risk_report
from consumers.risk_report.model import RiskReport
from ledger.store.sqlite import SQLiteStore
from tests.unit.risk_report.march import record

FILE = Path(__file__).with_name("march.json")


def written(report: RiskReport) -> str:
    """The report a line each, without what changes with the program and the shipped policy."""
    fixed = msgspec.to_builtins(replace(report, program="airledger", policy="policy"))
    return json.dumps(fixed, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> None:
    """Writes the file."""
    with TemporaryDirectory() as directory:
        store = SQLiteStore(Path(directory) / "ledger.db")
        record(store)
        FILE.write_text(written(risk_report(store, "2026-03")), "utf-8")
        store.close()


if __name__ == "__main__":
    main()
