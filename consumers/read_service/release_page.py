"""What a release's page shows: its check, and which sign-offs count. Blocking."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from consumers.access.people import display_names
from consumers.access.texts import with_texts
from consumers.commands.policy_history import adoption_in_force
from consumers.commands.references import stream_named
from consumers.container.ledger import Ledger
from consumers.read_service.acting import role_labels
from consumers.read_service.release_facts import decisions_of, facts_now
from consumers.read_service.releases import (
    DecisionView,
    ReleaseCheck,
    RequirementView,
    check_view,
    decision_view,
    holding_back,
)
from consumers.read_service.stream_references import (
    NamedStream,
    named_stream,
    stream_references,
    with_references,
)
from consumers.read_service.streams import StreamView, TimelineEntry, whole_stream
from ledger.domain.evidence import EVIDENCE
from ledger.domain.identity import release_id, system_id
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.release import RELEASE, Release
from ledger.domain.release.artefacts import Artefact, artefact_text
from ledger.domain.release.events import (
    ReleaseDeployed,
    ReleaseRolledBack,
    ReleaseUndeployed,
    RequirementJudged,
)
from ledger.domain.release.facts import Facts
from ledger.domain.release.judging import Judgement, judge, without_signatures
from ledger.domain.release.signing import asked_in, why_not
from ledger.domain.release.state import SignOff, Waiver
from ledger.domain.release.words import Verdict
from ledger.domain.system import SYSTEM
from ledger.domain.text import plain_text
from ledger.policy import parse_adopted
from ledger.policy.gates import Requirement
from ledger.policy.times import time_text

ELSEWHERE = frozenset({"requirements", "verdicts", "person", "persons", "improvements"})
"""Fields of events that the page shows in sections of their own."""
RAN = frozenset({ReleaseDeployed.name, ReleaseUndeployed.name, ReleaseRolledBack.name})
"""The events of what runs."""


class SignOffView(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-off on record: `role` and `by` for people, `why` it does not count, empty if it does.

    `digest` is the SHA-256 (hex) of what was signed.
    """

    role: str
    by: str
    at: str
    digest: str
    why: str


class WaiverView(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver, or without `until` an approval that a requirement does not apply.

    `holds`: the requirement is not asked of the release by it now.
    """

    requirement: str
    words: str
    by: str
    role: str
    at: str
    reason: str
    control: str
    until: str | None
    holds: bool


class AttachedView(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence that is named for a requirement."""

    requirement: str
    reference: str


class ReleasePage(NamedTuple):
    """All of a release's page.

    `metrics` are the metrics of the requirements that measurements are judged by. `since` is since
    when requirements that had passed do so no more. `back_to` is the version that a rollback leads
    to. `held` are the requirements for which it is not go, none where another reason is. `next` is
    the command that is due, if any.
    """

    state: Release
    stream: StreamView
    timeline: list[TimelineEntry]
    check: ReleaseCheck
    class_label: str
    authors: tuple[str, ...]
    sign_offs: tuple[SignOffView, ...]
    waivers: tuple[WaiverView, ...]
    attached: tuple[AttachedView, ...]
    since: Mapping[str, str]
    metrics: Mapping[str, str]
    decisions: tuple[DecisionView, ...]
    ran: tuple[TimelineEntry, ...]
    system: NamedStream | None
    before: NamedStream | None
    incident: NamedStream | None
    requirements: Mapping[str, Requirement]
    back_to: str | None
    held: tuple[RequirementView, ...]
    decide_by: str | None
    next: str | None


def release_page(ledger: Ledger, ref: str) -> ReleasePage:
    """A release as it is now, judged by the policy in force. Raises NotFound."""
    subject = stream_named(ledger.store, RELEASE, ref)
    adoption, names = adoption_in_force(ledger.store), display_names(ledger.store)
    policy = parse_adopted(adoption.text)
    facts = facts_now(ledger, subject, policy)
    judged = judge(facts)
    state, stream, timeline = whole_stream(ledger, RELEASE, subject)
    entries = _for_page(ledger, timeline.items)
    requirements = policy.requirements
    check = check_view(ledger, facts, judged, adoption.digest)
    holding = {each.id for each in holding_back(facts, judged)}
    good = facts.production.good_before(facts.id)
    of = policy.releases.change_classes.get(state.change_class)
    return ReleasePage(
        state=state,
        stream=stream,
        timeline=entries,
        check=check,
        class_label=state.change_class if of is None else of.label,
        authors=tuple(names.get(each, each) for each in state.authors),
        sign_offs=tuple(_sign_offs(ledger, facts, judged, names)),
        waivers=tuple(_waivers(ledger, facts, judged, names)),
        attached=tuple(_attached(ledger, state)),
        since={name: time_text(at) for name, at in state.nonconforming.items()},
        metrics={
            name: policy.measuring.name_of(each.metric)
            for name, each in requirements.items()
            if each.metric is not None
        },
        decisions=tuple(
            decision_view(ledger, leaf, event, names)
            for leaf, event in decisions_of(ledger.store, subject)
        ),
        ran=tuple(each for each in entries if each.type in RAN),
        system=named_stream(ledger, SYSTEM, system_id(state.system)),
        before=_before(ledger, state),
        incident=named_stream(ledger, INCIDENT, UUID(state.incident) if state.incident else None),
        requirements=requirements,
        back_to=good.version if good is not None else None,
        decide_by=time_text(state.decide_by) if state.decide_by else None,
        held=tuple(
            each for gate in check.gates for each in gate.requirements if each.id in holding
        ),
        next=_due(facts, judged),
    )


def _sign_offs(
    ledger: Ledger, facts: Facts, judged: Judgement, names: Mapping[str, str]
) -> Iterator[SignOffView]:
    labels = role_labels(ledger.store)
    seen = {each.id: each.verdict for each in without_signatures(judged, facts)}
    counted = {
        (person, each.as_of)
        for each in _of_signatures(facts, judged)
        if each.verdict is Verdict.PASS
        for person in each.basis
    }
    for each in facts.release.sign_offs:
        why = why_not(each, facts, judged.subject_digest, seen) or ""
        if not why and (each.person, each.at) not in counted:
            why = "nothing asks for it beside the sign-offs that count"
        yield _sign_off(each, why, labels, names)


def _sign_off(
    signed: SignOff, why: str, labels: Mapping[str, str], names: Mapping[str, str]
) -> SignOffView:
    return SignOffView(
        role=labels.get(signed.role, signed.role),
        by=names.get(signed.person, signed.person),
        at=time_text(signed.at),
        digest=signed.subject_digest,
        why=why,
    )


def _of_signatures(facts: Facts, judged: Judgement) -> Iterator[RequirementJudged]:
    asked = {each.requirement.id for each in asked_in(facts.policy)}
    return (each for each in judged.requirements if each.id in asked)


def _waivers(
    ledger: Ledger, facts: Facts, judged: Judgement, names: Mapping[str, str]
) -> Iterator[WaiverView]:
    labels = role_labels(ledger.store)
    now = {each.id: each for each in judged.requirements}
    words = {name: each.words for name, each in facts.policy.requirements.items()}
    for each in facts.release.waivers:
        of: Waiver = with_texts(ledger.store, each)
        found = now.get(each.requirement)
        yield WaiverView(
            requirement=each.requirement,
            words=words.get(each.requirement, each.requirement),
            by=names.get(each.person, each.person),
            role=labels.get(each.role, each.role),
            at=time_text(each.at),
            reason=plain_text(of.reason),
            control=plain_text(of.control),
            until=None if each.until is None else time_text(each.until),
            holds=found is not None and found.verdict in (Verdict.WAIVED, Verdict.NOT_APPLICABLE),
        )


def _attached(ledger: Ledger, state: Release) -> Iterator[AttachedView]:
    known = stream_references(ledger, [f"evidence/{each.evidence}" for each in state.attached])
    for each in state.attached:
        reference = known.get(f"evidence/{each.evidence}", each.evidence)
        yield AttachedView(requirement=each.requirement, reference=reference)


def _shown(name: str, value: Any, shown: Callable[[str], str]) -> Any:
    """A field of an event for people."""
    match name:
        case "evidence" | "incident":
            return shown(value)
        case "artefacts":
            given = [{part: said for part, said in each.items() if said} for each in value]
            return [artefact_text(each) for each in msgspec.convert(given, list[Artefact])]
        case _:
            return value


def _before(ledger: Ledger, state: Release) -> NamedStream | None:
    """The release that it replaces."""
    if state.replaces is None:
        return None
    return named_stream(
        ledger, RELEASE, release_id(state.system, state.replaces, state.environment)
    )


def _for_page(ledger: Ledger, entries: list[TimelineEntry]) -> list[TimelineEntry]:
    """With the references of evidence and incidents in place of their ids, and artefacts as people
    write them. What the page shows elsewhere is left out."""
    written = with_references(ledger, entries, EVIDENCE, INCIDENT)

    def shown(text: str) -> str:
        return written(text).replace("incident/INC-", "INC-")

    return [
        replace(
            each,
            text=shown(each.text),
            fields={
                name: _shown(name, value, shown)
                for name, value in each.fields.items()
                if name not in ELSEWHERE
            },
        )
        for each in entries
    ]


def _due(facts: Facts, judged: Judgement) -> str | None:
    """The command that is due: who signs, once all else passes, then who decides."""
    release, decided = facts.release, facts.release.decided
    if not release.proposed or release.retired or release.ever_rolled_back:
        return None
    if decided is not None and decided.subject_digest == judged.subject_digest:
        return None
    if judged.verdict.passes:
        return "decide"
    signed = {each.id for each in _of_signatures(facts, judged)}
    held = {each.id for each in judged.held_back}
    return "sign-off" if held <= signed else None
