"""The policy's own stream, and what is to be said of a source itself."""

from functools import reduce

import pytest

from ledger.domain.alert import Sender
from ledger.domain.catalogue import CODEC
from ledger.domain.policy import (
    MOST_REASON,
    AdoptPolicy,
    PolicyAdopted,
    PolicyInForce,
    decide,
    evolve,
)
from ledger.domain.source import AlertsTruncated, Source
from ledger.domain.source import evolve as evolve_source
from ledger.errors import Invalid, StaleVersion
from ledger.policy import MAX_BYTES, digest, shipped
from tests.golden.envelope import recorded
from tests.unit.domain.story import NOW

CHANGED = shipped().replace("more_than = 3", "more_than = 5")


def adopted(text: str) -> PolicyAdopted:
    return PolicyAdopted(at=NOW, text=text, digest=digest(text), reason="r")


def test_an_adoption_carries_the_whole_text_and_its_digest() -> None:
    expected = (adopted(CHANGED),)
    before = evolve(PolicyInForce(), adopted(shipped()))
    assert expected == decide(AdoptPolicy(text=CHANGED, reason="r"), before, NOW)
    both = frozenset({digest(shipped()), digest(CHANGED)})
    after = PolicyInForce(text=CHANGED, digest=digest(CHANGED), adopted=both)
    assert after == evolve(before, *expected)


def test_adopting_what_is_in_force_is_nothing_to_do_and_what_was_before_it_is_an_adoption() -> None:
    state = reduce(evolve, (adopted(shipped()), adopted(CHANGED)), PolicyInForce())
    assert () == decide(AdoptPolicy(text=CHANGED, reason="again"), state, NOW)
    back = AdoptPolicy(text=shipped(), reason="r")
    assert (adopted(shipped()),) == decide(back, state, NOW)


@pytest.mark.parametrize("text", ["", "schema = 1", shipped().replace("more_than", "more"), "["])
def test_a_text_that_is_no_policy_is_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        decide(AdoptPolicy(text=text, reason="r"), PolicyInForce(), NOW)


def test_the_longest_policy_with_the_longest_reason_fits_an_event() -> None:
    longest = shipped() + "#" * (MAX_BYTES - len(shipped().encode()))
    [event] = decide(AdoptPolicy(text=longest, reason="r" * MOST_REASON), PolicyInForce(), NOW)
    assert CODEC.encode(recorded(event))


def test_who_expects_another_policy_than_the_one_in_force_adopts_nothing() -> None:
    state = evolve(PolicyInForce(), adopted(shipped()))
    for text in (CHANGED, shipped()):
        with pytest.raises(StaleVersion, match=digest(shipped())):
            decide(AdoptPolicy(text=text, reason="r", expect=digest(CHANGED)), state, NOW)
    with pytest.raises(StaleVersion, match="none yet"):
        decide(AdoptPolicy(text=CHANGED, reason="r", expect=digest("")), PolicyInForce(), NOW)
    expected = AdoptPolicy(text=CHANGED, reason="r", expect=digest(shipped()))
    assert (adopted(CHANGED),) == decide(expected, state, NOW)


@pytest.mark.parametrize(
    "reason",
    ["", " ", "\n\t", "\u200b\u202e", "a\x00", "\x7f", "\x9b2J", "\ud800", "r" * (MOST_REASON + 1)],
)
def test_a_reason_that_nobody_can_read_is_invalid(reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        decide(AdoptPolicy(text=CHANGED, reason=reason), PolicyInForce(), NOW)
    assert ["reason"] == [field for field, _ in caught.value.errors]


@pytest.mark.parametrize("reason", ["x", "Zeile\r\n\tzwei", "\u05d0\u200f (\u2067x\u2069)", "🔥"])
def test_a_reason_is_kept_as_it_is_written(reason: str) -> None:
    (event,) = decide(AdoptPolicy(text=CHANGED, reason=reason), PolicyInForce(), NOW)
    assert reason == event.reason


def test_a_source_has_left_out_as_many_alerts_as_it_ever_said() -> None:
    cut = [
        AlertsTruncated(at=NOW, source="main", sender=Sender(), missing=missing)
        for missing in (3, 4)
    ]
    assert Source(missing=7) == reduce(evolve_source, cut, Source())
