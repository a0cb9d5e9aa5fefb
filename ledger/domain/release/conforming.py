"""Whether what runs still is what was decided: judged each day by the policy in force. Pure."""

from collections.abc import Iterator

from ledger.domain.release.events import (
    ReleaseConforming,
    ReleaseNonconforming,
    RequirementJudged,
)
from ledger.domain.release.facts import Facts
from ledger.domain.release.judging import CHANGE_CLASS, judge, without_signatures
from ledger.domain.release.words import Decision, Verdict

DECISION = "decision"
"""The requirement that it was decided go, of what runs all the same."""


def conformity(facts: Facts) -> tuple[ReleaseNonconforming | ReleaseConforming, ...]:
    """What passes no more, and what passes again; each once until it changes.

    Sign-offs and the class of the change are not judged again: they belong to the decision. A
    release that was never decided has none here; its deployment opened an incident.
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
        # Nothing has to pass for a no-go. What was nonconforming before stays so until it passes.
        passed = set(facts.release.nonconforming)
    for each in without_signatures(judge(facts), facts):
        if each.id in passed and each.id != CHANGE_CLASS and not each.verdict.passes:
            yield each
