"""What the policy's notifications may have wrong."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from ledger.policy.flow import did_you_mean
from ledger.policy.flow_checks import unknown_category
from ledger.policy.model import Policy
from ledger.policy.notify import (
    ESCALATES,
    IN_EVERY_DIGEST,
    OF_INCIDENTS,
    Escalation,
    Notify,
    NotifyRule,
)
from ledger.policy.schema_errors import Fault, child, shown
from ledger.policy.zones import zone_fault

LONGEST_TOLD = timedelta(days=30)
"""The longest that anybody waits before the next one is told."""


def notify_faults(policy: Policy) -> Iterator[Fault]:
    """Every fault of `notify`."""
    notify = policy.notify
    named = notify.named
    tried = named | set(notify.fallback.values())
    if notify.fallback and notify.next_channel_after >= notify.give_up_after:
        given = msgspec.to_builtins(notify.give_up_after)
        fault = f"No fallback is ever tried: all is given up after {given}. Write less than that."
        yield "notify.next_channel_after", fault
    for channel, following in notify.fallback.items():
        path = child("notify.fallback", channel)
        if channel == following:
            yield path, f"{shown(channel)} is tried already. Name another."
        elif channel not in tried:
            near = did_you_mean(channel, named)
            yield path, f"No rule tells {shown(channel)}.{near} Remove it, or name one."
    for path, name in _zones(notify):
        yield from zone_fault(path, name)
    for at, quiet in enumerate(notify.quiet_hours):
        path = f"notify.quiet_hours[{at}]"
        if quiet.begins == quiet.until:
            yield f"{path}.until", "They end when they begin. Write another time."
        for place, channel in enumerate(quiet.channels):
            if channel not in tried:
                near = did_you_mean(channel, tried)
                yield (
                    f"{path}.channels[{place}]",
                    f"No rule tells {shown(channel)}.{near} Name one.",
                )
        for place, category in enumerate(quiet.never_for):
            yield from unknown_category(f"{path}.never_for[{place}]", category, policy)
    yield from _channels_of_roles(policy)
    for at, rule in enumerate(notify.rules):
        yield from _escalations(f"notify.rules[{at}]", rule)
        for place, notice in enumerate(rule.notices):
            if notice in IN_EVERY_DIGEST:
                fault = f"Every rule with `digest` tells of {shown(notice)}. Leave it out."
                yield f"notify.rules[{at}].notices[{place}]", fault
        for place, category in enumerate(rule.categories):
            yield from unknown_category(f"notify.rules[{at}].categories[{place}]", category, policy)


def _channels_of_roles(policy: Policy) -> Iterator[Fault]:
    """Every rule and step tells somebody, and a role is one of the policy's that has channels."""
    notify, known = policy.notify, policy.guards.role_labels
    for role in notify.roles:
        if role not in known:
            path, near = child("notify.roles", role), did_you_mean(role, known)
            yield path, f"There is no role {shown(role)}.{near} There are {', '.join(known)}."
    for at, rule in enumerate(notify.rules):
        steps = ((f"escalate[{place}].", step) for place, step in enumerate(rule.escalate))
        told_by: tuple[tuple[str, NotifyRule | Escalation], ...] = (("", rule), *steps)
        for path, told in told_by:
            where = f"notify.rules[{at}].{path}"
            if not told.channels and not told.roles:
                yield f"{where}channels", "Nobody is told. Name a channel or a role."
            for place, role in enumerate(told.roles):
                if role not in notify.roles:
                    near = did_you_mean(role, notify.roles)
                    fault = f"`notify.roles` has no channels for {shown(role)}.{near} Name them."
                    yield f"{where}roles[{place}]", fault


def _zones(notify: Notify) -> Iterator[tuple[str, str]]:
    for at, quiet in enumerate(notify.quiet_hours):
        yield f"notify.quiet_hours[{at}].zone", quiet.zone


def _escalations(path: str, rule: NotifyRule) -> Iterator[Fault]:
    """Only an incident can be acknowledged, and each step comes later than the one before."""
    none = [notice for notice in rule.notices if notice not in OF_INCIDENTS]
    if rule.escalate and not none and ESCALATES.isdisjoint(rule.notices):
        fault = f"Nobody further is told of {shown(rule.notices[0])}. Remove it, or name another."
        yield f"{path}.escalate", fault
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
