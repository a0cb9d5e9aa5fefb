"""What the policy's notifications may have wrong."""

from collections.abc import Iterator
from datetime import timedelta

from ledger.policy.flow import did_you_mean
from ledger.policy.model import Policy
from ledger.policy.schema_errors import Fault, child, shown

LONGEST = timedelta(days=30)


def notify_faults(policy: Policy) -> Iterator[Fault]:
    """Every fault of `notify`."""
    notify = policy.notify
    for name in ("next_channel_after", "give_up_after"):
        value = getattr(notify, name)
        if not timedelta(0) < value <= LONGEST:
            yield f"notify.{name}", f"It is {value}. Give more than none, and at most 30 days."
    named = {channel for rule in notify.rules for channel in rule.channels}
    for channel, following in notify.fallback.items():
        path = child("notify.fallback", channel)
        if channel == following:
            yield path, f"{shown(channel)} is tried already. Name another."
        elif channel not in named | set(notify.fallback.values()):
            near = did_you_mean(channel, named)
            yield path, f"No rule tells {shown(channel)}.{near} Remove it, or name one."
    known = policy.flow.categories
    seen: set[str] = set()
    for at, rule in enumerate(notify.rules):
        if rule.name in seen:
            yield f"notify.rules[{at}].name", f"{shown(rule.name)} is there already. Rename it."
        seen.add(rule.name)
        for place, category in enumerate(rule.categories):
            if category not in known:
                near = did_you_mean(category, known)
                path = f"notify.rules[{at}].categories[{place}]"
                yield path, f"{shown(category)} is no category.{near} Name one."
