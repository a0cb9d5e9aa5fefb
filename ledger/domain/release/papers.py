"""Whether evidence is what a gate asks for: complete cards, approvals, a way back. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from msgspec import UNSET

from ledger.domain.evidence.approval import approval_at, status_at
from ledger.domain.evidence.checking import rules_digest
from ledger.domain.evidence.state import Evidence
from ledger.domain.evidence.words import Approval, CardVerdict, EvidenceStatus
from ledger.domain.identity import system_id
from ledger.domain.release.events import RequirementJudged
from ledger.domain.release.facts import Facts
from ledger.domain.release.words import Verdict
from ledger.policy.gates import Requirement
from ledger.policy.times import after, time_text
from ledger.vocabulary import ArtefactKind


class Candidate(NamedTuple):
    """Evidence for a requirement: its id, and whether it is that of the release before."""

    id: str
    evidence: Evidence
    inherited: bool


class Found(NamedTuple):
    """What a piece of evidence comes to, why in words, and since when that is so."""

    verdict: Verdict
    why: str
    as_of: datetime | None = None


def judge_card(facts: Facts, gate: str, asked: Requirement) -> RequirementJudged:
    """A card of the kind is complete."""
    return _best(facts, gate, asked, asked.evidence, lambda candidate: _card(facts, candidate))


def judge_approval(facts: Facts, gate: str, asked: Requirement) -> RequirementJudged:
    """Evidence of a kind is approved by every role, for this version or its class."""
    return _best(
        facts, gate, asked, asked.evidence, lambda candidate: _approval(facts, asked, candidate)
    )


def judge_rollback(facts: Facts, gate: str, asked: Requirement) -> RequirementJudged:
    """There is a way back that was tried."""
    kinds = asked.evidence if facts.before is not None else (*asked.evidence, *asked.first)
    return _best(facts, gate, asked, kinds, lambda candidate: _way_back(facts, asked, candidate))


def _best(
    facts: Facts,
    gate: str,
    asked: Requirement,
    kinds: tuple[str, ...],
    judge: Callable[[Candidate], Found],
) -> RequirementJudged:
    """The best piece of evidence counts: others that are attached may be of other versions."""
    candidates = list(_candidates(facts, gate, asked.id, kinds))
    if not candidates:
        named = " or ".join(kinds)
        reason = f"No evidence of kind {named} is attached."
        return RequirementJudged(id=asked.id, gate=gate, verdict=Verdict.UNDECIDED, reason=reason)
    judged = [(candidate, _judged(facts, candidate, judge)) for candidate in candidates]
    candidate, found = min(judged, key=lambda each: (each[1].verdict.rank, each[0].id))
    inherited = " It is that of the release before." if candidate.inherited else ""
    return RequirementJudged(
        id=asked.id,
        gate=gate,
        verdict=found.verdict,
        reason=f"{found.why}{inherited}",
        basis=(f"evidence/{candidate.id}",),
        as_of=found.as_of or UNSET,
    )


def _candidates(
    facts: Facts, gate: str, requirement: str, kinds: tuple[str, ...]
) -> Iterator[Candidate]:
    """What is attached; where nothing is and the class inherits, that of the release before."""
    attached = facts.release.evidence_for(requirement)
    inherited = False
    if not attached:
        of = facts.policy.releases.change_classes.get(facts.release.change_class)
        if of is None or gate not in of.inherits:
            return
        inherited, attached = True, _inherited(facts, requirement)
    for each in attached:
        evidence = facts.evidence.get(each)
        if evidence is not None and evidence.kind in kinds:
            yield Candidate(each, evidence, inherited)


def _inherited(facts: Facts, requirement: str) -> tuple[str, ...]:
    """The evidence by which the release before was decided, or this one was when it was new."""
    for release in (facts.before, facts.release):
        if release is None or release.decided is None or not release.ever_go:
            continue
        for judged in release.decided.requirements:
            if judged.id == requirement and judged.verdict.passes:
                return tuple(
                    each.removeprefix("evidence/")
                    for each in judged.basis
                    if each.startswith("evidence/")
                )
    return ()


def _judged(facts: Facts, candidate: Candidate, judge: Callable[[Candidate], Found]) -> Found:
    """What is withdrawn, superseded, expired or of another system counts as nothing."""
    evidence = candidate.evidence
    status = status_at(evidence, facts.now)
    if status is not EvidenceStatus.FILED:
        return Found(Verdict.UNDECIDED, f"The {evidence.kind} is {status.label.lower()}.")
    mine = evidence.system is None or system_id(evidence.system) == system_id(facts.release.system)
    if not mine:
        return Found(Verdict.UNDECIDED, f"The {evidence.kind} is about {evidence.system}.")
    return judge(candidate)


def _card(facts: Facts, candidate: Candidate) -> Found:
    evidence, version = candidate.evidence, facts.release.version
    if not candidate.inherited and evidence.release != version:
        of = f"is about {evidence.release}" if evidence.release else "names no release"
        return Found(Verdict.UNDECIDED, f"The {evidence.kind} {of}, and not {version}.")
    checked = evidence.checked
    rules = facts.policy.evidence.complete.get(evidence.kind)
    if checked is None or rules is None or checked.rules != rules_digest(rules):
        return Found(Verdict.UNDECIDED, f"The {evidence.kind} was not checked by these rules yet.")
    if checked.verdict is CardVerdict.INCOMPLETE:
        return Found(Verdict.FAIL, f"The {evidence.kind} is incomplete: {checked.reason}")
    attested = [each for each in evidence.attestations if each.release == evidence.release]
    if checked.verdict is CardVerdict.UNDECIDED:
        if not attested:
            return Found(Verdict.UNDECIDED, f"The {evidence.kind}: {checked.reason}")
        return Found(Verdict.PASS, f"A person attested the {evidence.kind}.", attested[-1].at)
    if checked.until is not None and checked.until <= facts.now:
        said = f"The {evidence.kind} is dated so that it held until {time_text(checked.until)}."
        return Found(Verdict.UNDECIDED, said)
    return Found(Verdict.PASS, f"The {evidence.kind} is complete.", checked.at)


def _approval(facts: Facts, asked: Requirement, candidate: Candidate) -> Found:
    release = facts.release
    times: list[datetime] = []
    for role in asked.roles:
        found = approval_at(
            candidate.evidence,
            facts.now,
            role=role,
            version=None if candidate.inherited else release.version,
            change_class=None if candidate.inherited else release.change_class,
        )
        said = f"The {candidate.evidence.kind}: {found.why}"
        if found.verdict is Approval.REJECTED:
            return Found(Verdict.FAIL, said)
        if found.verdict is not Approval.APPROVED:
            return Found(Verdict.UNDECIDED, said)
        times += [each.at for each in candidate.evidence.decisions if each.role == role]
    named = ", ".join(asked.roles)
    return Found(Verdict.PASS, f"The {candidate.evidence.kind} is approved by {named}.", min(times))


def _way_back(facts: Facts, asked: Requirement, candidate: Candidate) -> Found:
    evidence, now = candidate.evidence, facts.now
    attested = [each.at for each in evidence.attestations if each.at <= now]
    oldest = None if asked.max_age is None else after(now, -asked.max_age)
    if attested and (oldest is None or max(attested) >= oldest):
        at = max(attested)
        said = f"A person attested at {time_text(at)} that the {evidence.kind} was tried."
        return Found(Verdict.PASS, said, at)
    hosted = any(each.kind is ArtefactKind.PROVIDER_MODEL for each in facts.release.artefacts)
    if hosted and evidence.valid_until is not None:
        until = time_text(evidence.valid_until)
        return Found(Verdict.PASS, f"The model before is available until {until}.")
    if attested:
        said = f"That the {evidence.kind} was tried was attested at {time_text(max(attested))}"
        return Found(Verdict.UNDECIDED, f"{said}, which is too long ago.")
    return Found(Verdict.UNDECIDED, f"Nobody attested that the {evidence.kind} was tried.")
