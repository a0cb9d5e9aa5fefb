"""The rules of evidence: each command gives the events that it causes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never

from msgspec import UNSET, UnsetType

from ledger.domain.evidence import commands as c
from ledger.domain.evidence import events as e
from ledger.domain.evidence.approval import status_at
from ledger.domain.evidence.state import Evidence
from ledger.domain.evidence.words import EvidenceStatus
from ledger.domain.stream_type import NOBODY, Appended, Sender
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.flow import did_you_mean
from ledger.policy.times import in_utc, time_text


def decide(
    command: c.EvidenceCommand,
    state: Evidence,
    policy: Policy,
    now: datetime,
    sender: Sender = NOBODY,
) -> tuple[e.EvidenceEvent, ...]:
    """The events that a command causes; none where there is nothing to do. Raises Refused."""
    match command:
        case c.FileEvidence():
            return _file(command, state, policy, now)
        case c.ApproveEvidence() | c.RejectEvidence():
            return (_decision(command, state, policy, now, sender),)
        case c.AttestEvidence():
            _require_counting(state, now)
            attested = e.EvidenceAttested(
                at=now,
                person=sender.actor,
                statement=command.statement,
                role=_role(command.role, state, policy, sender),
                release=state.release or UNSET,
            )
            return (attested,)
        case c.WithdrawEvidence():
            withdrawn = e.EvidenceWithdrawn(at=now, reason=command.reason)
            return () if state.withdrawn else (withdrawn,)
        case c.MarkEvidenceExpired():
            return _expire(command, state, now)
        case c.RecordCheck():
            return _check(command, state)
        case _:
            assert_never(command)


def supersede(
    command: c.SupersedeEvidence,
    stream: str,
    states: Mapping[str, Any],
    policy: Policy,
    now: datetime,
    _: Sender,
) -> tuple[Appended, ...]:
    """Puts other evidence of the same kind and system in its place. Raises Refused."""
    state: Evidence = states[stream]
    [other] = [each for name, each in states.items() if name != stream] or [state]
    if state.superseded_by == command.by:
        return ()
    _require_counting(state, now, but=EvidenceStatus.EXPIRED)
    if other is state or (other.kind, other.system) != (state.kind, state.system):
        raise Refused(
            "supersedes_another",
            "Evidence is superseded by other evidence of its kind and system; this is "
            f"{state.kind} of {state.system or 'the organisation'}.",
            remedy="File the newer document under the same kind and system, and name it.",
        )
    _require_counting(other, now)
    return (Appended(stream, (e.EvidenceSuperseded(at=now, by=command.by),)),)


def _file(
    command: c.FileEvidence, state: Evidence, policy: Policy, now: datetime
) -> tuple[e.EvidenceEvent, ...]:
    require_kind(command.kind, policy)
    if command.release is not None and command.system is None:
        raise Invalid(
            "A release is a version of a system, and no system is named.",
            errors=[("system", "name it, or leave out the release")],
        )
    if command.tool is None and (command.tool_version or command.values or command.refused):
        raise Invalid(
            "What a program read is named without the program.",
            errors=[("tool", "name it")],
        )
    given = _given(command)
    if state.digest:
        return _refile(given, state, now)
    return (
        e.EvidenceFiled(
            at=now,
            evidence_kind=command.kind,
            digest=command.digest,
            system=command.system or UNSET,
            **given,
        ),
    )


def _given(command: c.FileEvidence) -> dict[str, Any]:
    """What a command states of the document, as events have it."""
    given: dict[str, Any] = {
        "title": command.title,
        "release": command.release,
        "size": command.size,
        "media_type": command.media_type,
        "url": command.url,
        "valid_until": in_utc(command.valid_until) if command.valid_until else None,
    }
    if command.tool is not None:
        values = UNSET if command.values is None else command.values
        given["extracted"] = e.Extracted(
            tool=command.tool, tool_version=command.tool_version or UNSET, values=values
        )
        given["refused"] = tuple(command.refused)
    return {name: value for name, value in given.items() if value is not None}


def _refile(given: dict[str, Any], state: Evidence, now: datetime) -> tuple[e.EvidenceEvent, ...]:
    """The same content again: what is said otherwise of it now."""
    if state.size is not None and given.get("size", state.size) != state.size:
        raise Refused(
            "size_differs",
            f"The content of this digest has {state.size} bytes, and not {given['size']}.",
            remedy="Compute digest and size of the same file.",
        )
    changed = {name: value for name, value in given.items() if value != getattr(state, name)}
    if not changed:
        return ()
    _require_counting(state, now, but=EvidenceStatus.EXPIRED)
    return (e.EvidenceRefiled(at=now, **changed),)


def _decision(
    command: c.ApproveEvidence | c.RejectEvidence,
    state: Evidence,
    policy: Policy,
    now: datetime,
    sender: Sender,
) -> e.EvidenceApproved | e.EvidenceRejected:
    _require_counting(state, now)
    until = in_utc(command.until) if command.until else None
    if until is not None and until <= now:
        raise Refused(
            "decision_ended_already",
            f"The decision would have ended at {time_text(until)}.",
            remedy="Name a time that is still to come, or none.",
        )
    stated: dict[str, Any] = {
        "at": now,
        "person": sender.actor,
        "role": _role(command.role, state, policy, sender),
        "release": state.release or UNSET,
        "versions": tuple(command.versions),
        "change_classes": tuple(command.change_classes),
        "until": until or UNSET,
    }
    if isinstance(command, c.ApproveEvidence):
        return e.EvidenceApproved(**stated, conditions=tuple(command.conditions))
    return e.EvidenceRejected(**stated, reason=command.reason)


def _role(role: str | None, state: Evidence, policy: Policy, sender: Sender) -> str | UnsetType:
    """The role that is acted in: the one that is named and held, else what the RACI gives."""
    if role is None:
        return sender.role or UNSET
    labels = policy.guards.role_labels
    if role not in labels:
        raise Invalid(
            f"There is no role {role!r}.{did_you_mean(role, labels)}",
            errors=[("role", f"expected one of {', '.join(labels)}")],
        )
    if not sender.holds(role, state.system):
        where = state.system or "the organisation"
        raise Refused(
            "evidence_role_not_held",
            f"To act as {labels[role]} for {where} the role has to be held, and it is not.",
            remedy="Have it granted with airledger role grant, or name a role that is held.",
        )
    return role


def _expire(
    command: c.MarkEvidenceExpired, state: Evidence, now: datetime
) -> tuple[e.EvidenceEvent, ...]:
    end = state.valid_until
    if end is None or end != command.valid_until or now < end or end == state.expired_at:
        return ()
    if status_at(state, now) is not EvidenceStatus.EXPIRED:
        return ()
    return (e.EvidenceExpired(at=end, valid_until=end),)


def _check(command: c.RecordCheck, state: Evidence) -> tuple[e.EvidenceEvent, ...]:
    """A check that comes to the same by the same rules is nothing new.

    Filed for another release meanwhile, it is checked again, and this check says nothing of it.
    """
    event = command.event
    if command.release != state.release:
        return ()
    found = (event.verdict, event.reason, event.rules, event.until or None)
    before = state.checked
    same = before and (before.verdict, before.reason, before.rules, before.until) == found
    return () if same or not state.digest else (event,)


def require_kind(kind: str, policy: Policy) -> None:
    """Raises Invalid for a kind that the policy does not name."""
    known = policy.evidence.labels
    if kind not in known:
        raise Invalid(
            f"There is no kind of evidence {kind!r}.{did_you_mean(kind, known)}",
            errors=[("kind", f"expected one of {', '.join(known)}")],
            remedy="Name one of these, or add it to the policy's evidence.kinds.",
        )


def _require_counting(state: Evidence, now: datetime, *, but: EvidenceStatus | None = None) -> None:
    """Raises Refused where it was withdrawn, superseded or expired; the status `but` is allowed."""
    status = status_at(state, now)
    if status in {EvidenceStatus.FILED, but}:
        return
    if status is EvidenceStatus.EXPIRED:
        raise Refused(
            "evidence_expired",
            "The evidence has expired.",
            remedy="File the same document again with a later end, or another one.",
        )
    raise Refused(
        "evidence_ended",
        f"The evidence is {status.label.lower()}.",
        remedy="File the document that counts, and work on that.",
    )
