"""What a policy may have wrong in its gates and classes of changes."""

from collections.abc import Collection, Iterator
from datetime import timedelta

from ledger.policy.gates import MOST_REQUIREMENTS, Requirement
from ledger.policy.model import Policy
from ledger.policy.schema_errors import Fault, child, shown

LONGEST_AGE = timedelta(days=3660)
"""The longest time for which evaluations and attestations may hold: ten years."""


def gate_faults(policy: Policy) -> Iterator[Fault]:
    """Every requirement and class that contradicts another, or that nothing can be judged by."""
    seen: set[str] = set()
    gates = {gate.id for gate in policy.gates}
    for number, gate in enumerate(policy.gates):
        for place, asked in enumerate(gate.checks):
            path = f"gates[{number}].checks[{place}]"
            if asked.id in seen:
                yield f"{path}.id", f"{shown(asked.id)} is there already. Name it otherwise."
            seen.add(asked.id)
            yield from _requirement(path, asked, policy)
    if len(seen) > MOST_REQUIREMENTS:
        yield "gates", f"There are {len(seen)} checks of at most {MOST_REQUIREMENTS}. Remove some."
    taken: set[str] = set()
    for name, of in policy.releases.change_classes.items():
        path = child("releases.classes", name)
        yield from _known(f"{path}.inherits", of.inherits, gates, "gate")
        for kind in of.artefacts:
            if kind in taken:
                yield (
                    f"{path}.artefacts",
                    f"{shown(kind)} is of another class already. Remove it from one.",
                )
            taken.add(kind)
        if of.emergency and of.artefacts:
            yield f"{path}.artefacts", "No artefact makes a change an emergency. Remove it."
        if not timedelta(minutes=1) <= of.decided_within <= timedelta(days=366):
            yield f"{path}.decided_within", "Use a time from one minute to 366 days."


def _requirement(path: str, asked: Requirement, policy: Policy) -> Iterator[Fault]:
    kinds, roles = policy.evidence.labels, policy.guards.role_labels
    yield from _known(f"{path}.evidence", asked.evidence, kinds, "kind of evidence")
    yield from _known(f"{path}.first", asked.first, kinds, "kind of evidence")
    yield from _known(f"{path}.roles", asked.roles, roles, "role")
    if asked.max_age is not None and not timedelta(minutes=1) <= asked.max_age <= LONGEST_AGE:
        yield f"{path}.max_age", "Use a time from one minute to ten years."
    if asked.by in ("card", "approval", "rollback") and not asked.evidence:
        yield f"{path}.evidence", "Name the kinds of evidence that it is judged by."
    if asked.by in ("approval", "sign_off") and not asked.roles:
        yield f"{path}.roles", "Name the roles that decide on it."
    if asked.by == "card":
        for kind in asked.evidence:
            if kind not in policy.evidence.complete:
                yield (
                    f"{path}.evidence",
                    f"evidence.complete does not say when {shown(kind)} is complete. Add it.",
                )
    if asked.by == "measurement":
        for name in ("metric", "comparison", "target", "unit"):
            if getattr(asked, name) is None:
                yield f"{path}.{name}", "A measurement is judged by it. Add it."
    if asked.by == "sign_off" and asked.waivable:
        yield f"{path}.waivable", "A sign-off cannot be waived. Remove it."


def _known(path: str, given: Collection[str], known: Collection[str], what: str) -> Iterator[Fault]:
    for index, each in enumerate(given):
        if each not in known:
            yield f"{path}[{index}]", f"{shown(each)} is no {what} of the policy. Add it there."
