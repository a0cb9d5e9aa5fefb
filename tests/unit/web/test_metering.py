"""What a process says of its relay, and of what is read when Prometheus asks."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from consumers.metrics.counters import COUNTED, Lags
from consumers.metrics.relay import read_relay
from projections.engine import CheckpointOffsets


@dataclass
class Relay:
    leads: bool
    sent: CheckpointOffsets = field(default_factory=lambda: CheckpointOffsets(7, {}))


def said(relay: Relay | None) -> dict[str, float]:
    registry = CollectorRegistry()
    read_relay(registry, relay)
    return {sample.name: sample.value for each in registry.collect() for sample in each.samples}


def test_the_relay_that_works_says_how_far_it_is() -> None:
    assert {"airledger_relay_leads": 1, "airledger_relay_next": 7} == said(Relay(leads=True))


def test_one_that_waits_says_no_more_than_that() -> None:
    assert {"airledger_relay_leads": 0} == said(Relay(leads=False))


def test_without_a_relay_there_is_nothing_to_say() -> None:
    assert {} == said(None)


def lags() -> dict[str, float]:
    return {
        sample.labels["partition"]: sample.value
        for each in COUNTED.collect()
        for sample in each.samples
        if sample.labels.get("topic") == "lagging"
    }


def test_the_lag_of_a_partition_that_was_taken_away_is_not_said_any_more() -> None:
    own = Lags()
    own.show({("lagging", "0"): 7, ("lagging", "1"): 2})
    both = lags()
    own.show({("lagging", "1"): 3})
    one = lags()
    own.show({})

    assert {"0": 7, "1": 2} == both
    assert {"1": 3} == one
    assert {} == lags()
