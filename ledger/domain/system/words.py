"""The vocabularies of AI systems. Sources: runbook section 2, and the EU AI Act."""

from ledger.vocabulary import Labelled, Phase


class Deployment(Labelled):
    """How a system is offered (runbook section 2, "Deployment")."""

    API = "api", "API"
    BATCH = "batch", "Batch"
    AGENT = "agent", "Agent"


class ModelKind(Labelled):
    """What its models are (runbook section 2, "Model Development")."""

    BASE = "base", "Base model"
    FINE_TUNED = "fine_tuned", "Fine-tuned"
    RAG = "rag", "Retrieval-augmented"
    AGENT = "agent", "Agent"


class ActorRole(Labelled):
    """What the organisation is to the system (EU AI Act, article 3)."""

    PROVIDER = "provider", "Provider"
    DEPLOYER = "deployer", "Deployer"
    IMPORTER = "importer", "Importer"
    DISTRIBUTOR = "distributor", "Distributor"


class RiskClass(Labelled):
    """How risky it is by law (EU AI Act, articles 5, 6, 50, and the rest), worst first."""

    PROHIBITED = "prohibited", "Prohibited"
    HIGH = "high", "High risk"
    LIMITED = "limited", "Limited risk"
    MINIMAL = "minimal", "Minimal risk"


class Classification(Labelled):
    """How its risk class stands."""

    NONE = "none", "Not classified"
    HOLDS = "holds", "Holds"
    ENDED = "ended", "Ended"


class Cause(Labelled):
    """Why an iteration begins."""

    PERSON = "person", "Decided by a person"
    TRIGGER = "trigger", "A trigger fired"
    IMPROVEMENT = "improvement", "An improvement"
    INCIDENT = "incident", "An incident"


__all__ = ["ActorRole", "Cause", "Classification", "Deployment", "ModelKind", "Phase", "RiskClass"]
