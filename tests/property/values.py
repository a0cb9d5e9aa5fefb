"""Strategies made from the events' own types: whatever a field may hold, a strategy generates."""

import types
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

import msgspec
from hypothesis import strategies as st
from msgspec import Meta

from ledger.domain.envelope import Event, Recorded

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
UTC_TIMES = st.datetimes(timezones=st.just(UTC))
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))

SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(0, 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    datetime: UTC_TIMES,
    timedelta: st.timedeltas(timedelta(0), timedelta(days=30)),
    UUID: st.uuids(),
    type(None): st.none(),
    msgspec.UnsetType: st.just(msgspec.UNSET),
}


@cache
def of_type(wanted: Any) -> st.SearchStrategy[Any]:
    """Values of a type: of msgspec's structs, unions, tuples, dicts, lists and vocabularies."""
    if wanted in SIMPLE:
        return SIMPLE[wanted]
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        return struct(wanted)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return st.sampled_from(wanted)
    origin, args = get_origin(wanted), get_args(wanted)
    if origin in {Union, types.UnionType}:
        return st.one_of([of_type(part) for part in args])
    if wanted is msgspec.UnsetType:
        return st.just(msgspec.UNSET)
    if origin is Annotated:
        return _annotated(args[0], [meta for meta in args[1:] if isinstance(meta, Meta)])
    if origin is dict:
        return st.dictionaries(of_type(args[0]), of_type(args[1]), max_size=3)
    if origin is list:
        return st.lists(of_type(args[0]), max_size=3)
    if origin is tuple and args[-1] is Ellipsis:
        return st.lists(of_type(args[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(of_type(part) for part in args))
    raise TypeError(f"no strategy for {wanted!r}")


def struct(wanted: type[msgspec.Struct], **given: Any) -> st.SearchStrategy[Any]:
    """Instances of a struct; `given` stand in place of the fields' own strategies."""
    fields = {field.name: field.type for field in msgspec.structs.fields(wanted)}
    return st.builds(wanted, **{name: of_type(kind) for name, kind in fields.items()} | given)


def _annotated(wanted: Any, metas: list[Meta]) -> st.SearchStrategy[Any]:
    if wanted is datetime:
        return st.datetimes(timezones=ZONES)
    least = max((meta.min_length or 0 for meta in metas), default=0)
    if any(meta.pattern for meta in metas):
        return st.sampled_from(["https://tickets.example/1", "mailto:a@b"])
    values = of_type(wanted)
    return values.filter(lambda value: len(value) >= least) if least else values


NAMES = st.text("abcxyz0123456789-", min_size=1, max_size=20)


def recordings(event: Event) -> st.SearchStrategy[Recorded]:
    """The event, recorded under any circumstances."""
    return st.builds(
        Recorded,
        event=st.just(event),
        stream=st.uuids().map(lambda of: f"{event.name.partition('.')[0]}/{of}"),
        version=st.integers(1, 10**12),
        leaf=st.integers(0, 2**62),
        id=st.uuids().map(str),
        recorded_at=UTC_TIMES,
        actor=NAMES.map("source/".__add__),
        source=NAMES.map("source/".__add__),
        correlation=NAMES,
        causation=st.none() | st.uuids().map(str),
        policy_digest=st.none() | NAMES,
        body_digest=st.none() | NAMES,
    )
