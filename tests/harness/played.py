"""What a scenario is made of, and what it returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.harness.alertmanager import Alert
from tests.harness.prometheus import Rule
from tests.harness.recorder import Delivery

HARMFUL = Rule(
    alert="HarmfulOutputRateHigh",
    expr="max by (system) (llm_harmful_output_ratio) > 0.005",
    labels={"severity": "critical", "slo": "harmful_output"},
    annotations={"summary": "harmful output rate {{ $value | humanizePercentage }}"},
)


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One time that an alert fired: what a ledger that heard every delivery should hold."""

    alert: Alert
    fired_at: datetime
    resolved_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Played:
    """What was done, in order of firing, and every request that came of it."""

    episodes: tuple[Episode, ...]
    deliveries: tuple[Delivery, ...]

    @property
    def accepted(self) -> tuple[Delivery, ...]:
        return tuple(delivery for delivery in self.deliveries if delivery.accepted)


def harmful(system: str, starts_at: datetime) -> Alert:
    return Alert(
        labels={"alertname": HARMFUL.alert, "system": system, **HARMFUL.labels},
        annotations={"summary": "harmful output rate 0.9 %", "description": "détecté — «有害»"},
        starts_at=starts_at,
    )


def node_down(system: str, node: int, starts_at: datetime) -> Alert:
    labels = {"alertname": "GPUNodeDown", "system": system, "node": f"gpu-{node:03}"}
    return Alert(
        labels={**labels, "severity": "critical"},
        annotations={"summary": f"gpu-{node:03} does not answer"},
        starts_at=starts_at,
    )


def episodes_told(deliveries: Sequence[Delivery], key: str) -> tuple[Episode, ...]:
    """The episodes of one alert as its deliveries tell them."""
    episodes: list[Episode] = []
    for delivery in deliveries:
        (told,) = (alert for alert in delivery.alerts if alert["fingerprint"] == key)
        starts_at = datetime.fromisoformat(told["startsAt"])
        alert = Alert(labels=told["labels"], annotations=told["annotations"], starts_at=starts_at)
        if told["status"] == "firing":
            episodes.append(episode(alert))
        else:
            episodes[-1] = episode(alert, datetime.fromisoformat(told["endsAt"]))
    return tuple(episodes)


def episode(alert: Alert, resolved_at: datetime | None = None) -> Episode:
    if alert.starts_at is None:
        raise ValueError("a scenario states when its alerts start")
    return Episode(alert=alert, fired_at=alert.starts_at, resolved_at=resolved_at)


def now() -> datetime:
    return datetime.now(UTC)
