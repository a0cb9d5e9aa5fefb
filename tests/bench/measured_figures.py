"""Measurements: how fast they are recorded and judged, and how objectives are shown at 100,000."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

from msgspec import UNSET

from consumers.access.tokens import grant_token
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from consumers.reactor.judging import NAME, JudgingProcess
from ledger.domain import metric as m
from ledger.domain.access.deciding import Asker
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.domain.identity import system_id
from ledger.domain.system import SYSTEM as SYSTEM_STREAM
from ledger.domain.system.commands import RegisterSystem
from ledger.execute import Context, ExecuteCommand
from ledger.settings import Settings
from ledger.store.mapper import EnvelopeMapper
from ledger.store.side_records import PositionMove
from ledger.vocabulary import ActsBy, Direction, Purpose, Scope
from projections.catalogue import PROJECTIONS
from projections.engine import rebuild_all
from tests.bench.log_figures import bare_append
from tests.bench.measuring import Figure, rate
from tests.bench.served import latency, served, times

MEASUREMENTS = 100_000
JUDGED = 10_000
"""So many are judged for the figure: it takes as long for each of them."""
AT_ONCE = 500
BATCHES = 10
RUNS = 300
YEAR = timedelta(days=365)
WITHIN_WINDOW = timedelta(days=29)
"""The window of the objective of latency has 30 days."""
SYSTEM = "assistant"
Metric = tuple[str, float, str, Direction]
METRICS: tuple[Metric, ...] = (
    ("p95", 1.2, "s", Direction.LOWER),
    ("availability", 99.9, "%", Direction.HIGHER),
    ("pass@5", 0.87, "1", Direction.HIGHER),
    ("harmful output rate", 0.2, "%", Direction.LOWER),
    ("population stability index (PSI)", 0.1, "1", Direction.LOWER),
)
_PER_APPEND = 5_000
_NOTHING = "a route that does nothing"


def figures(directory: Path) -> Iterator[Figure]:
    """Measures in `directory`, on the disk it is on."""
    ledger = open_ledger(Settings(data_dir=directory / "recorded"))
    try:
        yield _record(ledger, directory)
    finally:
        ledger.close()
    ledger = open_ledger(Settings(data_dir=directory / "judged"))
    try:
        yield _judge(ledger)
    finally:
        ledger.close()
    for each in _SHOWN:
        yield from _shown(directory / each.directory, each)


def _record(ledger: Ledger, directory: Path) -> Figure:
    """500 that arrive at once share commits."""
    numbers = count()
    asker = Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.PROVIDER)

    def run() -> None:
        futures = []
        for number in islice(numbers, AT_ONCE):
            command = _command(number)
            request = ExecuteCommand(
                kind=m.METRIC.kind,
                subject=m.measurement_id(command),
                command=command,
                asker=asker,
            )
            context = Context(at=now(), actor="b", source="source/b", correlation=new_id())
            futures.append(ledger.executor.submit(request, context))
        for future in futures:
            future.result()

    recorded = rate(AT_ONCE, run, runs=BATCHES)
    size = ledger.store.size()
    stored = [entry.stored for entry in ledger.store.read(size - AT_ONCE, AT_ONCE, sealed=False)]
    bare = bare_append(directory, stored)
    return Figure("record 500 measurements", recorded, "bare executemany", bare)


def _command(number: int) -> m.RecordMeasurement:
    metric, value, unit, _ = METRICS[number % len(METRICS)]
    return m.RecordMeasurement(
        system=SYSTEM, metric=metric, value=value, unit=unit, n=200, until=now(), id=f"m-{number}"
    )


def _judge(ledger: Ledger) -> Figure:
    """All objectives and triggers; beside it, that the same part of the log is read and decoded."""
    first = ledger.store.size()
    _fill(ledger, JUDGED, timedelta(hours=1))

    def read() -> None:
        for at in range(first, first + JUDGED, 1_000):
            for entry in ledger.store.read(at, 1_000):
                CODEC.decode(entry.stored, entry.leaf)

    decoded = rate(JUDGED, read)
    started = time.perf_counter()
    JudgingProcess(ledger.services).catch_up()
    taken = time.perf_counter() - started
    return Figure("judge hourly measurements", JUDGED / taken, "events read and decoded", decoded)


class _Shown(NamedTuple):
    """A system with 100,000 measurements, and what is asked of it; `apart` is within a metric."""

    directory: str
    measurements: str
    metrics: Sequence[Metric]
    apart: timedelta
    asked: Sequence[tuple[str, str]]


_OF_A_SYSTEM = ("objectives of a system", f"/v1/objectives?system={SYSTEM}")
_PAGE = ("page of a system", f"/systems/{SYSTEM}")
_SHOWN = (
    _Shown(
        directory="shown",
        measurements=f"{MEASUREMENTS:,} measurements",
        metrics=METRICS,
        apart=YEAR / MEASUREMENTS * len(METRICS),
        asked=(_OF_A_SYSTEM, ("objectives page", "/objectives"), _PAGE),
    ),
    _Shown(
        directory="shown_window",
        measurements=f"{MEASUREMENTS:,} measurements in one window",
        metrics=METRICS[:1],
        apart=WITHIN_WINDOW / MEASUREMENTS,
        asked=(_OF_A_SYSTEM, _PAGE),
    ),
)
"""Five metrics for a year, one each 26 minutes; and one metric, all of it in its objective's
window."""


def _shown(data_dir: Path, shown: _Shown) -> Iterator[Figure]:
    """Pages and lists of a registered system, one client."""
    ledger = open_ledger(Settings(data_dir=data_dir))
    try:
        context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
        reader = grant_token(ledger.store, ledger.executor, context, "reader", Scope.READ).token
        _register(ledger, context)
        size = _fill(ledger, MEASUREMENTS, shown.apart, shown.metrics)
        ledger.store.append([], [PositionMove(follower=NAME, old=0, new=size)])
        rebuild_all(ledger.projector, ledger.views, PROJECTIONS, until=size)
    finally:
        ledger.close()
    with served(data_dir) as server:
        nothing = times(lambda: server.must("/health/live", reader), RUNS)
        for name, path in shown.asked:
            taken = times(lambda path=path: server.must(path, reader), RUNS)  # type: ignore[misc]
            title = f"{name} at {shown.measurements}"
            yield latency(title, _NOTHING, nothing, taken, path=path)


def _register(ledger: Ledger, context: Context) -> None:
    command = RegisterSystem(system=SYSTEM, title="Assistant", intended_purpose="Answers.")
    request = ExecuteCommand(
        kind=SYSTEM_STREAM.kind,
        subject=system_id(SYSTEM),
        command=command,
        asker=Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.PROVIDER),
    )
    ledger.executor.submit(request, context).result()


def _fill(
    ledger: Ledger, measurements: int, apart: timedelta, metrics: Sequence[Metric] = METRICS
) -> int:
    """Appends and seals measurements, the newest of now, the metrics in turn; the log's size."""
    mapper = EnvelopeMapper(CODEC)
    events = (mapper.to_new_event(each) for each in _recorded(measurements, apart, metrics))
    while batch := list(islice(events, _PER_APPEND)):
        ledger.store.append(batch)
    return ledger.sealer.seal().size


def _recorded(measurements: int, apart: timedelta, metrics: Sequence[Metric]) -> Iterator[Recorded]:
    begin = datetime.now(UTC) - apart * (measurements // len(metrics) + 1)
    for number in range(measurements):
        metric, value, unit, direction = metrics[number % len(metrics)]
        until = begin + apart * (number // len(metrics) + 1)
        measured = m.Measured(
            at=until,
            since=until - apart,
            system=SYSTEM,
            metric=metric,
            value=value,
            unit=unit,
            standard_value=value,
            standard_unit=unit,
            direction=direction,
            n=200,
            purpose=Purpose.MONITORING,
            dataset_digest="a" if metric == "pass@5" else UNSET,
        )
        of = m.measurement_id(
            m.RecordMeasurement(system=SYSTEM, metric=metric, value=0, until=until, id=str(number))
        )
        yield Recorded(
            event=measured,
            stream=m.METRIC.stream(of),
            version=1,
            leaf=number,
            id=new_id(),
            recorded_at=until,
            actor="source/bench",
            source="source/bench",
            correlation=str(of),
        )
