"""Act: what was learnt becomes how the organisation works; what had no effect is done again."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict, replace

from ledger.domain.envelope import stream_id
from ledger.domain.identity import POLICY_ID
from ledger.domain.improvement import commands as c
from ledger.domain.improvement import events as e
from ledger.domain.improvement.rules import due_after_now, overdue, stands
from ledger.domain.improvement.state import Improvement
from ledger.domain.improvement.updates import GivenUpdate, update_from_text
from ledger.domain.improvement.words import ImprovementStatus, UpdateKind
from ledger.domain.policy import PolicyInForce
from ledger.domain.stream_type import Appended, Sender
from ledger.errors import Invalid, Refused
from ledger.policy import Policy

S = ImprovementStatus
POLICY_STREAM = stream_id("policy", POLICY_ID)
_SHA256 = "sha256:"


def act(
    command: c.ActOnImprovement,
    stream: str,
    states: Mapping[str, object],
    policy: Policy,
    now: datetime,
    sender: Sender,
) -> tuple[Appended, ...]:
    """Records updates that are not on record yet. Raises Refused, Invalid."""
    state = states[stream]
    in_force = states[POLICY_STREAM]
    if not isinstance(state, Improvement) or not isinstance(in_force, PolicyInForce):
        raise TypeError("an improvement and the policy were to be loaded")
    if state.status not in {S.EFFECTIVE, S.ACTED}:
        raise Refused(
            "act_before_effective",
            f"The improvement is {stands(state)}: it is acted on once it is known to have had its "
            "effect.",
            remedy="Have it checked first; reopen what had no effect.",
        )
    given = tuple(dict.fromkeys(_read(place, each) for place, each in enumerate(command.updates)))
    updates = tuple(_adopted(each, in_force) for each in given)
    new = tuple(each for each in updates if each not in state.updates)
    if state.status is S.ACTED and not new:
        return ()
    # What was done again is acted on again, also where nothing else is updated than before.
    acted = e.ImprovementActed(at=now, updates=new or updates, person=sender.actor)
    return (Appended(stream, (acted,)),)


def _read(place: int, given: GivenUpdate | str) -> e.ActedUpdate:
    if isinstance(given, GivenUpdate):
        return e.ActedUpdate(**asdict(given))
    try:
        return e.ActedUpdate(**asdict(msgspec.convert(update_from_text(given), GivenUpdate)))
    except ValueError as error:  # of msgspec as well
        path = f"updates[{place}]"
        raise Invalid(f"{given[:200]!r} is no update.", errors=[(path, str(error))]) from error


def _adopted(update: e.ActedUpdate, policy: PolicyInForce) -> e.ActedUpdate:
    """The update, which names an adopted policy by its digest where it is one."""
    if update.what is not UpdateKind.POLICY:
        return update
    digest = "" if update.digest is UNSET else _SHA256 + update.digest.removeprefix(_SHA256)
    if digest not in policy.adopted:
        said = f"and no policy {digest} was adopted" if digest else "and it names none"
        raise Refused(
            "policy_not_adopted",
            f"What was updated is the policy, {said}.",
            remedy="Adopt it, and name its digest: see airledger policy history.",
        )
    return replace(update, digest=digest)


def reopen(
    command: c.ReopenImprovement, state: Improvement, now: datetime
) -> tuple[e.ImprovementEvent, ...]:
    """What had no effect is done again. Raises Refused."""
    if state.status is not S.NOT_EFFECTIVE:
        raise Refused(
            "reopen_before_not_effective",
            f"The improvement is {stands(state)}: only what had no effect is reopened.",
            remedy="Have it checked first, or propose another improvement.",
        )
    due = due_after_now(command.due, now)
    return (e.ImprovementReopened(at=now, reason=command.reason, due=due),)


def close(
    command: c.CloseImprovement, state: Improvement, now: datetime
) -> tuple[e.ImprovementEvent, ...]:
    """Nothing more is to be done. Raises Refused."""
    if state.status is S.CLOSED:
        return ()
    if state.status not in {S.ACTED, S.NOT_EFFECTIVE, S.ACCEPTED}:
        raise Refused(
            "close_before_acted",
            f"The improvement is {stands(state)}: it is closed once it was acted on, or for a "
            "reason where it has no effect or is given up.",
            remedy="Decide on it, have it checked, or record what was updated.",
        )
    if state.status is not S.ACTED and not command.reason.strip():
        raise Refused(
            "close_needs_reason",
            "It is closed without having had its effect, and nothing says why.",
            remedy="Give a reason.",
        )
    return (*overdue(state, now), e.ImprovementClosed(at=now, reason=command.reason))
