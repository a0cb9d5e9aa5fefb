"""Whether the evaluations of a release meet a threshold. No data is never a pass. Pure."""

from collections.abc import Iterable

from ledger.domain.evaluations import EvaluationRecorded
from ledger.domain.release.events import RequirementJudged
from ledger.domain.release.facts import Facts
from ledger.domain.release.words import Verdict
from ledger.domain.segments import segment_text
from ledger.policy.gates import Requirement
from ledger.policy.objectives import meets
from ledger.policy.times import after, time_text
from ledger.vocabulary import Direction

MOST_NAMED = 100
"""So many evaluations a requirement names as its basis."""
Found = tuple[Verdict, str]
"""What an evaluation comes to, and why in words."""


def judge_measurement(facts: Facts, gate: str, asked: Requirement) -> RequirementJudged:
    """The newest evaluation of each segment meets the target; the worst of them counts."""
    metric = facts.policy.measuring.name_of(asked.metric or "")
    latest = facts.evaluations.latest(metric, asked.segment or None)
    judged = [(each, *_judged(facts, asked, each)) for each in latest.values()]
    if not judged:
        where = f" in {segment_text(asked.segment)}" if asked.segment else ""
        reason = f"No evaluation of {facts.release.version} has {metric}{where}."
        return RequirementJudged(id=asked.id, gate=gate, verdict=Verdict.UNDECIDED, reason=reason)
    worst, verdict, reason = max(judged, key=lambda each: (each[1].rank, each[0].at, each[2]))
    if len(judged) > 1:
        reason = f"{reason} It is the worst of {len(judged)} segments."
    return RequirementJudged(
        id=asked.id,
        gate=gate,
        verdict=verdict,
        reason=reason,
        basis=_basis(worst, [each for each, _, _ in judged]),
        as_of=min(each.at for each, _, _ in judged),
    )


def _basis(worst: EvaluationRecorded, found: Iterable[EvaluationRecorded]) -> tuple[str, ...]:
    """The evaluations that it was judged by; of more than are named the worst is one."""
    first = f"metric/{worst.measurement}"
    others = sorted({f"metric/{each.measurement}" for each in found} - {first})
    return tuple(sorted([first, *others[: MOST_NAMED - 1]]))


def _judged(facts: Facts, asked: Requirement, found: EvaluationRecorded) -> Found:
    if (why := _unjudgeable(facts, asked, found)) is not None:
        return Verdict.UNDECIDED, why
    unit = asked.unit or ""
    converted = facts.policy.measuring.between(found.value, found.unit or "", unit)
    if converted is None or asked.target is None or asked.comparison is None:
        return Verdict.UNDECIDED, f"It is in {found.unit}, which does not convert to {unit}."
    met = meets(converted.value, asked.comparison, asked.target)
    of = "" if unit == "1" else f" {unit}"
    said = (
        f"{found.metric} is {converted.value:g}{of}{_where(found)}, of {found.n} samples; "
        f"asked for is {asked.comparison} {asked.target:g}{of}."
    )
    return (Verdict.PASS if met else Verdict.FAIL), said


def _unjudgeable(facts: Facts, asked: Requirement, found: EvaluationRecorded) -> str | None:
    """Why an evaluation cannot be judged; None where it can."""
    what = f"The evaluation of {found.metric}{_where(found)}"
    if not found.unit:
        return f"{what} has no known unit."
    if not found.n:
        return f"{what} does not say of how many samples it is."
    if found.n < asked.min_n:
        return f"{what} is of {found.n} samples, of at least {asked.min_n}."
    if not found.direction:
        return f"Nothing says which values of {found.metric} are better."
    lower = asked.comparison in ("<", "<=")
    if (found.direction is Direction.LOWER) is not lower:
        return f"{what} says that {found.direction.value} is better; the gate asks the opposite."
    changed = facts.release.artefacts_at
    if changed is not None and found.at < changed:
        return f"{what} ended at {time_text(found.at)}, before the artefacts were changed."
    if asked.max_age is not None and found.at < after(facts.now, -asked.max_age):
        return f"{what} ended at {time_text(found.at)}, which is too long ago."
    return None


def _where(found: EvaluationRecorded) -> str:
    return f" ({segment_text(found.segment)})" if found.segment else ""
