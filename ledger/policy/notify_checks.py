"""What the policy's notifications may have wrong."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from ledger.policy.flow import did_you_mean
from ledger.policy.flow_checks import unknown_category
from ledger.policy.model import Policy
from ledger.policy.notify import OF_INCIDENTS, Notify, NotifyRule
from ledger.policy.schema_errors import Fault, child, shown
from ledger.policy.zones import zone_fault

LONGEST_TOLD = timedelta(days=30)
"""The longest that anybody waits before the next one is told."""


def notify_faults(policy: Policy) -> Iterator[Fault]:
    """Every fault of `notify`."""
    notify = policy.notify
    named = notify.named
    for channel, following in notify.fallback.items():
        path = child("notify.fallback", channel)
        if channel == following:
            yield path, f"{shown(channel)} is tried already. Name another."
        elif channel not in named | set(notify.fallback.values()):
            near = did_you_mean(channel, named)
            yield path, f"No rule tells {shown(channel)}.{near} Remove it, or name one."
    for path, name in _zones(notify):
        yield from zone_fault(path, name)
    for at, quiet in enumerate(notify.quiet_hours):
        path = f"notify.quiet_hours[{at}]"
        if quiet.begins == quiet.until:
            yield f"{path}.until", "They end when they begin. Write another time."
        for place, category in enumerate(quiet.never_for):
            yield from unknown_category(f"{path}.never_for[{place}]", category, policy)
    for at, rule in enumerate(notify.rules):
        yield from _escalations(f"notify.rules[{at}]", rule)
        for place, category in enumerate(rule.categories):
            yield from unknown_category(f"notify.rules[{at}].categories[{place}]", category, policy)


def _zones(notify: Notify) -> Iterator[tuple[str, str]]:
    for at, quiet in enumerate(notify.quiet_hours):
        yield f"notify.quiet_hours[{at}].zone", quiet.zone


def _escalations(path: str, rule: NotifyRule) -> Iterator[Fault]:
    """Only an incident can be acknowledged, and each step comes later than the one before."""
    none = [notice for notice in rule.notices if notice not in OF_INCIDENTS]
    if rule.escalate and none:
        yield (
            f"{path}.escalate",
            f"Nobody can acknowledge {shown(none[0])}. Give it a rule of its own.",
        )
    if rule.escalate and rule.digest is not None:
        yield f"{path}.escalate", "What waits for a digest is not urgent. Remove one of the two."
    before = timedelta(0)
    for place, step in enumerate(rule.escalate):
        if not before < step.after <= LONGEST_TOLD:
            given, low, high = map(msgspec.to_builtins, (step.after, before, LONGEST_TOLD))
            fault = f"The duration is {given}. Write one longer than {low}, and {high} at most."
            yield f"{path}.escalate[{place}].after", fault
        before = step.after
