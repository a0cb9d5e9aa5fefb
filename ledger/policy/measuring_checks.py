"""What a policy may have wrong in its objectives, metrics, units and triggers of measurements."""

from collections.abc import Iterator
from datetime import timedelta

from ledger.policy.model import Policy, Trigger
from ledger.policy.objectives import Objective
from ledger.policy.schema_errors import Fault, child, shown
from ledger.policy.zones import zone_fault

LEAST_INTERVAL = timedelta(minutes=1)
LONGEST_WINDOW = timedelta(days=366)


def measuring_faults(policy: Policy) -> Iterator[Fault]:
    """Every objective, trigger, metric and unit that contradicts another."""
    yield from _units(policy)
    for name, objective in policy.slos.items():
        yield from _objective(child("slos", name), objective, policy)
    for name, trigger in (
        ("data_drift", policy.triggers.data_drift),
        ("quality_drop", policy.triggers.quality_drop),
    ):
        yield from _trigger(child("triggers", name), trigger)


def _units(policy: Policy) -> Iterator[Fault]:
    names: dict[str, str] = {}
    for unit, of in policy.units.items():
        if of.of in policy.units:
            yield (
                child(child("units", unit), "of"),
                f"{shown(of.of)} is itself given by another unit. Name the one that it is of.",
            )
    for metric, each in policy.metrics.items():
        for text in (metric, *each.aliases):
            folded = " ".join(text.split()).casefold()
            if names.setdefault(folded, metric) != metric:
                yield (
                    child("metrics", metric),
                    f"{shown(text)} is a name of {shown(names[folded])} already.",
                )


def _objective(path: str, objective: Objective, policy: Policy) -> Iterator[Fault]:
    yield from _times(path, objective)
    if objective.judge == "burn_rate":
        if not objective.burn:
            yield f"{path}.burn", "A burn rate needs at least one { over, rate }."
        if policy.units and _allowed(objective, policy) is None:
            yield (
                f"{path}.judge",
                "A burn rate needs a unit that converts to 1, and a target that leaves a budget.",
            )
    if objective.judge == "incidents" and objective.category not in policy.flow.categories:
        yield (
            f"{path}.category",
            f"Name one of flow.categories: {', '.join(policy.flow.categories)}.",
        )
    if objective.judge == "incidents" and objective.lower_is_better is False:
        yield f"{path}.comparison", "Incidents are counted: use < or <=."


def _allowed(objective: Objective, policy: Policy) -> float | None:
    """The share of bad samples that a ratio allows; None where it is no ratio or allows none."""
    ratio = policy.measuring.between(objective.target, objective.unit, "1")
    if ratio is None:
        return None
    allowed = ratio.value if objective.lower_is_better else 1 - ratio.value
    return allowed if 0 < allowed < 1 else None


def _times(path: str, objective: Objective) -> Iterator[Fault]:
    spans = [
        ("window", objective.window),
        ("fresh_for", objective.fresh_for),
        *((f"burn[{index}].over", each.over) for index, each in enumerate(objective.burn)),
    ]
    if objective.prometheus is not None:
        spans.append(("prometheus.interval", objective.prometheus.interval))
    for name, span in spans:
        if not LEAST_INTERVAL <= span <= LONGEST_WINDOW:
            yield f"{path}.{name}", "Use a time from one minute to 366 days."
    for index, each in enumerate(objective.burn):
        if each.over > objective.window:
            yield f"{path}.burn[{index}].over", "It is longer than the objective's window."


def _trigger(path: str, trigger: Trigger) -> Iterator[Fault]:
    yield from zone_fault(f"{path}.zone", trigger.zone)
    if not timedelta(0) <= trigger.grace <= timedelta(days=90):
        yield f"{path}.grace", "Use a time of at most 90 days."
