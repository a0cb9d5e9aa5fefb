"""The rest of an incident's life: waived steps, its owner, corrections, merging, closing."""

from collections.abc import Callable
from typing import Annotated

from cyclopts import Parameter

from consumers.cli.register import one_of
from consumers.cli.session import Here, Json
from consumers.cli.working import At, Reason, Ref, run
from ledger.vocabulary import Step


def waive(
    ref: Ref,
    step: Annotated[Step, one_of("The step that will not be done.")],
    *,
    reason: Reason,
    json: Json = False,
    session: Here,
) -> None:
    """A step will not be done, for a reason. The RCA cannot be waived."""
    run(session, ref, "waive", {"step": step, "reason": reason}, "step waived", json=json)


def assign(ref: Ref, owner: str, *, json: Json = False, session: Here) -> None:
    """An owner sees it through."""
    run(session, ref, "assign", {"owner": owner}, "owner assigned", json=json)


def amend(
    ref: Ref,
    field: Annotated[
        str,
        Parameter(
            help="title, system, severity, detected_at, description, external_id or impact_ended_at"
        ),
    ],
    to: Annotated[str, Parameter(help='The right value; "" for none.')],
    *,
    reason: Reason,
    json: Json = False,
    session: Here,
) -> None:
    """Correct one field; what was recorded stays on record."""
    fields = {"field": field, "to": to, "reason": reason}
    run(session, ref, "amend", fields, "corrected", json=json)


def merge(
    ref: Ref,
    into: Annotated[str, Parameter(help="The incident it lives on in: INC-<n> or an id.")],
    *,
    reason: Reason,
    json: Json = False,
    session: Here,
) -> None:
    """It is the same incident as another, and lives on in that one."""
    run(session, ref, "merge", {"into": into, "reason": reason}, f"merged into {into}", json=json)


def dismiss(ref: Ref, *, reason: Reason, json: Json = False, session: Here) -> None:
    """It is a false alarm: not counted, no RCA."""
    run(session, ref, "dismiss", {"reason": reason}, "dismissed", json=json)


def resolve(
    ref: Ref,
    *,
    at: At = None,
    reason: Reason,
    json: Json = False,
    session: Here,
) -> None:
    """Its impact ended, whatever its alerts say. The incident stays open until it is closed."""
    fields = {"reason": reason, "at": at}
    run(session, ref, "resolve", fields, "end of the impact recorded", json=json)


def close(
    ref: Ref,
    *,
    reason: Annotated[
        str, Parameter(help="Why, where its impact goes on or nobody knows whether it does.")
    ] = "",
    json: Json = False,
    session: Here,
) -> None:
    """All is done: every step done, waived with a reason, or not applicable."""
    run(session, ref, "close", {"reason": reason} if reason else {}, "closed", json=json)


def reopen(ref: Ref, *, reason: Reason, json: Json = False, session: Here) -> None:
    """It was closed or dismissed too early."""
    run(session, ref, "reopen", {"reason": reason}, "reopened", json=json)


COMMANDS: tuple[Callable[..., None], ...] = (
    waive,
    assign,
    amend,
    merge,
    resolve,
    dismiss,
    close,
    reopen,
)
