"""As what somebody acted, in words."""

from collections.abc import Mapping
from typing import Any

from consumers.commands.policy_history import guards_in_force
from ledger.errors import LedgerError
from ledger.policy import Guards
from ledger.store.port import Store


def role_labels(store: Store) -> Mapping[str, str]:
    """The labels of roles, by id, as the policy in force has them; the runbook's without one."""
    try:
        return guards_in_force(store).role_labels
    except LedgerError:  # none was adopted yet, or a newer program did
        return Guards().role_labels


def acting_words(
    acting: Mapping[str, Any], names: Mapping[str, str], labels: Mapping[str, str]
) -> str:
    """A role, and whose deputy in it, or which row of the RACI would have refused it.

    Empty where the RACI asks for nothing. A role that the policy has no more stands by its id.
    """
    if (row := acting.get("refusal")) is not None:
        return f"outside the RACI: row {row} would have refused it"
    if (role := acting.get("role")) is None:
        return ""
    holder = acting.get("holder")
    return f"as {labels.get(role, role)}" + (
        f", deputy of {names.get(holder, holder)}" if holder else ""
    )
