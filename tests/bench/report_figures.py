"""The risk report of a register of 10,000 risks: how fast the log is folded, and what it costs."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from consumers.risk_report.making import risk_report
from consumers.risk_report.publishing import canonical_bytes
from consumers.risk_report.rendering import report_file
from ledger.domain.catalogue import READERS_CODEC
from ledger.store.port import Store
from ledger.store.sqlite import SQLiteStore
from tests.bench.measuring import Figure, rate
from tests.unit.risk_report import march as m

RISKS = 10_000
RUNS = 3
AT_A_TIME = 1_000


def figures(directory: Path) -> Iterator[Figure]:
    """Records the risks in `directory`, each with five events, and makes the report."""
    (directory / "reported").mkdir()
    store = SQLiteStore(directory / "reported" / "ledger.db")
    try:
        m.record(store, _steps())
        report = risk_report(store, "2026-03")
        if report.risks.above_tolerance < RISKS:
            raise SystemExit(f"the report has {report.risks.above_tolerance} risks above tolerance")
        yield Figure(
            f"events a second into the report of {RISKS:,} risks",
            rate(store.size(), lambda: risk_report(store, "2026-03"), runs=RUNS),
            "the same events decoded alone",
            rate(store.size(), lambda: _decode(store), runs=RUNS),
            extra={
                "report_s": _seconds(lambda: risk_report(store, "2026-03")),
                "json_s": _seconds(lambda: canonical_bytes(report)),
                "html_s": _seconds(lambda: report_file(report)),
                "json_mb": len(canonical_bytes(report)) / 1e6,
            },
        )
    finally:
        store.close()


def _steps() -> Iterator[m.Step]:
    yield from m.before()
    for number in range(RISKS):
        at, risk = m.march(-8), f"risk-{number}"
        yield at, "risk", risk, m.identified(at, f"Risk {number}", "chat", "privacy")
        yield at, "risk", risk, m.assessed(at, "possible", "moderate", 9, "medium")
    for number in range(RISKS):
        at, risk = m.march(5), f"risk-{number}"
        yield at, "risk", risk, m.assessed(at, "likely", "major", 16, "high")
        yield at, "risk", risk, m.treated(at, m.march(40))
        yield at, "risk", risk, m.accepted(at, m.march(60))


def _decode(store: Store) -> None:
    at = 0
    while entries := store.read(at, AT_A_TIME):
        for entry in entries:
            READERS_CODEC.decode(entry.stored, entry.leaf)
        at = entries[-1].leaf + 1


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
