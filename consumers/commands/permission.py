"""Whether whoever asks may send a command that no stream decides. Blocking."""

from consumers.commands.service import Caller
from consumers.services import Services
from ledger.domain.access.deciding import Asked
from ledger.domain.command_names import COMMANDS
from ledger.domain.concern import Concern
from ledger.execute import CheckAccess


def require_access(services: Services, caller: Caller, command: str) -> None:
    """Raises Forbidden where a caller may not send a command of this name."""
    needs = COMMANDS[command]
    asked = Asked(command, needs.scope, Concern(), needs.person)
    request = CheckAccess(asked=asked, asker=caller.asker)
    services.executor.execute(request, services.context(caller.actor))
