"""A stub is an event of its type that is stored and read again."""

import pytest

from ledger.domain.catalogue import CODEC, EVENTS
from ledger.domain.envelope import Event
from tests.golden.envelope import LEAF, recorded
from tests.golden.stubs import sample


@pytest.mark.parametrize("event", EVENTS, ids=[event.name for event in EVENTS])
def test_every_type_of_event_has_a_stub(event: type[Event]) -> None:
    made = sample(event)
    assert isinstance(made, event)
    assert recorded(made) == CODEC.decode(CODEC.encode(recorded(made)), LEAF)
