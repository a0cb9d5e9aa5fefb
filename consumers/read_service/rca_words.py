"""Public views of a preliminary RCA and of the approval of a complete one."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from projections.engine.projection import Row


class PreliminaryRca(msgspec.Struct, frozen=True, kw_only=True):
    """The newest preliminary RCA, when it was made, and who recorded it.

    `meets`: the policy of then let it meet the deadline.
    """

    at: str
    by: str
    summary: str
    root_cause: str
    actions: list[str]
    meets: bool


def preliminary_of(row: Row, names: Mapping[str, str]) -> PreliminaryRca | None:
    """The preliminary RCA of a register or RCA row; `names` are of people, by their ids."""
    found = row["preliminary"]
    return PreliminaryRca(**{**found, "by": names.get(found["by"], found["by"])}) if found else None


def approval_of(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    """The fields of an RCA's view that tell of its due times and approval.

    `final_due_at` is the due time of the complete RCA, where a preliminary one met the deadline
    `preliminary_due_at`. `approval_awaited`: it is complete, and somebody other than `author` has
    to approve it.
    """
    approval, first_due = row["approval"], row["preliminary_due"]
    by = approval.get("by")
    author = approval.get("author")
    return {
        "preliminary_at": row["preliminary"].get("at"),
        "preliminary_due_at": first_due,
        "preliminary_met_at": row["preliminary_met_at"],
        "final_due_at": row["due" if "due" in row else "rca_due"] if first_due else None,
        "approval_awaited": bool(approval) and by is None,
        "author": names.get(author, author),
        "approved_at": approval.get("at"),
        "approved_by": names.get(by, by),
        "approval_comment": approval.get("comment") or None,
    }


def rca_sentences(rca: Any, time: Callable[[str], str]) -> Iterator[str]:
    """What a view of an RCA says besides its state, for people; `time` writes a time."""
    if rca.preliminary_at is not None:
        first, final = rca.preliminary_due_at, rca.final_due_at
        said = f"A preliminary one was made {time(rca.preliminary_at)}"
        if first is None or final is None:
            yield f"{said}; the deadline stays."
        else:
            how = "met" if rca.preliminary_met_at <= first else "came after"
            yield f"{said}. It {how} the deadline {time(first)}; the final one: {time(final)}."
    if rca.approval_awaited:
        yield f"It waits for the approval of somebody other than {rca.author}."
    if rca.approved_at is not None:
        comment = f": {rca.approval_comment}" if rca.approval_comment else "."
        yield f"Approved {time(rca.approved_at)} by {rca.approved_by}{comment}"
