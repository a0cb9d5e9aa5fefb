"""As what somebody acted, in words."""

from collections.abc import Mapping
from typing import Any


def acting_words(acting: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """A role, and whose deputy in it, or which row of the RACI would have refused it.

    Empty where the RACI asks for nothing. Roles stand by their ids, as the log has them.
    """
    if (row := acting.get("refusal")) is not None:
        return f"outside the RACI: row {row} would have refused it"
    if (role := acting.get("role")) is None:
        return ""
    holder = acting.get("holder")
    return f"as {role}" + (f", deputy of {names.get(holder, holder)}" if holder else "")
