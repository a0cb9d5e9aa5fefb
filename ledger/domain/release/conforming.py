"""Whether what runs still is what was decided: judged each day by the policy in force. Pure."""

from collections.abc import Iterator

from ledger.domain.release.events import (
    ReleaseConforming,
    ReleaseNonconforming,
    RequirementJudged,
)
from ledger.domain.release.facts import Facts
from ledger.domain.release.judging import judge, without_signatures
from ledger.domain.release.words import Decision, Verdict

DECISION = "decision"
"""The requirement that it was decided go, of what runs all the same."""


def conformity(facts: Facts) -> tuple[ReleaseNonconforming | ReleaseConforming, ...]:
    """What passes no more, and what passes again; each once until it changes.

    Sign-offs and the class of the change are of the day of the decision. What never runs by a
    decision is another matter: it opens an incident when it is deployed.
    """
    return tuple(_changes(facts))


def _changes(facts: Facts) -> Iterator[ReleaseNonconforming | ReleaseConforming]:
    release = facts.release
    held = {each.id: each for each in _held_back(facts)}
    for name in release.nonconforming:
        if name not in held:
            yield ReleaseConforming(at=facts.now, requirement=name)
    for name, judged in held.items():
        if name not in release.nonconforming:
            yield ReleaseNonconforming(
                at=facts.now, requirement=name, verdict=judged.verdict, reason=judged.reason
            )


def _held_back(facts: Facts) -> Iterator[RequirementJudged]:
    decided = facts.release.decided
    if decided is None:
        return
    passed = {each.id for each in decided.requirements if each.verdict.passes}
    if decided.decision is Decision.NO_GO:
        yield RequirementJudged(
            id=DECISION, gate=DECISION, verdict=Verdict.FAIL, reason="It was decided no-go."
        )
        passed = set(facts.release.nonconforming)
    for each in without_signatures(judge(facts), facts):
        if each.id in passed and each.id != "change_class" and not each.verdict.passes:
            yield each
