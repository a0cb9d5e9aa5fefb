"""docs/reference/metrics.md, from what a process says that does everything."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client import Metric

from consumers.looping import loops_of
from consumers.roles import EVERY_ROLE, Role
from consumers.runtime import open_ledger
from consumers.web.api.metrics import registry_of
from consumers.web.services import Services
from ledger.settings import Settings

COMMAND = "python -m tests.docs.generate"

_HEAD = f"""\
# Metrics

<!-- Generated from consumers.web.api.metrics by `{COMMAND}`; do not edit. -->

`GET /metrics` of every process, in Prometheus' text format. `serve`, `intake` and `web` ask for a
token of scope read; the others, which only operators talk to, ask for none. A process says what it
knows: a metric with other roles is not there.

| metric | type | labels | said by | meaning |
| --- | --- | --- | --- | --- |
"""
LABELS = {
    "airledger_loop_running": "loop",
    "airledger_projection_stopped": "projection",
    "airledger_projection_next": "projection",
    "airledger_follower_next": "follower",
    "airledger_signals": "source, outcome",
    "airledger_kafka_lag": "topic, partition",
}


def page() -> str:
    """The whole page."""
    said: dict[str, tuple[Metric, list[Role]]] = {}
    with (
        TemporaryDirectory() as directory,
        closing(open_ledger(Settings(data_dir=Path(directory) / "data"))) as ledger,
    ):
        for role in Role:
            roles = frozenset((role,))
            services = Services(ledger=ledger, roles=roles, loops=loops_of(ledger, roles))
            for metric in registry_of(services).collect():
                if metric.documentation:
                    said.setdefault(metric.name, (metric, []))[1].append(role)
    return _HEAD + "".join(_row(*said[name]) for name in sorted(said))


def _row(metric: Metric, roles: list[Role]) -> str:
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    who = "all" if frozenset(roles) == EVERY_ROLE else ", ".join(roles)
    labels = LABELS.get(metric.name, "-")
    return f"| `{name}` | {metric.type} | {labels} | {who} | {metric.documentation} |\n"
