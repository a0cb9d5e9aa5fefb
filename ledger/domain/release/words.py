"""The vocabularies of releases. Source: runbook section 5."""

from ledger.vocabulary import ArtefactKind, GoNoGo, Labelled, Verdict


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
    """Where a release stands, the last that applies."""

    UNPROPOSED = "unproposed", "Never proposed"
    PROPOSED = "proposed", "Proposed"
    GO = "go", "Decided: go"
    NO_GO = "no_go", "Decided: no-go"
    DEPLOYED = "deployed", "Deployed"
    REPLACED = "replaced", "Not deployed any more"
    ROLLED_BACK = "rolled_back", "Rolled back"
    RETIRED = "retired", "Retired"


__all__ = ["ArtefactKind", "Decision", "DeployMode", "GoNoGo", "ReleaseStatus", "Verdict"]
