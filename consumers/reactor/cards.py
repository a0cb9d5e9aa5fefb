"""Checks cards by the policy, and records what came of it: a gate is judged by that.

A card is read when it is filed, and again where the policy asks something else of its kind.
Source: runbook section 5 (documentation gate).
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from msgspec import UNSET

from consumers.cards import PACK_KIND, Completeness, card_until, check_card, undecided
from consumers.commands.filed_cards import Unread, filed_card
from consumers.commands.policy_history import adopted, newest
from consumers.reactor.follower import BatchResult, Follower
from consumers.reactor.follower_type import FollowerType
from consumers.services import Services
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import uuid_of
from ledger.domain.evidence import (
    EVIDENCE,
    Evidence,
    EvidenceChecked,
    EvidenceFiled,
    EvidenceRefiled,
    RecordCheck,
    rules_digest,
)
from ledger.domain.policy import PolicyAdopted
from ledger.execute import CausedCommand
from ledger.policy import Policy, parse_adopted
from ledger.policy.evidence import CardRules
from ledger.store.decoding import state_of
from ledger.store.port import Entry

NAME = "cards"
SCANNED_TOGETHER = 1_000
MOST_GAPS = 50
"""So many missing items an event names."""


class CardChecks:
    """Checks cards, however often anything dies. Blocking; one thread at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._follower = Follower(
            NAME,
            services,
            types=frozenset({EvidenceFiled.name, EvidenceRefiled.name, PolicyAdopted.name}),
            process=self._process,
        )

    def catch_up(self) -> bool:
        """Checks all cards that are sealed; whether that caused events.

        Raises Unavailable, UnknownEvent (see Follower).
        """
        return self._follower.catch_up()

    def _process(self, entries: Sequence[Entry]) -> BatchResult:
        adoption = newest(self._store).event
        policy = parse_adopted(adoption.text)
        wanted: dict[str, Entry] = {}
        for entry in entries:
            if entry.type == PolicyAdopted.name:
                wanted |= {each.stream: each for each in self._filed_before(entry, policy)}
            elif entry.type in (EvidenceFiled.name, EvidenceRefiled.name):
                wanted[entry.stream] = entry
        commands = [
            command
            for stream, entry in wanted.items()
            if (command := self._checked(stream, entry, policy, adoption.digest)) is not None
        ]
        return BatchResult(read=len(entries), commands=commands)

    def _filed_before(self, adoption: Entry, policy: Policy) -> Iterator[Entry]:
        """What was filed of the kinds of which the adopted policy asks something else."""
        before = [each for each in adopted(self._store) if each.recorded.leaf < adoption.leaf]
        if not before:
            return
        rules = parse_adopted(before[-1].event.text).evidence.complete
        now = policy.evidence.complete
        changed = {kind for kind in now if kind not in rules or rules[kind] != now[kind]}
        at = 0
        while changed and at < adoption.leaf:
            entries = self._store.read(at, SCANNED_TOGETHER)
            for entry in entries:
                if entry.type == EvidenceFiled.name and entry.leaf < adoption.leaf:
                    filed = cast("EvidenceFiled", CODEC.decode(entry.stored, entry.leaf).event)
                    if filed.evidence_kind in changed:
                        yield entry
            if not entries:
                return
            at = entries[-1].leaf + 1

    def _checked(
        self, stream: str, entry: Entry, policy: Policy, digest: str
    ) -> CausedCommand | None:
        state: Evidence = state_of(self._store, stream)
        rules = policy.evidence.complete.get(state.kind)
        if rules is None or state.kind == PACK_KIND or state.withdrawn:
            return None
        found, until = asyncio.run(self._look(uuid_of(stream), state, rules))
        event = EvidenceChecked(
            at=self._services.clock(),
            verdict=found.verdict,
            reason=found.reason,
            rules=rules_digest(rules),
            gaps=tuple(f"{each.words}: {each.reason}" for each in found.gaps[:MOST_GAPS]),
            until=until or UNSET,
        )
        recorded = CODEC.decode(entry.stored, entry.leaf)
        return CausedCommand(
            kind=EVIDENCE.kind,
            subject=uuid_of(stream),
            command=RecordCheck(event=event, release=state.release),
            correlation=recorded.correlation,
            causation=recorded.id,
            policy_digest=digest,
        )

    async def _look(
        self, evidence: UUID, state: Evidence, rules: CardRules
    ) -> tuple[Completeness, datetime | None]:
        clock = self._services.clock
        now = clock()
        card = await filed_card(self._services.content(), evidence, state, clock)
        if isinstance(card, Unread):
            return undecided(card.reason), None
        return check_card(rules, card, release=state.release, now=now), card_until(rules, card)


CARDS = FollowerType(name=NAME, role="reactor", start=CardChecks)
