"""Where a signal belongs, where the streams stand that it may touch, and what it came to."""

from typing import NamedTuple
from uuid import UUID

from ledger.domain.alert import Alert, AlertDetails, Signal
from ledger.domain.alert_group import AlertGroup
from ledger.domain.envelope import Event
from ledger.domain.identity import alert_id, group_id
from ledger.domain.incident.state import Incident
from ledger.domain.system.names import SystemNames
from ledger.policy import Policy, Rule

TITLE_CHARACTERS = 500
NAME_CHARACTERS = 200
"""As long as a reported incident's; a longer one stands in full among the alert's labels."""


class StreamEvent(NamedTuple):
    """An event that is to be appended to a stream."""

    stream: str
    event: Event


class Place(NamedTuple):
    """A signal's alert, and what the policy says of it: its rule, its system, its group."""

    alert: UUID
    rule: Rule
    system: str
    group: UUID


class SignalState(NamedTuple):
    """Where a signal belongs, and where the streams stand that it may touch.

    `linked` is the incident the alert's episode belongs to, `newest` the group's newest; both with
    merges followed, and None where there is none.
    """

    place: Place
    alert: Alert
    group: AlertGroup
    linked: tuple[UUID, Incident] | None
    newest: tuple[UUID, Incident] | None


class Decision(NamedTuple):
    """What a signal came to: events to append, and the incident it touched or belongs to."""

    changes: tuple[StreamEvent, ...]
    incident: UUID | None


def place_of(signal: Signal, policy: Policy, names: SystemNames) -> Place:
    """Where the policy puts a signal's alert; an alias of a system stands for its own name."""
    rule = policy.rule_for(signal.labels)
    system = policy.system_of(signal.labels, rule)
    if names.own:
        system = names.own_of(system)
    group = group_id(rule.name, policy.group_values(rule, signal.labels, system))
    return Place(alert_id(signal.source, signal.dedup_key), rule, system, group)


def describe(signal: Signal, policy: Policy, place: Place) -> AlertDetails:
    """The alert as its source describes it, cut where an event would be too large."""
    title_cut = ("title",) if len(signal.title) > TITLE_CHARACTERS else ()
    return AlertDetails(
        source=signal.source,
        dedup_key=signal.dedup_key,
        title=signal.title[:TITLE_CHARACTERS],
        system=place.system[:NAME_CHARACTERS],
        severity=policy.severity_of(signal.labels, place.rule),
        labels=signal.labels,
        annotations=dict(signal.annotations),
        generator_url=signal.generator_url,
        shortened=tuple(dict.fromkeys((*signal.shortened, *title_cut))),
    )
