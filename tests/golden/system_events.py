"""One event of each type of AI systems, as a person would write it down."""

from ledger.domain.envelope import Event
from ledger.domain.system import (
    ActorRole,
    AliasAdded,
    AliasFreed,
    AliasRemoved,
    AliasTaken,
    Cause,
    ClassificationEnded,
    DependencyAdded,
    DependencyRemoved,
    Deployment,
    IterationBegun,
    ModelKind,
    Phase,
    PhaseEntered,
    RiskClass,
    SystemAmended,
    SystemClassified,
    SystemRegistered,
    SystemRetired,
)
from tests.golden.incident_events import AT, BESIDE, DUE

SYSTEM_EVENTS: tuple[Event, ...] = (
    SystemRegistered(
        at=AT,
        system="support-assistant",
        title="Support assistant",
        intended_purpose="Answers questions of customers about their contracts.",
        business_objective=BESIDE,
        kpis=("first-contact resolution",),
        deployments=(Deployment.API,),
        model_kinds=(ModelKind.RAG, ModelKind.FINE_TUNED),
        actor_role=ActorRole.DEPLOYER,
        jurisdictions=("EU", "CH"),
        personal_data=True,
    ),
    SystemAmended(at=AT, reason=BESIDE, title="Assistant", kpis=(), personal_data=False),
    SystemClassified(at=AT, risk_class=RiskClass.HIGH, basis="Annex III, 5 (b).", until=DUE),
    ClassificationEnded(at=AT, risk_class=RiskClass.HIGH),
    DependencyAdded(at=AT, supplier="Example AI", service="responses", model="large-4"),
    DependencyRemoved(at=AT, supplier="Example AI", service="embeddings"),
    AliasAdded(at=AT, alias="assistant-v1"),
    AliasRemoved(at=AT, alias="assistant-v0"),
    AliasTaken(at=AT, alias="assistant-v1", system="support-assistant"),
    AliasFreed(at=AT, alias="assistant-v0", system="support-assistant"),
    IterationBegun(at=AT, iteration=2, cause=Cause.TRIGGER, reason="Drift of the questions."),
    PhaseEntered(at=AT, iteration=2, phase=Phase.DATA_UNDERSTANDING),
    SystemRetired(at=AT, data="Deleted.", keys="Revoked.", users="Told, and moved."),
)
