"""What a store leaves of bodies and quarantine entries that were erased."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from consumers.access.login_links import LinkedPerson
from ledger.store.port import Store
from ledger.store.quarantine_records import BODY_ERASED, erased_entry
from ledger.store.side_records import (
    BodiesErased,
    Body,
    PersonErased,
    QuarantineClosed,
    Quarantined,
    QuarantinePart,
    Session,
    SessionGrant,
    SideWrite,
    SingleUse,
)
from ledger.vocabulary import ActsBy, Scope
from tests.contract.samples import NOON, closed, set_aside

NAME, NO_TOKEN = "erased (1)", "no token"
WORDS = "Jane Roe \0 \N{SNOWMAN}"


def telling(entry: str, digest: str, *, size: int = 10) -> Quarantined:
    """An entry whose reason and headers quote its body."""
    return replace(
        set_aside(entry, digest, size=size),
        parts=(QuarantinePart(index=1, reason=WORDS), QuarantinePart(index=2, reason="As above.")),
        parts_omitted=3,
        headers={"ce-subject": WORDS},
    )


def of(store: Store, entry: str) -> Quarantined:
    found = store.quarantine.entry(entry)
    assert found is not None
    return found


class ErasingContract:
    """Bodies keep their digests, entries their sources, states, times and sizes."""

    def test_bodies_are_read_in_the_order_of_their_digests(self, store: Store) -> None:
        bodies = [Body(digest=f"d{n}", content=bytes([n]) * 9, size=9) for n in range(5)]
        store.append([], bodies[::-1])

        assert bodies[:2] == store.quarantine.bodies("", 2)
        assert bodies[2:] == store.quarantine.bodies("d1", 9)
        assert [] == store.quarantine.bodies("d4", 9)

    def test_an_erased_body_has_no_content_and_its_entries_say_nothing_of_it(
        self, store: Store
    ) -> None:
        store.append([], [Body(digest=f"d{n}", content=b"Jane Roe", size=8) for n in range(2)])
        store.append([], [telling("q1", "d0"), telling("q2", "d1")])
        before = {name: of(store, name) for name in ("q1", "q2")}

        store.append([], [BodiesErased(digests=("d0", "absent"), entries=(before["q1"],))])

        assert Body(digest="d0", content=b"", size=8) == store.quarantine.body("d0")
        assert Body(digest="d1", content=b"Jane Roe", size=8) == store.quarantine.body("d1")
        assert erased_entry(before["q1"]) == of(store, "q1")
        assert of(store, "q1").body_erased
        assert [BODY_ERASED] == [part.reason for part in of(store, "q1").parts]
        assert before["q2"] == of(store, "q2")
        assert [of(store, "q2"), of(store, "q1")] == store.quarantine.entries()

    @pytest.mark.parametrize("first", ["closed", "erased"])
    def test_how_an_entry_was_closed_stays_whichever_came_first(
        self, store: Store, first: str
    ) -> None:
        store.append([], [telling("q1", "d0")])
        writes: list[SideWrite] = [
            closed("q1"),
            BodiesErased(digests=("d0",), entries=(of(store, "q1"),)),
        ]
        for each in writes if first == "closed" else writes[::-1]:
            store.append([], [each])

        found = of(store, "q1")
        assert ("dismissed", "person/1", NOON, "Noise.") == (
            found.state,
            found.closed_by,
            found.closed_at,
            found.close_reason,
        )
        assert found.body_erased
        assert {} == found.headers

    def test_an_entry_that_was_erased_when_it_was_closed_keeps_how(self, store: Store) -> None:
        store.append([], [telling("q1", "d0"), closed("q1")])
        store.append([], [BodiesErased(digests=("d0",), entries=(of(store, "q1"),))])

        assert "Noise." == of(store, "q1").close_reason

    def test_the_same_body_again_makes_an_entry_of_its_own(self, store: Store) -> None:
        store.append([], [telling("q1", "d0"), Body(digest="d0", content=b"Jane Roe", size=8)])
        store.append([], [BodiesErased(digests=("d0",), entries=(of(store, "q1"),))])

        store.append([], [telling("q2", "d0"), Body(digest="d0", content=b"Jane Roe", size=8)])

        assert of(store, "q1").body_erased
        assert telling("q2", "d0") == of(store, "q2")
        assert Body(digest="d0", content=b"Jane Roe", size=8) == store.quarantine.body("d0")

    def test_an_erased_entry_takes_no_room_of_its_source_s_quota(self, store: Store) -> None:
        store.append([], [telling("q1", "d0", size=1_000_000)])
        assert store.quarantine.held("am").size > 1_000_000
        for _ in range(2):  # again is nothing new
            store.append([], [BodiesErased(digests=("d0",), entries=(of(store, "q1"),))])

        held = store.quarantine.held("am")
        assert 1 == held.entries
        assert held.size < 1_000

    def test_sessions_links_and_codes_of_an_erased_person_are_gone_and_those_of_others_stay(
        self, store: Store
    ) -> None:
        granted = {
            person: SessionGrant(
                person=person,
                by=ActsBy.LINK,
                scopes=(Scope.READ,),
                ends_at=NOON + timedelta(days=1),
            )
            for person in ("person/1", "person/11")
        }
        for person, grant in granted.items():
            opened = Session(
                digest=f"s-{person}", token=NO_TOKEN, begun_at=NOON, seen_at=NOON, grant=grant
            )
            link = LinkedPerson(person=person, scopes=(Scope.READ,))
            code = msgspec.json.encode({"challenge": '"person":"person/1"', "grant": grant})
            secrets = {f"l-{person}": msgspec.json.encode(link), f"c-{person}": code}
            uses = [
                SingleUse(
                    digest=digest,
                    kind="kind",
                    made_at=NOON,
                    expires_at=NOON + timedelta(days=1),
                    content=content,
                )
                for digest, content in secrets.items()
            ]
            store.append([], [opened, *uses])

        for _ in range(2):  # again is nothing new
            store.append([], [PersonErased(person="person/1", name=NAME)])

        assert ["s-person/11"] == [each.digest for each in store.access.sessions()]
        assert granted["person/11"] == store.access.sessions()[0].grant
        kept = {f"{kind}-{person}" for kind in "lc" for person in granted}
        assert {"l-person/11", "c-person/11"} == {
            digest for digest in kept if store.access.single_use(digest) is not None
        }

    def test_the_reason_of_an_erased_person_is_gone_and_those_of_others_stay(
        self, store: Store
    ) -> None:
        quoting = ',"closed_by":"person/1","closed_at":"x","close_reason":"y"} \0\\ \N{SNOWMAN}'
        entries = {"q1": "person/1", "q2": "person/2", "q3": "person/1"}
        store.append([], [telling(name, name) for name in [*entries, "q4"]])
        for name, person in entries.items():
            closing = QuarantineClosed(
                id=name,
                state="dismissed",
                closed_by=person,
                closed_at=NOON,
                close_reason=f"{name} of Jane {quoting}",
            )
            store.append([], [closing])
        store.append([], [BodiesErased(digests=(), entries=(of(store, "q3"),))])
        before = {name: of(store, name) for name in (*entries, "q4")}

        store.append([], [PersonErased(person="person/1", name=NAME)])

        expected = {
            name: replace(entry, close_reason="[erased]") if name in {"q1", "q3"} else entry
            for name, entry in before.items()
        }
        assert expected == {name: of(store, name) for name in before}
        assert f"q2 of Jane {quoting}" == before["q2"].close_reason
