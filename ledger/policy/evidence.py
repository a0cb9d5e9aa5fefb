"""Evidence: which kinds there are. Source: runbook section 8."""

from collections.abc import Mapping

from ledger.policy.parts import Part, ShortWords, Slug

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


class EvidencePolicy(Part, frozen=True, kw_only=True):
    """The kinds of evidence that can be filed, by id with their labels."""

    kinds: Mapping[Slug, ShortWords] = {}

    @property
    def labels(self) -> Mapping[str, str]:
        """The label of every kind, by its id, in order."""
        return self.kinds or SHIPPED_KINDS
