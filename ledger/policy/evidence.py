"""Evidence: which kinds there are, and what a card of a kind has to contain.

Source: runbook section 8 (evidence), section 5 (documentation gate).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from ledger.policy.parts import Part, ShortWords, Slug, Words

SHIPPED_KINDS: Mapping[str, str] = {
    "governance_charter": "Governance charter",
    "raci": "RACI matrix",
    "model_card": "Model card",
    "system_card": "System card",
    "dataset_card": "Dataset card",
    "evaluation_pack": "Evaluation pack",
    "dashboard_log": "Dashboard log",
    "dpia": "Data protection impact assessment",
    "tra": "Threat and risk assessment",
    "impact_assessment": "Impact assessment",
    "red_team_report": "Red team report",
    "human_oversight_log": "Human oversight log",
    "supplier_assessment": "Supplier assessment",
    "rollback_plan": "Rollback plan",
    "snapshot": "Snapshot",
    "legal_basis": "Legal basis",
    "playbook": "Playbook",
    "postmortem": "Postmortem",
    "other": "Other",
}
"""The labels of the kinds of evidence, by id: those of a policy that names none."""

JmesPath = Annotated[str, Meta(min_length=1, max_length=500)]


class CardItem(Part, frozen=True, kw_only=True):
    """Something that a card has to say: a JMESPath expression over the card, and its name."""

    path: JmesPath
    words: Words


class CardRules(Part, frozen=True, kw_only=True):
    """When a card of a kind is complete.

    Each of `requires` is there, is not empty and is no placeholder. `version` is an expression
    whose value is the release that the evidence is filed for, `date` one whose value is at most
    `max_age` ago.
    """

    requires: Annotated[tuple[CardItem, ...], Meta(min_length=1, max_length=100)]
    version: JmesPath | None = None
    date: JmesPath | None = None
    max_age: timedelta | None = None


class EvidencePolicy(Part, frozen=True, kw_only=True):
    """The kinds of evidence by id with their labels, and when a card of a kind is complete."""

    kinds: Mapping[Slug, ShortWords] = {}
    complete: Mapping[Slug, CardRules] = {}

    @property
    def labels(self) -> Mapping[str, str]:
        """The label of every kind, by its id, in order."""
        return self.kinds or SHIPPED_KINDS
