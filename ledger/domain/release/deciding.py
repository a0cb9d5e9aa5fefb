"""Sign-offs and decisions: over all streams that a release is judged by."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET

from ledger.domain.envelope import id_of, stream_id
from ledger.domain.identity import condition_id
from ledger.domain.improvement.events import (
    ImprovementAccepted,
    ImprovementCause,
    ImprovementProposed,
)
from ledger.domain.improvement.words import CauseKind, ImprovementKind
from ledger.domain.release import commands as c
from ledger.domain.release import events as e
from ledger.domain.release.facts import facts_of, related
from ledger.domain.release.judging import Judgement, judge, without_signatures
from ledger.domain.release.production import ProductionDecided, production_stream
from ledger.domain.release.requiring import require_open, require_role
from ledger.domain.release.signing import asked_in, is_author, why_not
from ledger.domain.release.state import Release
from ledger.domain.release.words import Decision, DeployMode
from ledger.domain.stream_type import Appended, Decided, Sender
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.times import in_utc, time_text

States = Mapping[str, Any]


def sign_off(
    command: c.SignOffRelease,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    sender: Sender,
) -> tuple[Appended, ...]:
    """Signs a release as it now is. Raises Refused, by the name of the rule."""
    release: Release = states[stream]
    require_open(release)
    role = require_role(command.role, release, policy, sender)
    _require_asked(role, policy)
    persons = tuple(sorted(sender.persons_in(role, release.system)))
    if is_author(persons, release) and not policy.releases.authors_may_sign:
        raise Refused(
            "author_signs",
            f"Who made {release.version} of {release.system} does not sign it off.",
            remedy="Let somebody sign who did not make it.",
        )
    facts = facts_of(stream, states, policy, now)
    judged = judge(facts)
    _require_same(command.digest, judged)
    seen = {each.id: each.verdict for each in without_signatures(judged, facts)}
    mine = [
        each.role
        for each in release.sign_offs
        if not facts.persons(each.persons).isdisjoint(persons)
        and why_not(each, facts, judged.subject_digest, seen) is None
    ]
    if role in mine:
        return ()
    if mine:
        raise Refused(
            "signed_already",
            f"You signed as {mine[0]}, and a release needs sign-offs of different persons.",
            remedy=f"Let somebody else sign as {role}, or withdraw the other sign-off first.",
        )
    signed = e.ReleaseSignedOff(
        at=now,
        role=role,
        person=sender.actor,
        persons=persons,
        subject_digest=judged.subject_digest,
        verdicts=seen,
        statement=command.statement or UNSET,
    )
    return (Appended(stream, (signed,)),)


def _require_asked(role: str, policy: Policy) -> None:
    wanted = sorted({each for of in asked_in(policy) for each in of.requirement.roles})
    if role not in wanted:
        raise Refused(
            "sign_off_role",
            f"The gates ask for no sign-off as {role}.",
            remedy=f"Sign as one of {', '.join(wanted) or 'none'}.",
        )


def decision(
    command: c.DecideRelease,
    stream: str,
    states: States,
    policy: Policy,
    now: datetime,
    sender: Sender,
) -> tuple[Appended, ...]:
    """Decides on a release: go needs every gate to pass. Raises Refused."""
    release: Release = states[stream]
    require_open(release)
    facts = facts_of(stream, states, policy, now)
    judged = judge(facts)
    _require_same(command.digest, judged)
    go = command.decision is Decision.GO
    if go:
        _require_passing(release, judged)
    elif not command.reason.strip():
        raise Invalid("A no-go is given with its reason.", errors=[("reason", "say why")])
    before = release.decided
    if (
        before is not None
        and (before.decision, before.subject_digest) == (command.decision, judged.subject_digest)
        and not command.conditions
    ):
        return ()
    improvements = _conditions(command, stream, release, now)
    decided = e.ReleaseDecided(
        at=now,
        decision=command.decision,
        person=sender.actor,
        subject_digest=judged.subject_digest,
        requirements=judged.requirements,
        artefacts=release.artefacts,
        change_class=release.change_class,
        role=sender.role or UNSET,
        reason=command.reason or UNSET,
        conditions=tuple(command.conditions),
        improvements=tuple(id_of(each.stream) for each in improvements),
        owner=command.owner or UNSET,
        due=in_utc(command.due) if command.due is not None else UNSET,
    )
    return (Appended(stream, (decided,)), *_in_production(decided, stream, release), *improvements)


def _in_production(
    decided: e.ReleaseDecided, stream: str, release: Release
) -> tuple[Appended, ...]:
    """Whether what runs in full may be rolled back to once something else does."""
    if release.deployed is not DeployMode.FULL:
        return ()
    runs = ProductionDecided(
        at=decided.at,
        system=release.system,
        environment=release.environment,
        release=id_of(stream),
        version=release.version,
        good=decided.decision is Decision.GO and not release.ever_rolled_back,
    )
    return (Appended(production_stream(release.system, release.environment), (runs,)),)


def _require_same(digest: str | None, judged: Judgement) -> None:
    if digest is not None and digest != judged.subject_digest:
        raise Refused(
            "subject_changed",
            f"The release is not what you saw: its digest is {judged.subject_digest}, and you "
            f"named {digest}.",
            remedy="Look at airledger release check again.",
        )


def _require_passing(release: Release, judged: Judgement) -> None:
    if release.ever_rolled_back:
        raise Refused(
            "release_rolled_back",
            f"{release.version} of {release.system} was rolled back.",
            remedy="Propose another version.",
        )
    if held := judged.held_back:
        said = " ".join(f"{each.id}: {each.verdict.label.lower()}. {each.reason}" for each in held)
        raise Refused(
            "gates_not_passed",
            f"Go needs every gate to pass, and {len(held)} requirements do not. {said[:4000]}",
            remedy="Meet them, or decide no-go; see airledger release check.",
        )


def _conditions(
    command: c.DecideRelease, stream: str, release: Release, now: datetime
) -> tuple[Appended, ...]:
    """The improvements that the conditions become."""
    if not command.conditions:
        return ()
    if (command.owner is None) != (command.due is None):
        raise Invalid(
            "Who sees to the conditions, and until when, are named together.",
            errors=[("owner" if command.owner is None else "due", "name it, or neither")],
        )
    due = in_utc(command.due) if command.due is not None else None
    if due is not None and due <= now:
        raise Refused(
            "due_after_now",
            f"The conditions cannot have to be met by {time_text(due)}.",
            remedy="Give a due time in the future.",
        )
    found = []
    for each, text in zip(
        condition_streams(command, stream, release), command.conditions, strict=True
    ):
        proposed = ImprovementProposed(
            at=now,
            title=text,
            system=release.system,
            improvement_kind=ImprovementKind.CORRECTIVE,
            cause=ImprovementCause(kind=CauseKind.CONDITION, ref=stream),
        )
        events: Decided = (proposed,)
        if due is not None and command.owner is not None:
            events = (proposed, ImprovementAccepted(at=now, owner=command.owner, due=due))
        found.append(Appended(each, events))
    return tuple(found)


def condition_streams(command: c.DecideRelease, stream: str, release: Release) -> tuple[str, ...]:
    """The streams of the improvements that a decision's conditions become."""
    of = UUID(id_of(stream))
    return tuple(
        stream_id("improvement", condition_id(of, release.decisions + 1, place))
        for place in range(len(command.conditions))
    )


def read_to_decide(command: Any, stream: str, states: States) -> tuple[str, ...]:
    """The streams that a sign-off or a decision reads beside its own."""
    more: tuple[str, ...] = ()
    if isinstance(command, c.DecideRelease):
        more = condition_streams(command, stream, states[stream])
    return (*related(stream, states), *more)


__all__ = ["decision", "read_to_decide", "sign_off"]
