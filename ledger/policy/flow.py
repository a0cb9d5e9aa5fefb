"""The runbook's flow as a policy has it: its categories and steps, and those that it adds.

Source: runbook section 7. The runbook's three categories and eight steps are always there.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from difflib import get_close_matches

from ledger.policy.parts import Part, ShortWords, Slug, Words
from ledger.vocabulary import Category, Severity, Step


class Flow(Part, frozen=True, kw_only=True):
    """An incident's categories, and the steps it is owed, in order (runbook section 7)."""

    categories: tuple[Slug, ...]
    steps: tuple[Slug, ...]


class AddedCategory(Part, frozen=True, kw_only=True):
    """A category that the runbook does not have: its name for people, and what belongs to it."""

    label: ShortWords
    words: Words


class AddedStep(Part, frozen=True, kw_only=True):
    """A step that the runbook does not have; its place is that in `flow.steps`.

    It is owed by every incident where it names neither categories nor severities. Where it names
    both, it is owed by an incident that has one of each.
    """

    label: ShortWords
    waivable: bool = True
    categories: tuple[Slug, ...] = ()
    severities: tuple[Severity, ...] = ()

    @property
    def conditional(self) -> bool:
        """Whether some incidents alone owe it."""
        return bool(self.categories or self.severities)

    def owed_by(self, category: str | None, severity: Severity | None) -> bool:
        """Whether an incident of this category and severity owes it."""
        return (not self.categories or category in self.categories) and (
            not self.severities or severity in self.severities
        )


class Rca(Part, frozen=True, kw_only=True):
    """When a root cause analysis is due after detection, and at risk before that (section 7.5).

    The shortest time that an entry gives for the incident's category or severity holds; where there
    is no entry for either, `due_after`. `preliminary_meets`: a preliminary one meets the deadline,
    and the final one is due `final_due_after` later. `final_needs_approval`: of somebody who did
    not complete it.
    """

    due_after: timedelta
    at_risk_lead: timedelta
    due_after_by_severity: Mapping[Severity, timedelta] = {}
    due_after_by_category: Mapping[Slug, timedelta] = {}
    preliminary_meets: bool = False
    final_due_after: timedelta | None = None
    final_needs_approval: bool = False

    def due_after_of(self, category: str | None, severity: Severity | None) -> timedelta:
        """How long after detection the RCA of such an incident is due."""
        found = []
        if category is not None and category in self.due_after_by_category:
            found.append(self.due_after_by_category[category])
        if severity is not None and severity in self.due_after_by_severity:
            found.append(self.due_after_by_severity[severity])
        return min(found, default=self.due_after)

    def at_risk_after_of(self, category: str | None, severity: Severity | None) -> timedelta:
        """How long after detection it is at risk; from detection on where the time is as short."""
        return max(self.due_after_of(category, severity) - self.at_risk_lead, timedelta(0))


def category_labels(flow: Flow, added: Mapping[str, AddedCategory]) -> Mapping[str, str]:
    """The label of every category, by its id, in the policy's order."""
    return {
        each: added[each].label if each in added else Category(each).label
        for each in flow.categories
    }


def step_labels(flow: Flow, added: Mapping[str, AddedStep]) -> Mapping[str, str]:
    """The label of every step, by its id, in the policy's order."""
    return {each: added[each].label if each in added else Step(each).label for each in flow.steps}


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """A question for the nearest of the known ids; empty where none is near."""
    near = get_close_matches(given[:100], list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""
