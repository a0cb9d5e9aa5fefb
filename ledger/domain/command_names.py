"""Every command by its name, as the RACI has it, and what each needs of whoever sends it."""

from collections.abc import Mapping
from typing import NamedTuple

from ledger.domain.access.deciding import Asked
from ledger.domain.catalogue import STREAMS
from ledger.domain.concern import Concern
from ledger.errors import Invalid
from ledger.policy import ADOPT_POLICY, Policy
from ledger.policy.flow import did_you_mean
from ledger.policy.raci import names
from ledger.vocabulary import Scope


class Needs(NamedTuple):
    """The scope of a command, whether it needs a person's session, and what it does."""

    scope: Scope
    person: bool
    title: str


def _of_streams() -> dict[str, Needs]:
    return {
        f"{kind.kind}/{name}": Needs(
            of.scope, of.needs_person, of.title or name.replace("/", " ").capitalize()
        )
        for kind in STREAMS
        for name, of in kind.commands.items()
    }


GRANT_ROLE, REVOKE_ROLE, DELEGATE_ROLE = "role/grant", "role/revoke", "role/delegate"
JOIN_PERSONS = "person/join"
ERASE = "subject/erase"
RETRY, DISMISS = "quarantine/retry", "quarantine/dismiss"

COMMANDS: Mapping[str, Needs] = {
    **_of_streams(),
    ADOPT_POLICY: Needs(Scope.ADMIN, False, "Adopt a policy"),
    ERASE: Needs(Scope.ADMIN, False, "Erase a person or a text"),
    RETRY: Needs(Scope.OPERATE, False, "Retry a quarantined body"),
    DISMISS: Needs(Scope.OPERATE, False, "Dismiss a quarantined body"),
    GRANT_ROLE: Needs(Scope.ADMIN, False, "Grant a role"),
    REVOKE_ROLE: Needs(Scope.ADMIN, False, "Revoke a role"),
    DELEGATE_ROLE: Needs(Scope.OPERATE, False, "Delegate a role of one's own"),
    JOIN_PERSONS: Needs(Scope.ADMIN, False, "Join two ids of one person"),
}
"""Those of streams come from their registry."""


def asked_for(command: str, concern: Concern = Concern()) -> Asked:  # noqa: B008 - immutable
    """A command of this name, with what it needs and what it concerns."""
    needs = COMMANDS[command]
    return Asked(command, needs.scope, concern, needs.person)


def require_known_commands(policy: Policy) -> None:
    """Raises Invalid for a row of the RACI that covers no command of this program."""
    faults = []
    for index, row in enumerate(policy.raci):
        for place, pattern in enumerate(row.commands):
            if not any(names(pattern, command) for command in COMMANDS):
                near = did_you_mean(pattern, COMMANDS)
                fault = f"{pattern!r} is no command.{near} See airledger raci."
                faults.append((f"raci[{index}].commands[{place}]", fault))
    if faults:
        path, fault = faults[0]
        raise Invalid(f"The policy cannot be used. {path}: {fault}", errors=faults)
