"""What the policy's notifications may have wrong."""

from collections.abc import Iterator

from ledger.policy.flow import did_you_mean
from ledger.policy.flow_checks import unknown_category
from ledger.policy.model import Policy
from ledger.policy.schema_errors import Fault, child, shown


def notify_faults(policy: Policy) -> Iterator[Fault]:
    """Every fault of `notify`."""
    notify = policy.notify
    named = {channel for rule in notify.rules for channel in rule.channels}
    for channel, following in notify.fallback.items():
        path = child("notify.fallback", channel)
        if channel == following:
            yield path, f"{shown(channel)} is tried already. Name another."
        elif channel not in named | set(notify.fallback.values()):
            near = did_you_mean(channel, named)
            yield path, f"No rule tells {shown(channel)}.{near} Remove it, or name one."
    for at, rule in enumerate(notify.rules):
        for place, category in enumerate(rule.categories):
            yield from unknown_category(f"notify.rules[{at}].categories[{place}]", category, policy)
