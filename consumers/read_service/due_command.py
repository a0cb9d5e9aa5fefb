"""The command that an incident waits for."""

from consumers.read_service.incident_views import IncidentView
from ledger.domain.incident.kind import command_of
from ledger.vocabulary import Status, Step


def due_command(view: IncidentView) -> str | None:
    """That of the next step, the approval of its RCA, or its close; None where it is not open."""
    if view.status != Status.OPEN:
        return None
    if view.next_step is None:
        return "close"
    if view.next_step == Step.RCA and view.rca.approval_awaited:
        return "rca/approve"
    return command_of(view.next_step)
