"""docs/reference/metrics.md, from what processes say that do everything."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from prometheus_client import Metric

from consumers.container.ledger import open_ledger
from consumers.container.roles import Role
from consumers.runtime.workers import loops_of
from consumers.web.api.metrics import build_registry
from consumers.web.services import WebServices
from ledger.settings import Settings

COMMAND = "python -m tests.docs.generate"

_HEAD = f"""\
# Metrics

<!-- Generated from consumers.web.api.metrics by `{COMMAND}`; do not edit. -->

`GET /metrics` of every process, in Prometheus' text format. `serve`, `intake` and `web` need a
token of scope read; the other roles, which serve only operators, need none. A process exports the
metrics of its roles. [Operate](../how-to/operate.md) says how to read them, and which alerts page
someone.

A histogram has three series, `..._bucket` (with the label `le`), `..._sum` and `..._count`. Several
processes export the same value of a shared store: use the maximum, not the sum.

| metric | type | unit | labels | exported by | meaning |
| --- | --- | --- | --- | --- | --- |
"""
LABELS = {
    "airledger_loop_running": "loop",
    "airledger_projection_stopped": "projection",
    "airledger_projection_lag_events": "projection",
    "airledger_projection_next": "projection",
    "airledger_follower_next": "follower",
    "airledger_deliveries": "status",
    "airledger_kafka_lag": "topic, partition",
    "airledger_rca_open": "state",
    "airledger_reader_asked": "reader, outcome",
    "airledger_signals": "source, outcome",
    "airledger_source_heard_age_seconds": "source",
    "python_info": "version, implementation, major, minor, patchlevel",
}
UNITS = {
    "airledger_clock_held": "0 or 1",
    "airledger_commit_events": "events",
    "airledger_deliveries": "notifications",
    "airledger_events": "events",
    "airledger_evidence_content_changed": "reads",
    "airledger_http_connections": "connections",
    "airledger_follower_next": "leaf",
    "airledger_kafka_lag": "records",
    "airledger_log_size": "events",
    "airledger_loop_running": "0 or 1",
    "airledger_projection_lag_events": "events",
    "airledger_projection_next": "leaf",
    "airledger_projection_stopped": "0 or 1",
    "airledger_quarantine_open": "bodies",
    "airledger_glass_broken": "users",
    "airledger_rca_open": "incidents",
    "airledger_reader_asked": "intervals",
    "airledger_relay_leads": "0 or 1",
    "airledger_relay_next": "leaf",
    "airledger_signals": "signals",
    "airledger_sources_silent": "sources",
    "airledger_store_up": "0 or 1",
    "airledger_waiting": "signals",
    "process_max_fds": "files",
    "process_open_fds": "files",
    "python_info": "always 1",
}
"""Where a name does not end in its unit."""


class _Sent(NamedTuple):
    size: int


class _Leading(NamedTuple):
    """A relay that works."""

    leads: bool = True
    sent: _Sent = _Sent(0)


def page() -> str:
    """The whole page."""
    said: dict[str, tuple[Metric, list[str]]] = {}
    for speaker, metric in _said():
        said.setdefault(metric.name, (metric, []))[1].append(speaker)
    return _HEAD + "".join(_row(*said[name]) for name in sorted(said))


def _said() -> Iterator[tuple[str, Metric]]:
    """Who says what, role by role."""
    with (
        TemporaryDirectory() as directory,
        closing(open_ledger(Settings(data_dir=Path(directory) / "data"))) as ledger,
    ):
        for role in Role:
            roles = frozenset((role,))
            relay = _Leading() if role is Role.RELAY else None
            loops = loops_of(ledger, roles)
            services = WebServices(ledger=ledger, roles=roles, loops=loops, relay=relay)
            yield from ((role.value, each) for each in _metrics(services))


def _metrics(services: WebServices) -> Iterator[Metric]:
    return (each for each in build_registry(services, up=True).collect() if each.documentation)


def _row(metric: Metric, speakers: list[str]) -> str:
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    who = "all" if {*speakers} == {*Role} else ", ".join(speakers)
    labels = LABELS.get(metric.name, "-")
    about = metric.documentation.rstrip(".")
    return f"| `{name}` | {metric.type} | {_unit(metric.name)} | {labels} | {who} | {about}. |\n"


def _unit(name: str) -> str:
    """What it is counted in. Raises KeyError for a metric that nobody has told the unit of."""
    for unit in ("seconds", "bytes"):
        if name.endswith(f"_{unit}"):
            return unit
    return UNITS[name]
