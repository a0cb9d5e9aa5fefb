"""What a policy of the right shape may still have wrong: the rules between its values."""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

import msgspec

from ledger.errors import Invalid
from ledger.policy.evidence_checks import evidence_faults
from ledger.policy.flow_checks import flow_faults
from ledger.policy.gates_checks import gate_faults
from ledger.policy.matchers import parse
from ledger.policy.measuring_checks import measuring_faults
from ledger.policy.model import Policy, Rule
from ledger.policy.notify_checks import LONGEST_TOLD, notify_faults
from ledger.policy.phases import exit_faults
from ledger.policy.raci_checks import privacy_faults, raci_faults
from ledger.policy.risk_checks import control_faults, risk_faults
from ledger.policy.schema_errors import Fault, child, shown
from ledger.policy.zones import zone_fault

LONGEST = timedelta(days=366)
LONGEST_KEPT = timedelta(days=36_600)
"""A hundred years."""
LEAST_SILENCE = timedelta(minutes=1)
"""When a source was last heard is exact to 15 s."""
MOST_SKEW = timedelta(hours=1)
"""Clocks that differ by more are wrong."""
DROPPED = "privacy.drop_labels"


def check(policy: Policy) -> Iterator[Fault]:
    """Every value that contradicts another, or that nothing could be done with."""
    yield from _durations(policy)
    yield from _silent_kinds(policy)
    yield from zone_fault("triggers.incident_count.zone", policy.zone)
    yield from flow_faults(policy)
    yield from raci_faults(policy)
    yield from privacy_faults(policy)
    yield from notify_faults(policy)
    yield from evidence_faults(policy.evidence)
    yield from measuring_faults(policy)
    for phase, of in policy.phases.items():
        yield from exit_faults(phase, of, policy.evidence)
    yield from gate_faults(policy)
    yield from risk_faults(policy)
    yield from control_faults(policy)
    yield from _labels(policy)
    yield from _repeats("gates", [gate.id for gate in policy.gates], ".id")
    yield from _repeats(
        "triggers.incident_count.count_severities", policy.triggers.incident_count.count_severities
    )
    for index, rule in enumerate(policy.rules):
        yield from _matchers(rule.match, f"rules[{index}].match", policy.privacy.drop_labels)
    heartbeats = policy.coverage.heartbeats
    yield from _matchers(heartbeats, "coverage.heartbeats", policy.privacy.drop_labels)
    yield from _repeats("rules", [rule.name for rule in policy.rules], ".name")
    yield from _repeats("notify.rules", [rule.name for rule in policy.notify.rules], ".name")
    yield from _catch_all(policy.rules)


def _durations(policy: Policy) -> Iterator[Fault]:
    rca, alerts, none = policy.rca, policy.alerts, timedelta(0)
    least = timedelta(seconds=1)
    whole = rca.due_after if rca.due_after >= least else LONGEST
    coverage = policy.coverage
    entries = (
        (child(path, name), value, low, LONGEST)
        for path, table, low in (
            ("alerts.stale_after_by_kind", alerts.stale_after_by_kind, least),
            ("alerts.stale_after_by_source", alerts.stale_after_by_source, least),
            ("rca.due_after_by_severity", rca.due_after_by_severity, least),
            ("rca.due_after_by_category", rca.due_after_by_category, least),
            ("coverage.silent_after_by_kind", coverage.silent_after_by_kind, LEAST_SILENCE),
            ("coverage.silent_after_by_source", coverage.silent_after_by_source, LEAST_SILENCE),
        )
        for name, value in table.items()
    )
    final = LONGEST if rca.final_due_after is None else rca.final_due_after
    if rca.preliminary_meets and rca.final_due_after is None:
        yield "rca.final_due_after", 'A final analysis is never due. Add it, such as "P7D".'
    limit = LONGEST if alerts.backdate_limit is None else alerts.backdate_limit
    review = policy.triggers.incident_count.review_due_after
    for path, value, low, high in (
        ("rca.due_after", rca.due_after, least, LONGEST),
        ("rca.at_risk_lead", rca.at_risk_lead, none, whole),
        ("rca.final_due_after", final, max(rca.at_risk_lead, least), LONGEST),
        ("alerts.stale_after", alerts.stale_after, least, LONGEST),
        ("alerts.late_copy", alerts.late_copy, none, LONGEST),
        ("alerts.quiet", alerts.quiet, none, LONGEST),
        ("alerts.backdate_limit", limit, none, LONGEST),
        ("alerts.clock_skew", alerts.clock_skew, none, MOST_SKEW),
        (
            "retention.incidents",
            policy.retention.incidents or LONGEST_KEPT,
            timedelta(days=1),
            LONGEST_KEPT,
        ),
        ("notify.next_channel_after", policy.notify.next_channel_after, least, LONGEST_TOLD),
        ("notify.give_up_after", policy.notify.give_up_after, least, LONGEST_TOLD),
        *entries,
        (
            "triggers.incident_count.review_due_after",
            LONGEST if review is None else review,
            least,
            LONGEST,
        ),
    ):
        if not low <= value <= high:
            given, first, last = (msgspec.to_builtins(span) for span in (value, low, high))
            yield path, f"The duration is {given}. Write one from {first} to {last}."


def _silent_kinds(policy: Policy) -> Iterator[Fault]:
    for kind in policy.alerts.stale_after_by_kind:
        if not kind.repeats:
            path = child("alerts.stale_after_by_kind", kind)
            yield path, f"A source of kind {kind} sends once and is never stale. Remove the entry."


def _labels(policy: Policy) -> Iterator[Fault]:
    lists: list[tuple[str, Sequence[str] | None]] = [
        ("alerts.system_labels", policy.alerts.system_labels),
        ("alerts.severity_labels", policy.alerts.severity_labels),
        ("alerts.group_by", policy.alerts.group_by),
    ]
    for index, rule in enumerate(policy.rules):
        lists.append((f"rules[{index}].group_by", rule.group_by))
        lists.append((f"rules[{index}].system_labels", rule.system_labels))
    dropped = policy.privacy.drop_labels
    yield from _repeats(DROPPED, dropped)
    for path, names in lists:
        yield from _repeats(path, names or ())
        for name in names or ():
            if name in dropped:
                yield path, f"{shown(name)} is in {DROPPED}. Remove it here or there."
        if path.endswith("group_by") and "..." in (names or ()):
            yield path, 'Grouping by all labels ("...") is not known here. Name the labels.'
    for value in policy.severities:
        if value != value.strip().lower():
            written = shown(value.strip().lower())
            yield child("severities", value), f"Nothing would match. Write it as {written}."


def _matchers(texts: Sequence[str], path: str, dropped: Collection[str]) -> Iterator[Fault]:
    for index, text in enumerate(texts):
        try:
            matchers = parse(text)
            if not matchers:
                yield f"{path}[{index}]", f"{text[:120]!r} holds no matcher. Remove it."
            for name in {each.name for each in matchers} & set(dropped):
                yield f"{path}[{index}]", f"{shown(name)} is in {DROPPED}. Remove it here or there."
        except Invalid as error:
            yield f"{path}[{index}]", f"{text[:120]!r} is no matcher. {error}"


def _catch_all(rules: Sequence[Rule]) -> Iterator[Fault]:
    *earlier, last = rules
    for index, rule in enumerate(earlier):
        if not rule.match:
            yield (
                f"rules[{index}].match",
                f"Rule {rule.name} matches everything, so no later rule is reached. Put it last.",
            )
    if last.match:
        yield (
            f"rules[{len(earlier)}].match",
            f"Rule {last.name} is the last and not for all. Add one with match = [] after it.",
        )


def _repeats(path: str, names: Sequence[str], suffix: str = "") -> Iterator[Fault]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield f"{path}[{index}]{suffix}", f"{shown(name)} is there already. Remove this one."
        seen.add(name)
