"""Stored bytes: the limit, unknown names, damage, and old versions brought to the newest."""

from typing import Any, ClassVar

import msgspec
import pytest

from ledger.domain.catalogue import CODEC, EVENTS, KINDS, UPCASTERS
from ledger.domain.codec import Codec, Upcaster
from ledger.domain.envelope import MAX_EVENT_BYTES, Event, Recorded
from ledger.domain.incident import Incident, IncidentEvent, evolve
from ledger.domain.incident.events import Contained
from ledger.errors import EventTooLarge, Invalid, UnknownEvent
from tests.golden.envelope import LEAF, recorded
from tests.unit.domain.story import NOW, detected


class Weighed(Event, frozen=True, kw_only=True):
    """A test's event at its third version."""

    name: ClassVar[str] = "incident.weighed.v3"

    grams: int
    scale: str


class WeighedOnce(Event, frozen=True, kw_only=True):
    """The same as it was first."""

    name: ClassVar[str] = "incident.weighed.v1"

    kilograms: int


class WeighedTwice(Event, frozen=True, kw_only=True):
    """The same as it was then."""

    name: ClassVar[str] = "incident.weighed.v2"

    grams: int


def in_grams(data: dict[str, Any]) -> dict[str, Any]:
    return {"at": data["at"], "grams": data["kilograms"] * 1_000}


def with_scale(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "scale": "unknown"}


OLD = Codec([WeighedOnce, WeighedTwice, Contained])
CHAIN = {
    "incident.weighed.v1": Upcaster("incident.weighed.v2", in_grams),
    "incident.weighed.v2": Upcaster("incident.weighed.v3", with_scale),
}
NEW = Codec([Weighed, Contained], CHAIN)


def test_a_first_version_s_bytes_are_read_as_the_second_version() -> None:
    codec = Codec([WeighedTwice], {"incident.weighed.v1": CHAIN["incident.weighed.v1"]})
    stored = OLD.encode(recorded(WeighedOnce(at=NOW, kilograms=2)))
    assert recorded(WeighedTwice(at=NOW, grams=2_000)) == codec.decode(stored, LEAF)


@pytest.mark.parametrize(
    "event", [WeighedOnce(at=NOW, kilograms=2), WeighedTwice(at=NOW, grams=2_000)]
)
def test_every_older_version_comes_to_the_newest_by_as_many_steps_as_it_takes(
    event: Event,
) -> None:
    expected = recorded(Weighed(at=NOW, grams=2_000, scale="unknown"))
    assert expected == NEW.decode(OLD.encode(recorded(event)), LEAF)


def test_an_old_event_in_the_middle_of_a_stream_is_read_among_the_new() -> None:
    contained = Contained(at=NOW, action="x")
    stream = [contained, WeighedOnce(at=NOW, kilograms=1), WeighedTwice(at=NOW, grams=5), contained]
    stored = [
        OLD.encode(recorded(event, version=version)) for version, event in enumerate(stream, 1)
    ]
    read = [NEW.decode(entry, leaf) for leaf, entry in enumerate(stored)]
    expected = [
        contained,
        Weighed(at=NOW, grams=1_000, scale="unknown"),
        Weighed(at=NOW, grams=5, scale="unknown"),
        contained,
    ]
    assert expected == [entry.event for entry in read]
    assert [1, 2, 3, 4] == [entry.version for entry in read]


def test_a_codec_can_read_every_version_and_says_which() -> None:
    assert {f"incident.weighed.v{n}" for n in (1, 2, 3)} | {Contained.name} == NEW.names


@pytest.mark.parametrize(
    "codec",
    [
        pytest.param(Codec([Contained]), id="never heard of"),
        pytest.param(Codec([Weighed]), id="an old version without an upcaster"),
        pytest.param(
            Codec([Weighed], {"incident.weighed.v1": CHAIN["incident.weighed.v1"]}),
            id="a chain that ends nowhere",
        ),
    ],
)
def test_an_unknown_type_is_refused_by_its_name(codec: Codec) -> None:
    stored = OLD.encode(recorded(WeighedOnce(at=NOW, kilograms=2)))
    with pytest.raises(UnknownEvent, match=r"incident\.weighed\.v[12]"):
        codec.decode(stored, LEAF)


def test_every_chain_of_upcasters_ends_in_the_catalogue() -> None:
    for name, upcaster in UPCASTERS.items():
        seen = {name}
        while upcaster.to not in {event.name for event in EVENTS}:
            assert upcaster.to not in seen
            seen.add(upcaster.to)
            upcaster = UPCASTERS[upcaster.to]  # noqa: PLW2901


def test_stored_names_are_unique_say_their_stream_kind_and_their_version() -> None:
    assert len(EVENTS) == len({event.name for event in EVENTS})
    for kind, of_kind in KINDS.items():
        for event in of_kind.events:
            assert event.name.startswith(f"{kind}.")
            assert event.name.rpartition(".v")[2].isdigit()


def test_an_event_takes_as_many_bytes_as_a_log_entry_and_not_one_more() -> None:
    room = MAX_EVENT_BYTES - len(CODEC.encode(recorded(Contained(at=NOW, action=""))))
    full = CODEC.encode(recorded(Contained(at=NOW, action="x" * room)))
    assert MAX_EVENT_BYTES == len(full)
    for action in ("x" * (room + 1), "\n" * (room // 2 + 1), "é" * (room // 2 + 1)):
        with pytest.raises(EventTooLarge, match=f"at most {MAX_EVENT_BYTES}"):
            CODEC.encode(recorded(Contained(at=NOW, action=action)))


@pytest.mark.parametrize(
    "damaged",
    [
        recorded(Contained(at=NOW, action="\ud800")),
        recorded(Contained(at=NOW, action="x"), actor="\udcff"),
    ],
    ids=["in its data", "in its envelope"],
)
def test_text_without_a_utf8_form_is_invalid(damaged: Recorded) -> None:
    with pytest.raises(Invalid, match="no UTF-8 form"):
        CODEC.encode(damaged)


STORED = CODEC.encode(recorded(Contained(at=NOW, action="x")))


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{}",
        b"[]",
        STORED[:-1],
        STORED + b"x",
        STORED.replace(b'"x"', b"1"),
        STORED.replace(b'"x"', b'"\xff"'),
        STORED.replace(b"0000000003", b"three"),
        STORED.replace(b'"specversion":"1.0",', b""),
    ],
)
def test_bytes_that_are_no_event_are_refused_with_their_leaf(damaged: bytes) -> None:
    with pytest.raises(UnknownEvent, match=f"leaf {LEAF}"):
        CODEC.decode(damaged, LEAF)


def test_what_is_absent_takes_no_room_and_comes_back_as_none() -> None:
    bare = recorded(
        Contained(at=NOW, action="x"), causation=None, policy_digest=None, body_digest=None
    )
    stored = CODEC.encode(bare)
    assert bare == CODEC.decode(stored, LEAF)
    absent = {"causationid", "policydigest", "bodydigest"}
    assert not absent & set(msgspec.json.decode(stored, type=dict[str, Any]))


def test_a_state_is_folded_from_decoded_events_as_from_the_events_themselves() -> None:
    events: list[IncidentEvent] = [detected(), Contained(at=NOW, action="x")]
    direct = decoded = Incident()
    for event in events:
        direct = evolve(direct, event)
        read: Any = CODEC.decode(CODEC.encode(recorded(event)), LEAF).event
        decoded = evolve(decoded, read)
    assert direct == decoded
