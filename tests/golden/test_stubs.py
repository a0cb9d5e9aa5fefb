"""A stub is an event of its type that is stored and read again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import pytest

from ledger.domain.catalogue import CODEC, EVENTS
from ledger.domain.envelope import Event
from tests.golden.envelope import LEAF, recorded
from tests.golden.stubs import sample, source


def parts_of(value: Any) -> Iterator[type]:
    """The classes of what a value holds."""
    if isinstance(value, msgspec.Struct):
        yield type(value)
        for each in value.__struct_fields__:
            yield from parts_of(getattr(value, each))
    elif isinstance(value, dict):
        for each in value.values():
            yield from parts_of(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from parts_of(each)
    elif isinstance(value, Enum):
        yield type(value)


KNOWN = {"datetime": datetime, "timedelta": timedelta, "UTC": UTC, "UUID": UUID}


@pytest.mark.parametrize("event", EVENTS, ids=[event.name for event in EVENTS])
def test_every_type_of_event_has_a_stub(event: type[Event]) -> None:
    made = sample(event)
    assert isinstance(made, event)
    names = {each.__name__: each for each in (*EVENTS, *parts_of(made))}
    assert made == eval(source(made), {**KNOWN, **names})
    assert recorded(made) == CODEC.decode(CODEC.encode(recorded(made)), LEAF)
