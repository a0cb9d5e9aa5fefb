"""Which sign-offs count: of what it now is, by persons who are not its authors. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import UNSET

from ledger.domain.release.events import RequirementJudged
from ledger.domain.release.facts import Facts
from ledger.domain.release.state import Release, SignOff
from ledger.domain.release.words import Verdict
from ledger.policy import Policy
from ledger.policy.gates import Requirement
from ledger.policy.times import time_text


class Asked(NamedTuple):
    """A requirement for a sign-off, and the gate that it is of."""

    gate: str
    requirement: Requirement


class Counting(NamedTuple):
    """A sign-off that counts, and all persons that it is of, by what is joined now."""

    signed: SignOff
    persons: frozenset[str]


def asked_in(policy: Policy) -> tuple[Asked, ...]:
    """The sign-offs that the policy asks for, in order."""
    return tuple(
        Asked(gate.id, each)
        for gate in policy.gates
        for each in gate.checks
        if each.by == "sign_off"
    )


def judge_sign_offs(
    facts: Facts, digest: str, seen: Mapping[str, Verdict]
) -> dict[str, RequirementJudged]:
    """What the requirements for sign-offs come to; `seen` are the verdicts of all others now."""
    asked = asked_in(facts.policy)
    counting = [
        Counting(each, facts.persons(each.persons))
        for each in facts.release.sign_offs
        if why_not(each, facts, digest, seen) is None
    ]
    chosen = _chosen(asked, counting)
    found = {
        each.requirement.id: _judged(facts, each, signed, digest, seen)
        for each, signed in zip(asked, chosen, strict=True)
    }
    of = facts.policy.releases.change_classes.get(facts.release.change_class)
    enough = of.sign_offs if of is not None else None
    if enough is not None and sum(each is not None for each in chosen) >= enough:
        for each, signed in zip(asked, chosen, strict=True):
            if signed is None:
                found[each.requirement.id] = RequirementJudged(
                    id=each.requirement.id,
                    gate=each.gate,
                    verdict=Verdict.NOT_APPLICABLE,
                    reason=f"{enough} sign-off is enough for class {facts.release.change_class}."
                    if enough == 1
                    else f"{enough} sign-offs are enough for class {facts.release.change_class}.",
                )
    return found


def why_not(signed: SignOff, facts: Facts, digest: str, seen: Mapping[str, Verdict]) -> str | None:
    """Why a sign-off does not count; None where it does."""
    authors_may_sign = facts.policy.releases.authors_may_sign
    if is_author(facts.persons(signed.persons), facts.release) and not authors_may_sign:
        return "it is an author's"
    if signed.subject_digest != digest:
        return "what was signed has changed since"
    for name, before in signed.verdicts.items():
        now = seen.get(name)
        if now is not None and now.rank > before.rank:
            return f"{name} was {before.value} then, and is {now.value} now"
    return None


def is_author(persons: Iterable[str], release: Release) -> bool:
    """Whether one of these, who are one human or act for another, made it."""
    return not set(release.authors).isdisjoint(persons)


def _chosen(asked: Sequence[Asked], signed: Sequence[Counting]) -> list[SignOff | None]:
    """A sign-off for each that is asked for, as many as can be, no two of one person."""
    if not asked:
        return []
    first, *others = asked
    best: list[SignOff | None] = [None, *_chosen(others, signed)]
    roles = {each.signed.role for each in signed}
    most = sum(not roles.isdisjoint(each.requirement.roles) for each in asked)
    for each in signed:
        if _count(best) == min(most, len(signed)):
            break
        if each.signed.role not in first.requirement.roles:
            continue
        left = [other for other in signed if other.persons.isdisjoint(each.persons)]
        found = [each.signed, *_chosen(others, left)]
        if _count(found) > _count(best):
            best = found
    return best


def _count(chosen: Sequence[SignOff | None]) -> int:
    return sum(each is not None for each in chosen)


def _judged(
    facts: Facts,
    asked: Asked,
    signed: SignOff | None,
    digest: str,
    seen: Mapping[str, Verdict],
) -> RequirementJudged:
    requirement = asked.requirement
    if signed is not None:
        return RequirementJudged(
            id=requirement.id,
            gate=asked.gate,
            verdict=Verdict.PASS,
            reason=f"Signed as {signed.role} at {time_text(signed.at)}.",
            basis=(signed.person,),
            as_of=signed.at,
        )
    roles = " or ".join(requirement.roles)
    stale = [
        f"the sign-off of {time_text(each.at)} does not count: {why}"
        for each in facts.release.sign_offs
        if each.role in requirement.roles
        and (why := why_not(each, facts, digest, seen)) is not None
    ]
    more = f"; {'; '.join(stale)}" if stale else ""
    return RequirementJudged(
        id=requirement.id,
        gate=asked.gate,
        verdict=Verdict.UNDECIDED,
        reason=f"Nobody signed as {roles}{more}.",
        as_of=UNSET,
    )
