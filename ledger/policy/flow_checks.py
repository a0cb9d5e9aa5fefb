"""What a policy may have wrong in its categories, its steps, and what names either."""

from collections.abc import Iterator, Mapping, Sequence

from ledger.policy.flow import did_you_mean
from ledger.policy.model import Policy
from ledger.policy.parts import Part
from ledger.policy.schema_errors import Fault, child, shown
from ledger.vocabulary import Category, Step

MOST_ADDED = 30
"""Of categories, and of steps: what is owed beyond the runbook's is part of an event."""


def flow_faults(policy: Policy) -> Iterator[Fault]:
    """Every category and step that is missing, not described, or not known."""
    flow = policy.flow
    yield from _listed("steps", flow.steps, tuple(Step), policy.steps, "An incident owes")
    yield from _listed(
        "categories",
        flow.categories,
        tuple(Category),
        policy.categories,
        "An incident has one of",
    )
    yield from _known("rca.due_after_by_category", policy.rca.due_after_by_category, policy)
    for name, step in policy.steps.items():
        path = child("steps", name)
        for index, category in enumerate(step.categories):
            yield from unknown_category(f"{path}.categories[{index}]", category, policy)
    for index, rule in enumerate(policy.rules):
        if rule.category is not None:
            yield from unknown_category(f"rules[{index}].category", rule.category, policy)


def _listed(
    key: str,
    given: Sequence[str],
    runbook: Sequence[str],
    added: Mapping[str, Part],
    rule: str,
) -> Iterator[Fault]:
    """Faults of a list in `flow`, and of the tables that describe what is added to it."""
    path, order = f"flow.{key}", ", ".join(runbook)
    if [each for each in given if each in runbook] != list(runbook):
        yield path, f"{rule} the runbook's, whatever is added. List, in this order: {order}."
    seen: set[str] = set()
    for index, each in enumerate(given):
        if each in runbook:
            continue
        if each in seen:
            yield f"{path}[{index}]", f"{shown(each)} is there already. Remove this one."
        elif each not in added:
            advice = did_you_mean(each, [*runbook, *added])
            yield (
                f"{path}[{index}]",
                f"{shown(each)} is none of the runbook's.{advice} Add the table [{key}.{each}].",
            )
        seen.add(each)
    for each in added:
        if each in runbook:
            yield child(key, each), "It is the runbook's and stays as it is. Remove the table."
        elif each not in seen:
            yield child(key, each), f"Nothing has it. List it in {path}, or remove the table."
    if len(added) > MOST_ADDED:
        yield key, f"There are {len(added)} of at most {MOST_ADDED}. Remove some."


def _known(path: str, table: Mapping[str, object], policy: Policy) -> Iterator[Fault]:
    for category in table:
        yield from unknown_category(child(path, category), category, policy)


def unknown_category(path: str, category: str, policy: Policy) -> Iterator[Fault]:
    """The fault of naming a category that the policy has not."""
    if category not in policy.flow.categories:
        advice = did_you_mean(category, policy.flow.categories)
        known = ", ".join(policy.flow.categories)
        yield path, f"{shown(category)} is no category of this policy.{advice} Known: {known}."
