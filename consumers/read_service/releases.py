"""What the gates come to for a release, now and at a decision: for pages, API and command line.

Blocking.
"""

from collections.abc import Iterator, Mapping
from uuid import UUID

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from consumers.access.people import display_names
from consumers.access.texts import filled
from consumers.commands.policy_history import adoption_in_force
from consumers.commands.references import stream_named
from consumers.container.ledger import Ledger
from consumers.read_service.release_facts import (
    age_of,
    decided_leaf,
    facts_decided,
    facts_now,
    newest_decision,
)
from consumers.read_service.stream_references import reference_of, stream_references
from ledger.domain.identity import system_id
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.state import Incident
from ledger.domain.release import RELEASE, ReleaseDecided
from ledger.domain.release.artefacts import artefact_text
from ledger.domain.release.events import RequirementJudged
from ledger.domain.release.facts import Facts, status_text
from ledger.domain.release.judging import (
    ARTEFACTS,
    CHANGE_CLASS,
    GateJudged,
    Judgement,
    judge,
    outcome,
)
from ledger.domain.release.words import Decision, GoNoGo, Verdict
from ledger.domain.text import plain_text
from ledger.errors import Invalid
from ledger.policy import Policy, parse_adopted
from ledger.policy.times import time_text
from ledger.store.decoding import state_of
from ledger.vocabulary import Status


class BasisView(msgspec.Struct, frozen=True, kw_only=True):
    """What a requirement was judged by: a stream with its reference, or a person by name."""

    stream: str
    reference: str


class RequirementView(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement, what it came to and why; `age_days` is that of its oldest basis."""

    id: str
    words: str
    verdict: Verdict
    reason: str
    basis: tuple[BasisView, ...] = ()
    as_of: str | None = None
    age_days: int | None = None


class GateView(msgspec.Struct, frozen=True, kw_only=True):
    """A gate with its requirements, in the policy's order; the first is the subject itself."""

    id: str
    title: str
    verdict: Verdict
    requirements: tuple[RequirementView, ...]


class DecisionView(msgspec.Struct, frozen=True, kw_only=True):
    """A decision: by whom, on what, at which leaf of the log."""

    leaf: int
    at: str
    decision: Decision
    by: str
    subject_digest: str
    reason: str
    conditions: tuple[str, ...]
    improvements: tuple[str, ...]


class ReleaseCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a release may be deployed, and what holds it back, in words.

    `outcome` is go, no_go or undecided: go needs every gate to pass and a person's decision on what
    it now is. `needed_class` is what its difference from production asks for at least.
    """

    release: str
    reference: str
    system: str
    version: str
    environment: str
    status: str
    outcome: GoNoGo
    reason: str
    subject_digest: str
    change_class: str
    needed_class: str | None
    artefacts: tuple[str, ...]
    replaces: str | None
    gates: tuple[GateView, ...]
    decision: DecisionView | None
    checked_at: str
    policy: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it was made: each requirement with its basis of that day.

    `policy` is the digest of the policy then. `reproduced`: judging the log up to the leaf again
    comes to the same, byte for byte. `event` is the decision as it is stored.
    """

    release: str
    reference: str
    system: str
    version: str
    environment: str
    decision: DecisionView
    policy: str
    change_class: str
    artefacts: tuple[str, ...]
    gates: tuple[GateView, ...]
    reproduced: bool
    event: msgspec.Raw


def check_release(
    ledger: Ledger,
    ref: str,
    *,
    digest: str | None = None,
    rollback: str | None = None,
) -> ReleaseCheck:
    """Judges a release by the policy in force.

    `digest` is of an artefact that is about to be deployed, which has to be one of its own.
    `rollback` names an open incident of its system: what was decided go once, and never rolled
    back, may be rolled back to. Raises NotFound, Invalid.
    """
    subject = stream_named(ledger.store, RELEASE, ref)
    adoption = adoption_in_force(ledger.store)
    facts = facts_now(ledger, subject, parse_adopted(adoption.text))
    judged = judge(facts)
    result, reason = outcome(facts, judged), _reason(facts, judged)
    if rollback is not None and (back := _may_roll_back_to(ledger, facts, rollback)) is not None:
        result, reason = back
    if digest is not None and (wrong := _wrong_digest(facts, digest)) is not None:
        result, reason = GoNoGo.NO_GO, wrong
    return replace(
        check_view(ledger, facts, judged, adoption.digest), outcome=result, reason=reason
    )


def check_view(ledger: Ledger, facts: Facts, judged: Judgement, policy_digest: str) -> ReleaseCheck:
    """What a release that was judged comes to, with the words for people."""
    release, names = facts.release, display_names(ledger.store)
    decided = newest_decision(ledger.store, UUID(facts.id))
    return ReleaseCheck(
        release=facts.id,
        reference=reference_of(ledger, f"release/{facts.id}"),
        system=release.system,
        version=release.version,
        environment=release.environment,
        status=release.status.value,
        outcome=outcome(facts, judged),
        reason=_reason(facts, judged),
        subject_digest=judged.subject_digest,
        change_class=release.change_class,
        needed_class=judged.needed,
        artefacts=tuple(map(artefact_text, release.artefacts)),
        replaces=release.replaces,
        gates=_gates(ledger, judged.gates, facts, names),
        decision=decision_view(ledger, *decided, names) if decided is not None else None,
        checked_at=time_text(facts.now),
        policy=policy_digest,
    )


def explain(ledger: Ledger, ref: str, leaf: int | None = None) -> Explanation:
    """The newest decision on a release, or the one at a leaf, as it was made. Raises NotFound."""
    subject = stream_named(ledger.store, RELEASE, ref)
    found = facts_decided(ledger.store, subject, decided_leaf(ledger.store, subject, ref, leaf))
    judged, names = judge(found.facts), display_names(ledger.store)
    recorded = _as_gates(found.event.requirements, judged, found.facts.policy)
    again = msgspec.json.encode(judged.requirements)
    release = found.facts.release
    return Explanation(
        release=str(subject),
        reference=reference_of(ledger, f"release/{subject}"),
        system=release.system,
        version=release.version,
        environment=release.environment,
        decision=decision_view(ledger, found.leaf, found.event, names),
        policy=found.policy_digest,
        change_class=found.event.change_class,
        artefacts=tuple(map(artefact_text, found.event.artefacts)),
        gates=_gates(ledger, recorded, found.facts, names),
        reproduced=again == msgspec.json.encode(found.event.requirements)
        and judged.subject_digest == found.event.subject_digest,
        event=msgspec.Raw(found.stored),
    )


def _reason(facts: Facts, judged: Judgement) -> str:
    """What holds it back, or by what it may go."""
    release = facts.release
    if release.retired:
        return "It is retired."
    if release.ever_rolled_back:
        return "It was rolled back."
    if holding := holding_back(facts, judged):
        return " ".join(f"{each.id}: {each.reason}" for each in holding)
    decided = release.decided
    if decided is None:
        return "Every gate passes, and nobody decided yet."
    if decided.subject_digest != judged.subject_digest:
        return "Every gate passes, and what was decided on has changed since."
    return f"Decided {decided.decision.label.lower()} at {time_text(decided.at)}."


def holding_back(facts: Facts, judged: Judgement) -> tuple[RequirementJudged, ...]:
    """The requirements by which a release is no go, the worst; none where another reason is."""
    release = facts.release
    if release.retired or release.ever_rolled_back or judged.verdict.passes:
        return ()
    decided = release.decided
    same = decided is not None and decided.subject_digest == judged.subject_digest
    no_go = decided is not None and decided.decision is Decision.NO_GO
    if same and no_go and judged.verdict is not Verdict.FAIL:
        return ()
    return tuple(each for each in judged.held_back if each.verdict is judged.verdict)


def _may_roll_back_to(ledger: Ledger, facts: Facts, incident_ref: str) -> tuple[GoNoGo, str] | None:
    """Go, where it was decided go once; None leaves it to the gates. Raises NotFound, Invalid."""
    incident = stream_named(ledger.store, INCIDENT, incident_ref)
    state: Incident = state_of(ledger.store, INCIDENT.stream(incident))
    if state.status is not Status.OPEN:
        raise Invalid(
            f"The incident {incident_ref} is {status_text(state)}.",
            errors=[("rollback", "name an open incident")],
        )
    release = facts.release
    if system_id(state.system) != system_id(release.system):
        raise Invalid(
            f"The incident {incident_ref} is of the system {state.system!r}.",
            errors=[("rollback", f"name an open incident of {release.system!r}")],
        )
    if release.may_return:
        return GoNoGo.GO, f"It was decided go, and may be rolled back to for {incident_ref}."
    return None


def _wrong_digest(facts: Facts, digest: str) -> str | None:
    wanted = digest.removeprefix("sha256:").lower()
    known = [each.digest for each in facts.release.artefacts if each.digest is not UNSET]
    if wanted in known:
        return None
    return f"The digest {wanted} is that of none of its {len(facts.release.artefacts)} artefacts."


def _as_gates(
    recorded: tuple[RequirementJudged, ...], judged: Judgement, policy: Policy
) -> tuple[GateJudged, ...]:
    """The requirements of a decision, by their gates."""
    titles = {gate.id: gate.title for gate in judged.gates}
    order = dict.fromkeys(each.gate for each in recorded)
    return tuple(
        GateJudged(
            gate,
            titles.get(gate, gate),
            tuple(each for each in recorded if each.gate == gate),
        )
        for gate in order
    )


def _gates(
    ledger: Ledger, gates: tuple[GateJudged, ...], facts: Facts, names: Mapping[str, str]
) -> tuple[GateView, ...]:
    words = _OWN_WORDS | {name: each.words for name, each in facts.policy.requirements.items()}
    bases = [basis for gate in gates for each in gate.requirements for basis in each.basis]
    named = {**names, **stream_references(ledger, bases)}
    return tuple(
        GateView(
            id=gate.id,
            title=gate.title,
            verdict=gate.verdict,
            requirements=tuple(
                RequirementView(
                    id=each.id,
                    words=words.get(each.id, gate.title),
                    verdict=each.verdict,
                    reason=each.reason,
                    basis=tuple(_bases(each.basis, named)),
                    as_of=time_text(each.as_of) if each.as_of else None,
                    age_days=age_of(each.as_of or None, facts.now),
                )
                for each in gate.requirements
            ),
        )
        for gate in gates
    )


_OWN_WORDS = {
    ARTEFACTS: "Every artefact is pinned",
    CHANGE_CLASS: "The class fits what changes",
}
"""The words of the requirements that are no policy's."""


def _bases(basis: tuple[str, ...], named: Mapping[str, str]) -> Iterator[BasisView]:
    for each in basis:
        yield BasisView(stream=each, reference=named.get(each, each))


def decision_view(
    ledger: Ledger, leaf: int, event: ReleaseDecided, names: Mapping[str, str]
) -> DecisionView:
    """A decision with its texts and who made it."""
    reason = plain_text(event.reason) if event.reason else ""
    said = (reason, tuple(map(plain_text, event.conditions)))
    reason, conditions = filled(ledger.store, said)
    return DecisionView(
        leaf=leaf,
        at=time_text(event.at),
        decision=event.decision,
        by=names.get(event.person, event.person),
        subject_digest=event.subject_digest,
        reason=reason,
        conditions=conditions,
        improvements=event.improvements,
    )
