"""The risk register and the board report at 10,000 risks: pages, routes, the report, memory."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from consumers.access.tokens import grant_token
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from consumers.risk_report.check import check_file
from consumers.risk_report.making import risk_report
from consumers.risk_report.publishing import canonical_bytes
from consumers.risk_report.rendering import report_file
from ledger.domain.catalogue import READERS_CODEC
from ledger.execute import Context
from ledger.policy.times import month_in
from ledger.settings import Settings
from ledger.store.port import Store
from ledger.vocabulary import Scope
from tests.bench.measuring import Figure, rate
from tests.bench.risk_register import MOVED, above_in, fill_risks
from tests.bench.served import Served, latency, served, times

RISKS, FEW = 10_000, 1_000
RUNS = 40
AT_A_TIME = 1_000
_NOTHING = "a route that does nothing"
_PATHS = {
    "risks page": "/risks",
    "heat map": "/v1/risks/heat-map",
    "movement": "/v1/risks/movement",
    "above tolerance": "/v1/risks/above-tolerance",
}


class Memory(NamedTuple):
    """MiB of a server: after the pages and routes, and after three reports as well."""

    queried: float
    reported: float


def figures(
    directory: Path, *, risks: int = RISKS, few: int | None = FEW, runs: int = RUNS
) -> Iterator[Figure]:
    """Makes the register in `directory`; and a small one to compare, where `few` is one."""
    settings = Settings(data_dir=directory / "risks")
    ledger = open_ledger(settings)
    try:
        reader = _prepare(ledger, risks)
        yield from _report(ledger.store, risks)
    finally:
        ledger.close()
    with served(settings.data_dir) as server:
        yield from _queries(server, reader, risks, runs)
        memory = _memory(server, reader)
    if few is None:
        return
    least = _compared(directory / "risks-few", few)
    yield Figure(
        f"reports a second of a server at {risks:,} risks",
        memory[0],
        f"at {few:,} risks",
        least[0],
        extra={
            "mib_queried": memory[1].queried,
            f"mib_queried_at_{few}": least[1].queried,
            "mib_reported": memory[1].reported,
            f"mib_reported_at_{few}": least[1].reported,
        },
    )


def _prepare(ledger: Ledger, risks: int) -> str:
    """The register, in the read models; a token to read with."""
    context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
    reader = grant_token(ledger.store, ledger.executor, context, "reader", Scope.READ).token
    fill_risks(ledger, risks)
    ledger.seal_and_project()
    return reader


def _report(store: Store, risks: int) -> Iterator[Figure]:
    """Made, written and checked here, from the log alone; beside it, that the log is decoded."""
    state, month = store.log_state(), month_in(MOVED, UTC)
    leaf = state.size - 1 if state else 0
    report = risk_report(store, month, leaf=leaf)
    found = report.risks.above_tolerance, report.risks.total
    if found != (above_in(risks), risks):
        raise SystemExit(f"the report has {found[1]} risks, {found[0]} of them above tolerance")
    content, page = canonical_bytes(report), report_file(report)
    decoding = rate(leaf + 1, lambda: _decode(store, leaf), runs=3)
    making = rate(leaf + 1, lambda: risk_report(store, month, leaf=leaf), runs=3)
    yield Figure(
        f"events a second into the report of {risks:,} risks",
        making,
        "read and decode",
        decoding,
        extra={
            "report_s": (leaf + 1) / making,
            "json_s": _seconds(lambda: canonical_bytes(report)),
            "html_s": _seconds(lambda: report_file(report)),
            "json_mb": len(content) / 1e6,
        },
    )

    def check(given: bytes) -> None:
        checked = check_file(given, "report", lambda of, at: risk_report(store, of, leaf=at))
        if not checked.ok:
            raise SystemExit(f"the report differs from itself: {checked.differences[:3]}")

    checking = rate(1, lambda: check(content), runs=3)
    yield Figure(
        f"report check of {risks:,} risks",
        checking,
        "the report made alone",
        making / (leaf + 1),
        extra={"check_s": 1 / checking, "check_html_s": _seconds(lambda: check(page))},
    )


def _decode(store: Store, leaf: int) -> None:
    at = 0
    while at <= leaf and (entries := store.read(at, AT_A_TIME)):
        for entry in entries:
            READERS_CODEC.decode(entry.stored, entry.leaf)
        at = entries[-1].leaf + 1


def _queries(server: Served, reader: str, risks: int, runs: int) -> Iterator[Figure]:
    heat = json.loads(server.must(_PATHS["heat map"], reader))
    if heat["risks"] != risks:
        raise SystemExit(f"the heat map has {heat['risks']} risks")
    nothing = times(lambda: server.must("/health/live", reader), runs)
    for name, path in _PATHS.items():
        taken = times(lambda path=path: server.must(path, reader), runs)  # type: ignore[misc]
        yield latency(f"{name} at {risks:,} risks", _NOTHING, nothing, taken, path=path)


def _compared(data_dir: Path, risks: int) -> tuple[float, Memory]:
    """The reports a second and the memory of a server with another register."""
    ledger = open_ledger(Settings(data_dir=data_dir))
    try:
        reader = _prepare(ledger, risks)
    finally:
        ledger.close()
    with served(data_dir) as server:
        return _memory(server, reader)


def _memory(server: Served, reader: str) -> tuple[float, Memory]:
    """Asks each page and route ten times, then for three reports."""
    for path in list(_PATHS.values()) * 10:
        server.must(path, reader)
    queried = server.resident_mib
    report = f"/v1/reports/risk?month={month_in(MOVED, UTC)}"
    reports = rate(1, lambda: server.must(report, reader), runs=3)
    return reports, Memory(queried, server.resident_mib)


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
