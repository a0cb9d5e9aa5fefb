"""Whether a piece of evidence is complete by the policy in force: computed, never stored."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

from consumers.cards import (
    PACK_KIND,
    Card,
    CardGap,
    CardVerdict,
    Completeness,
    check_card,
    parts_of,
    undecided,
)
from consumers.commands.filed_cards import Unread, filed_card
from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from consumers.evidence_store import ContentStore
from consumers.read_service.evidence import FiledEvidence, may_read_content
from ledger.domain.evidence import Approval, Evidence, EvidenceStatus, approval_at
from ledger.policy.evidence import CardRules
from projections.evidence import EVIDENCE as VIEW
from projections.queries import lists

MOST_OF_ONE_DIGEST = 100
"""So many pieces of evidence of one content are looked at."""


async def completeness_of(
    ledger: Ledger, content: ContentStore, found: FiledEvidence
) -> Completeness:
    """Whether it is complete, incomplete with all that is missing, or undecided and why."""
    state = found.state
    if not await asyncio.to_thread(may_read_content, ledger, state):
        return undecided("Its system is restricted, and its content withheld.")
    policy = await asyncio.to_thread(policy_in_force, ledger.store)
    rules = policy.evidence.complete.get(state.kind)
    if rules is None and state.kind != PACK_KIND:
        return undecided(f"The policy lists nothing that evidence of kind {state.kind} has to say.")
    card = await filed_card(content, found.id, state, ledger.now)
    if isinstance(card, Unread):
        return (_attested(state) if card.attestable else None) or undecided(card.reason)
    if state.kind == PACK_KIND:
        return await asyncio.to_thread(_pack, ledger, state, card, rules)
    if rules is None:
        raise ValueError(f"evidence of kind {state.kind} has no rules")
    return check_card(rules, card, release=state.release, now=ledger.now())


def _attested(state: Evidence) -> Completeness | None:
    """Complete, where a person said so of this release; else None."""
    if any(each.release == state.release for each in state.attestations):
        return Completeness(verdict=CardVerdict.COMPLETE, reason="A person attested it.")
    return None


def _pack(ledger: Ledger, state: Evidence, card: Card, rules: CardRules | None) -> Completeness:
    """A pack has every part, each with evidence that counts or not applicable by an approval."""
    now = ledger.now()
    gaps, waiting = list[CardGap](), list[str]()
    if rules is not None:
        gaps += check_card(rules, card, release=state.release, now=now).gaps
    for part in parts_of(card.data):
        if part.gap is not None:
            gaps.append(part.gap)
        elif part.not_applicable and not _approved(state, now):
            waiting.append(part.name)
        gaps += _not_filed(ledger, state, part.name, part.digests)
    if gaps:
        reason = f"{len(gaps)} part{'s are' if len(gaps) > 1 else ' is'} missing."
        return Completeness(
            verdict=CardVerdict.INCOMPLETE, reason=reason, format=card.format, gaps=tuple(gaps)
        )
    if waiting:
        named = ", ".join(waiting)
        return undecided(f"Not applicable by the pack, and not approved by anybody: {named}.")
    return Completeness(
        verdict=CardVerdict.COMPLETE, reason="Every part is there.", format=card.format
    )


def _approved(state: Evidence, now: datetime) -> bool:
    """Whether any role approves the pack, for its release."""
    roles = {each.role for each in state.decisions if each.role is not None}
    verdicts = {approval_at(state, now, role=role, version=state.release).verdict for role in roles}
    return Approval.APPROVED in verdicts and Approval.REJECTED not in verdicts


def _not_filed(
    ledger: Ledger, state: Evidence, name: str, digests: tuple[str, ...]
) -> Iterator[CardGap]:
    """The digests of a part that are not those of evidence of the system that counts."""
    for digest in digests:
        asked = {"digest": digest, "status": EvidenceStatus.FILED.value}
        rows = lists.list_rows(ledger.views, VIEW, asked, limit=MOST_OF_ONE_DIGEST).rows
        if not any(row["system"] == state.system for row in rows):
            where = state.system or "the organisation"
            said = f"No evidence of {where} that counts has the digest {digest}."
            yield CardGap(words=name, path=f"parts.{name}", reason=said)
