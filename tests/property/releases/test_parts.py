"""The digest of what is signed, the folds of releases, and what runs, for arbitrary values."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain import evaluations
from ledger.domain.envelope import Event
from ledger.domain.evaluations import EvaluationEvent, Evaluations
from ledger.domain.release import production, state
from ledger.domain.release.artefacts import Artefact
from ledger.domain.release.events import ReleaseEvent
from ledger.domain.release.production import (
    Production,
    ProductionDecided,
    ProductionDeployed,
    ProductionEnded,
    ProductionEvent,
)
from ledger.domain.release.state import Attached, Release, Waiver
from ledger.domain.release.subject import subject_digest
from ledger.domain.release.words import DeployMode
from ledger.policy import Policy, parse_policy
from ledger.vocabulary import ArtefactKind
from tests.property.releases.terms import Terms
from tests.property.values import of_type

AT = datetime(2026, 3, 10, 8, tzinfo=UTC)
POLICY = parse_policy(Terms().text())
OTHER_GATES = parse_policy(Terms(safety="0.3").text())
OTHER_CLASSES = parse_policy(Terms(sign_offs=2).text())
OTHER_AUTHORS = parse_policy(Terms(authors_may_sign=True).text())
HEX = st.integers(0, 5).map(lambda number: f"{number:064x}")
NAMES = st.sampled_from(["a", "b", "ä", "\U0001f600", "z" * 200])
ARTEFACTS = st.lists(
    st.builds(
        Artefact,
        kind=st.sampled_from(ArtefactKind),
        name=NAMES,
        digest=HEX | st.just(UNSET),
        version=st.sampled_from(["1", "2024-08-06"]) | st.just(UNSET),
        uri=st.sampled_from(["https://a.example"]) | st.just(UNSET),
    ),
    unique_by=lambda each: each.place,
    max_size=6,
)
ATTACHED = st.lists(
    st.builds(Attached, requirement=NAMES, evidence=NAMES, digest=HEX),
    unique_by=lambda each: (each.requirement, each.evidence),
    max_size=6,
)
WAIVERS = st.lists(
    st.builds(
        Waiver,
        requirement=NAMES,
        at=st.integers(0, 3).map(lambda days: AT + timedelta(days=days)),
        person=NAMES,
        role=NAMES,
        reason=NAMES,
        until=st.none() | st.just(AT + timedelta(days=9)),
    ),
    unique_by=lambda each: each.requirement,
    max_size=4,
)
RELEASES = st.builds(
    Release,
    proposed=st.just(True),
    system=st.sampled_from(["chat", "rag"]),
    version=st.sampled_from(["1", "2"]),
    environment=st.sampled_from(["production", "staging"]),
    change_class=st.sampled_from(["major", "standard"]),
    artefacts=ARTEFACTS.map(tuple),
    attached=ATTACHED.map(tuple),
    waivers=WAIVERS.map(tuple),
)


@settings(max_examples=100)
@given(RELEASES, st.randoms(use_true_random=False))
def test_the_digest_is_the_same_in_whichever_order_parts_were_given(
    release: Release, chance: Any
) -> None:
    def shuffled(parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(parts, len(parts)))

    other = replace(
        release,
        artefacts=shuffled(release.artefacts),
        attached=shuffled(release.attached),
        waivers=shuffled(release.waivers),
    )
    assert subject_digest(release, POLICY) == subject_digest(other, POLICY)


def _one_less(name: str) -> Callable[[Release], Release]:
    return lambda release: replace(release, **{name: getattr(release, name)[:-1]})


def _other(name: str, /, **changes: Any) -> Callable[[Release], Release]:
    """The first of some parts with something else in it."""

    def changed(release: Release) -> Release:
        parts = getattr(release, name)
        return replace(
            release, **{name: (*(replace(each, **changes) for each in parts[:1]), *parts[1:])}
        )

    return changed


NEW = "f" * 64
CHANGES: dict[str, Callable[[Release], Release]] = {
    "system": lambda release: replace(release, system="other"),
    "version": lambda release: replace(release, version="other"),
    "environment": lambda release: replace(release, environment="other"),
    "class": lambda release: replace(release, change_class="other"),
    "an artefact less": _one_less("artefacts"),
    "evidence less": _one_less("attached"),
    "a waiver less": _one_less("waivers"),
    "digest of an artefact": _other("artefacts", digest=NEW),
    "version of an artefact": _other("artefacts", version="other"),
    "name of an artefact": _other("artefacts", name="other"),
    "place of an artefact": _other("artefacts", uri="https://b.example"),
    "evidence": _other("attached", evidence="other"),
    "digest of evidence": _other("attached", digest=NEW),
    "requirement of evidence": _other("attached", requirement="other"),
    "end of a waiver": _other("waivers", until=AT + timedelta(days=99)),
    "role of a waiver": _other("waivers", role="other"),
    "person of a waiver": _other("waivers", person="other"),
    "time of a waiver": _other("waivers", at=AT + timedelta(days=99)),
    "requirement of a waiver": _other("waivers", requirement="other"),
}


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=25)
@given(release=RELEASES)
def test_the_digest_is_another_one_when_any_part_is(change: str, release: Release) -> None:
    changed = CHANGES[change](release)
    same = subject_digest(release, POLICY) == subject_digest(changed, POLICY)
    assert (changed == release) == same


@pytest.mark.parametrize("policy", [OTHER_GATES, OTHER_CLASSES, OTHER_AUTHORS])
@settings(max_examples=10)
@given(release=RELEASES)
def test_the_digest_is_another_one_by_other_gates(policy: Policy, release: Release) -> None:
    assert subject_digest(release, POLICY) != subject_digest(release, policy)


FOLDS: list[tuple[Any, Any, Any]] = [
    (state.evolve, Release(), ReleaseEvent),
    (production.evolve, Production(), ProductionEvent),
    (evaluations.evolve, Evaluations(), EvaluationEvent),
]


@pytest.mark.parametrize(("evolve", "initial", "union"), FOLDS)
@settings(max_examples=100)
@given(data=st.data())
def test_any_events_in_any_order_have_a_state(
    evolve: Any, initial: Any, union: Any, data: st.DataObject
) -> None:
    event = st.sampled_from(get_args(union)).flatmap(of_type)
    events: list[Event] = data.draw(st.lists(event, max_size=12))
    found = reduce(evolve, events, initial)
    assert type(initial) is type(found)
    if isinstance(found, Release):
        assert found.status in type(found.status)


RUNS = st.one_of(
    st.builds(
        ProductionDeployed,
        at=st.just(AT),
        system=st.just("chat"),
        environment=st.just("production"),
        release=st.just(""),
        version=st.sampled_from("1234"),
        mode=st.sampled_from(DeployMode),
        good=st.booleans(),
    ),
    st.builds(
        ProductionEnded,
        at=st.just(AT),
        system=st.just("chat"),
        environment=st.just("production"),
        release=st.just(""),
        version=st.sampled_from("1234"),
        bad=st.booleans(),
    ),
    st.builds(
        ProductionDecided,
        at=st.just(AT),
        system=st.just("chat"),
        environment=st.just("production"),
        release=st.just(""),
        version=st.sampled_from("1234"),
        good=st.booleans(),
    ),
).map(lambda event: replace(event, release=event.version))


@settings(max_examples=200)
@given(st.lists(RUNS, max_size=25))
def test_what_runs_is_what_a_list_of_deployments_says(events: list[ProductionEvent]) -> None:
    modes: dict[str, DeployMode] = {}
    good: list[str] = []
    for event in events:
        of = event.version
        full = [name for name, mode in modes.items() if mode is DeployMode.FULL]
        if isinstance(event, ProductionDeployed):
            modes.pop(of, None)
            if event.mode is DeployMode.FULL:
                modes.clear()
                good = [each for each in good if each != of] + [of] * event.good
            modes[of] = event.mode
        elif isinstance(event, ProductionEnded):
            modes.pop(of, None)
            good = [each for each in good if each != of or not event.bad]
        else:
            good = [each for each in good if each != of] + [of] * (event.good and full == [of])
    found: Production = reduce(production.evolve, events, Production())
    assert modes == {each.version: each.mode for each in found.running}
    assert good == [each.version for each in found.good]
    full = [name for name, mode in modes.items() if mode is DeployMode.FULL]
    assert full == ([found.current.version] if found.current else [])
    assert good[-1:] == ([found.last_known_good.version] if found.last_known_good else [])
    for version in "1234":
        before = found.good_before(version)
        others = [each for each in good if each != version]
        assert others[-1:] == ([before.version] if before else [])
