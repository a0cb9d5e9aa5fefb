"""The vocabularies of releases. Source: runbook section 5."""

from ledger.vocabulary import Labelled


class Verdict(Labelled):
    """What a requirement or a gate comes to for a release; a gate to the last of its own."""

    NOT_APPLICABLE = "not_applicable", "Not applicable"
    PASS = "pass", "Pass"
    WAIVED = "waived", "Waived"
    UNDECIDED = "undecided", "Undecided"
    FAIL = "fail", "Fail"

    @property
    def passes(self) -> bool:
        """Whether it does not hold a release back."""
        return self in (Verdict.PASS, Verdict.WAIVED, Verdict.NOT_APPLICABLE)

    @property
    def rank(self) -> int:
        """0 where it passes, 1 where it is undecided, 2 where it fails."""
        return 0 if self.passes else (1 if self is Verdict.UNDECIDED else 2)


class GoNoGo(Labelled):
    """What a release comes to."""

    GO = "go", "Go"
    NO_GO = "no_go", "No-go"
    UNDECIDED = "undecided", "Undecided"


class Decision(Labelled):
    """What a person decides on a release."""

    GO = "go", "Go"
    NO_GO = "no_go", "No-go"


class DeployMode(Labelled):
    """How a release is deployed."""

    SHADOW = "shadow", "Shadow"
    CANARY = "canary", "Canary"
    FULL = "full", "Full"


class ReleaseStatus(Labelled):
    """Where a release stands: the last that applies, in this order."""

    PROPOSED = "proposed", "Proposed"
    GO = "go", "Decided: go"
    NO_GO = "no_go", "Decided: no-go"
    DEPLOYED = "deployed", "Deployed"
    UNDEPLOYED = "undeployed", "Undeployed"
    ROLLED_BACK = "rolled_back", "Rolled back"
    RETIRED = "retired", "Retired"


class ReleaseNeed(Labelled):
    """What a release needs somebody for, the most urgent first."""

    OVERDUE = "overdue", "Decision overdue"
    NONCONFORMING = "nonconforming", "Nonconforming"
    RUNS_UNDECIDED = "runs_undecided", "Runs, to be decided"
    UNDECIDED = "undecided", "Sign-off or decision"


__all__ = [
    "Decision",
    "DeployMode",
    "GoNoGo",
    "ReleaseNeed",
    "ReleaseStatus",
    "Verdict",
]
