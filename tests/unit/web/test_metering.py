"""What a process says of its relay, and of what is read when Prometheus asks."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from consumers.web.metering.relay import read_relay
from projections.engine import Covered


@dataclass
class Relay:
    leads: bool
    sent: Covered = field(default_factory=lambda: Covered(7, {}))


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
