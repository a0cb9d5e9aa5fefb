"""What people do with quarantined bodies, where they may. Blocking."""

from datetime import datetime

from consumers.commands.permission import require_access
from consumers.commands.service import Caller
from consumers.intake import quarantine_retry
from consumers.services import Services
from ledger.domain.command_names import DISMISS, RETRY
from ledger.execute import Outcome


def retry(services: Services, caller: Caller, entry: str, now: datetime) -> Outcome:
    """Records refused parts again. Raises Forbidden, and Refused as `quarantine_retry`."""
    require_access(services, caller, RETRY)
    return quarantine_retry.retry(
        services.store, services.executor, entry, actor=caller.actor, now=now
    )


def dismiss(services: Services, caller: Caller, entry: str, reason: str, now: datetime) -> None:
    """Closes an entry for a reason. Raises Forbidden, and Refused as `quarantine_retry`."""
    require_access(services, caller, DISMISS)
    quarantine_retry.dismiss(
        services.store,
        services.executor,
        entry,
        actor=caller.actor,
        reason=reason,
        now=now,
    )
