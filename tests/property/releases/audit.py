"""What the ledger says of releases is held against the naive computation."""

from typing import Any
from uuid import UUID

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.read_service.release_facts import decisions_of, facts_decided, facts_now
from consumers.read_service.releases import explain
from ledger.domain.envelope import uuid_of
from ledger.domain.identity import release_id
from ledger.domain.release import ReleaseDecided
from ledger.domain.release.conforming import conformity
from ledger.domain.release.events import ReleaseNonconforming
from ledger.domain.release.facts import Facts
from ledger.domain.release.judging import judge, outcome
from ledger.domain.release.production import Production
from ledger.domain.release.signing import why_not
from ledger.domain.release.words import Verdict
from tests.property.releases.documents import SYSTEM
from tests.property.releases.lives import VERSIONS
from tests.property.releases.naive import SIGNED_BY
from tests.property.releases.simulation import World

Explained = dict[int, bytes]
"""What was said of each decision when it was new, by its leaf."""


def look(world: World, explained: Explained) -> None:
    """Asserts what is so now, and that decisions are explained as they were when new."""
    policy = policy_in_force(world.store)
    for version in VERSIONS:
        if world.naive.knows(version):
            of = release_id(SYSTEM, version, "production")
            facts = facts_now(world.ledger, of, policy)
            _same_production(world, facts.production)
            if world.naive.proposed(version):
                _same(world, version, facts)
            _explain(world, of, explained)


def _same(world: World, version: str, facts: Facts) -> None:
    naive, judged = world.naive, judge(facts)
    found = {each.id: each.verdict for each in judged.requirements}
    signed = [found.pop(each) for each in SIGNED_BY]
    assert naive.verdicts(version) == {name: each.value for name, each in found.items()}, version
    assert naive.counted(version) == signed.count(Verdict.PASS), version
    assert naive.sign_offs_pass(version) == all(each.passes for each in signed), version
    seen = {each.id: each.verdict for each in judged.requirements}
    stale = {
        (each.role, each.person.removeprefix("person/"))
        for each in facts.release.sign_offs
        if why_not(each, facts, judged.subject_digest, seen) is not None
    }
    assert naive.stale(version) == stale, version
    assert naive.outcome(version) == outcome(facts, judged).value, version
    left = {each.requirement for each in conformity(facts)}
    assert all(isinstance(each, ReleaseNonconforming) for each in conformity(facts))
    assert naive.nonconforming(version) == left, version


def _same_production(world: World, production: Production) -> None:
    naive = world.naive
    running = [(each.version, each.mode.value) for each in production.running]
    assert (naive.running, naive.good) == (running, [each.version for each in production.good])
    last = production.last_known_good
    assert (naive.good[-1] if naive.good else None) == (last.version if last else None)


def _explain(world: World, of: UUID, explained: Explained) -> None:
    for leaf, _ in decisions_of(world.store, of):
        said = msgspec.json.encode(explain(world.ledger, str(of), leaf))
        assert explained.setdefault(leaf, said) == said, leaf


def audit(world: World, explained: Explained) -> None:
    """Asserts everything that there is to assert of a life that is over."""
    look(world, explained)
    decided: dict[str, list[dict[str, Any]]] = {
        str(release_id(SYSTEM, version, "production")): world.naive.of("decide", version=version)
        for version in VERSIONS
    }
    for recorded in world.log():
        event = recorded.event
        if not isinstance(event, ReleaseDecided):
            continue
        of = uuid_of(recorded.stream)
        expected = decided[str(of)].pop(0)
        found = facts_decided(world.store, of, recorded.leaf)
        judged = judge(found.facts)
        assert msgspec.json.encode(event.requirements) == msgspec.json.encode(judged.requirements)
        assert event.subject_digest == judged.subject_digest
        verdicts = {each.id: each.verdict.value for each in event.requirements}
        signed = [verdicts.pop(each) for each in SIGNED_BY]
        assert (expected["decision"], expected["verdicts"], expected["counted"]) == (
            event.decision.value,
            verdicts,
            signed.count("pass"),
        )
        if event.decision.value == "go":
            assert all(each.verdict.passes for each in event.requirements)
    assert [] == [each for left in decided.values() for each in left]
