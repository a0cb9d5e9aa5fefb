"""What the gates of the policy come to for a release: each requirement with its basis. Pure.

What cannot be judged is undecided, and holds a release back. Source: runbook section 5.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ledger.domain.release import signing
from ledger.domain.release.events import RequirementJudged
from ledger.domain.release.facts import Facts
from ledger.domain.release.measuring import judge_measurement
from ledger.domain.release.papers import judge_approval, judge_card, judge_rollback
from ledger.domain.release.state import Waiver
from ledger.domain.release.subject import subject_digest
from ledger.domain.release.words import Decision, GoNoGo, Verdict
from ledger.policy.gates import Gate, Requirement
from ledger.policy.times import time_text
from ledger.vocabulary import ArtefactKind

SUBJECT = "subject"
"""The gate before the policy's: that it is known what would run."""
SUBJECT_TITLE = "Subject known"
ARTEFACTS, CHANGE_CLASS = "artefacts", "change_class"
"""Its requirements."""


class GateJudged(NamedTuple):
    """A gate, and what its requirements came to; it comes to the worst of them."""

    id: str
    title: str
    requirements: tuple[RequirementJudged, ...]

    @property
    def verdict(self) -> Verdict:
        """What the gate comes to."""
        return worst([each.verdict for each in self.requirements])


class Judgement(NamedTuple):
    """What a release comes to: its digest, all gates in order, and whether it may go.

    `needed` is the lightest class that the difference from production gives, None for any.
    """

    subject_digest: str
    gates: tuple[GateJudged, ...]
    needed: str | None

    @property
    def requirements(self) -> tuple[RequirementJudged, ...]:
        """Those of all gates, in order."""
        return tuple(each for gate in self.gates for each in gate.requirements)

    @property
    def verdict(self) -> Verdict:
        """The worst of all gates."""
        return worst([gate.verdict for gate in self.gates])

    @property
    def held_back(self) -> tuple[RequirementJudged, ...]:
        """The requirements that do not pass."""
        return tuple(each for each in self.requirements if not each.verdict.passes)


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The worst of several: pass where there is none."""
    return max(verdicts, key=list(Verdict).index, default=Verdict.PASS)


def judge(facts: Facts) -> Judgement:
    """Judges a release by all gates of the policy."""
    needed = needed_class(facts)
    gates = [
        GateJudged(SUBJECT, SUBJECT_TITLE, (_artefacts(facts), _change_class(facts, needed))),
        *(
            GateJudged(gate.id, gate.title, tuple(_requirements(facts, gate)))
            for gate in facts.policy.gates
        ),
    ]
    digest = subject_digest(facts.release, facts.policy)
    seen = {each.id: each.verdict for gate in gates for each in gate.requirements}
    signed = signing.judge_sign_offs(facts, digest, seen)
    with_signed = [
        gate._replace(requirements=tuple(signed.get(each.id, each) for each in gate.requirements))
        for gate in gates
    ]
    return Judgement(digest, tuple(with_signed), needed)


def outcome(facts: Facts, judged: Judgement) -> GoNoGo:
    """Whether it may be deployed: go needs a person's decision on what it now is."""
    release = facts.release
    if release.retired or release.ever_rolled_back or judged.verdict is Verdict.FAIL:
        return GoNoGo.NO_GO
    decided = release.decided
    if decided is not None and decided.decision is Decision.NO_GO:
        same = decided.subject_digest == judged.subject_digest
        return GoNoGo.NO_GO if same else GoNoGo.UNDECIDED
    go = decided is not None and decided.subject_digest == judged.subject_digest
    return GoNoGo.GO if go and judged.verdict.passes else GoNoGo.UNDECIDED


def _requirements(facts: Facts, gate: Gate) -> Iterator[RequirementJudged]:
    if not gate.checks:
        yield RequirementJudged(
            id=f"{gate.id}_words"[:63],
            gate=gate.id,
            verdict=Verdict.UNDECIDED,
            reason="The policy does not say by what it is judged: it has no gates.checks here.",
        )
    for asked in gate.checks:
        if asked.by == "sign_off":
            yield RequirementJudged(
                id=asked.id, gate=gate.id, verdict=Verdict.UNDECIDED, reason="Nobody signed."
            )
        else:
            yield _judged(facts, gate.id, asked)


def _judged(facts: Facts, gate: str, asked: Requirement) -> RequirementJudged:
    """A waiver or an exclusion that holds goes before what it would come to."""
    waiver = facts.release.waiver_of(asked.id)
    if waiver is not None and (waived := _waived(facts, gate, asked, waiver)) is not None:
        return waived
    match asked.by:
        case "card":
            return judge_card(facts, gate, asked)
        case "measurement":
            return judge_measurement(facts, gate, asked)
        case "approval":
            return judge_approval(facts, gate, asked)
        case "rollback":
            return judge_rollback(facts, gate, asked)
        case _:
            raise ValueError(f"{asked.id} is judged by {asked.by}, which is judged elsewhere")


def _waived(
    facts: Facts, gate: str, asked: Requirement, waiver: Waiver
) -> RequirementJudged | None:
    """None where the waiver ended, or the policy lets it be waived no more."""
    who = f"by {waiver.role} at {time_text(waiver.at)}"
    if waiver.until is None:
        verdict, said = Verdict.NOT_APPLICABLE, f"It does not apply, as approved {who}."
    elif facts.now < waiver.until and asked.waivable:
        verdict, said = Verdict.WAIVED, f"Waived {who}, until {time_text(waiver.until)}."
    else:
        return None
    return RequirementJudged(
        id=asked.id,
        gate=gate,
        verdict=verdict,
        reason=said,
        basis=(waiver.person,),
        as_of=waiver.at,
    )


def _artefacts(facts: Facts) -> RequirementJudged:
    """It is known what would run: every artefact is pinned."""
    release = facts.release
    floating = [each for each in release.artefacts if not each.pinned]
    verdict, reason = Verdict.PASS, f"All {len(release.artefacts)} artefacts are pinned."
    if not release.artefacts:
        verdict, reason = Verdict.UNDECIDED, "It names no artefact."
    elif floating:
        named = ", ".join(f"{each.kind.value} {each.name}" for each in floating)
        verdict = Verdict.UNDECIDED
        reason = f"Nothing says which content these have, now and later: {named}."
    return RequirementJudged(id=ARTEFACTS, gate=SUBJECT, verdict=verdict, reason=reason)


def needed_class(facts: Facts) -> str | None:
    """The lightest class that the difference of artefacts from production gives.

    None where any does. The first release of a system in its environment is of the weightiest.
    """
    classes = [
        (name, of) for name, of in facts.policy.releases.change_classes.items() if not of.emergency
    ]
    if facts.before is None:
        return classes[0][0] if classes else None
    changed = _changed_kinds(facts)
    return next((name for name, of in classes if changed.intersection(of.artefacts)), None)


def _changed_kinds(facts: Facts) -> set[ArtefactKind]:
    """The kinds of the artefacts that are other ones than in production."""
    before = facts.before.artefacts if facts.before is not None else ()
    pins = [
        {(each.kind, each.name, each.digest, each.version) for each in artefacts}
        for artefacts in (before, facts.release.artefacts)
    ]
    return {each[0] for each in pins[0] ^ pins[1]}


def _change_class(facts: Facts, needed: str | None) -> RequirementJudged:
    """Its class is one of the policy's, and no lighter than what changes."""
    classes, given = facts.policy.releases.change_classes, facts.release.change_class
    verdict, reason = Verdict.PASS, f"It is of class {given}."
    of = classes.get(given)
    if of is None:
        verdict, reason = Verdict.UNDECIDED, f"The policy has no class {given}."
    elif of.emergency:
        if not facts.release.incident:
            verdict, reason = Verdict.FAIL, "An emergency is for an open incident; it names none."
    elif needed is not None and list(classes).index(given) > list(classes).index(needed):
        why = (
            "it is the first release here"
            if facts.before is None
            else f"{', '.join(sorted(_changed_kinds(facts)))} changed"
        )
        verdict, reason = Verdict.FAIL, f"It is of class {given}, and needs {needed}: {why}."
    return RequirementJudged(id=CHANGE_CLASS, gate=SUBJECT, verdict=verdict, reason=reason)


def without_signatures(judged: Judgement, facts: Facts) -> tuple[RequirementJudged, ...]:
    """The requirements that are no sign-offs: whoever signs has seen what these came to."""
    signed = {each.requirement.id for each in signing.asked_in(facts.policy)}
    return tuple(each for each in judged.requirements if each.id not in signed)


__all__ = [
    "GateJudged",
    "Judgement",
    "judge",
    "needed_class",
    "outcome",
    "without_signatures",
    "worst",
]
