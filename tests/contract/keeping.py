"""What a store holds of all that is not an event."""

import random
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from ledger.domain.review.counting import CountedIncident
from ledger.errors import Conflict
from ledger.policy.times import time_text
from ledger.store.keys import bounded
from ledger.store.port import Store
from ledger.store.side_ports import QUARANTINE_SORTS, Place, QuarantineHeld
from ledger.store.side_records import (
    CUT_BYTES,
    Body,
    ConsumedId,
    LastSeen,
    MonthMember,
    Person,
    Quarantined,
    QuarantinePart,
    Session,
    SessionEnded,
    SessionSeen,
    Signing,
    TokenNamed,
    TokenRevoked,
    TokenUsed,
)
from ledger.vocabulary import Status
from tests.contract.samples import NOON, answer, closed, set_aside, token

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def varied() -> list[Quarantined]:
    """Entries with equal and different values in every column, two of which came again."""
    sources = ("am", "\u00e9t\u00e9", "Zebra", "am")
    entries = [
        replace(
            set_aside(f"q{n}", f"d{n}", at=NOON + n // 2 * MINUTE, size=(10, 9, 100, 9)[n % 4]),
            source=sources[n // 2],
        )
        for n in range(8)
    ]
    again = [replace(entries[n], last_seen_at=NOON + HOUR) for n in (0, 3, 3)]
    return [*entries, *again]


def place_of(entry: Quarantined, column: str) -> Place:
    value = getattr(entry, column)
    key = time_text(value) if isinstance(value, datetime) else value
    return (key, time_text(entry.arrived_at), entry.id)


class KeepingContract:
    """Tokens, people, quarantine, bodies, idempotency, last heard."""

    def test_a_token_is_known_by_its_digest_revoked_or_not(self, store: Store) -> None:
        row = token("d1", "ann")
        store.append([], [row])
        assert row == store.access.token("d1")
        assert None is store.access.token("d2")

        store.append([], [TokenRevoked(holder_kind="token", holder_name="ann")])

        assert replace(row, revoked=True) == store.access.token("d1")

    def test_how_a_source_signs_is_kept_with_its_token(self, store: Store) -> None:
        signing = Signing(secret="s", header="X-Signed", timestamp_header="X-Time")
        row = replace(token("d1", "grafana", kind="source"), signing=signing)
        store.append([], [row])
        assert row == store.access.token("d1")

    def test_revoking_a_name_leaves_other_names_and_kinds(self, store: Store) -> None:
        store.append([], [token("d1", "ann"), token("d2", "ann", kind="source"), token("d3", "bo")])

        store.append([], [TokenRevoked(holder_kind="token", holder_name="ann")])

        found = [store.access.token(digest) for digest in ("d1", "d2", "d3")]
        assert [True, False, False] == [row.revoked for row in found if row is not None]

    def test_a_name_stands_for_one_token_at_a_time(self, store: Store) -> None:
        assert store.access.token_named("ann") is None
        store.append([], [TokenNamed(name="ann", before=None, holder_name="token/1")])
        for before in (None, "token/2"):
            with pytest.raises(Conflict):
                store.append([], [TokenNamed(name="ann", before=before, holder_name="token/3")])
        assert "token/1" == store.access.token_named("ann")
        store.append([], [TokenNamed(name="ann", before="token/1", holder_name="token/3")])
        assert "token/3" == store.access.token_named("ann")

    def test_the_last_use_of_a_token_never_goes_back(self, store: Store) -> None:
        assert {} == store.access.token_uses()
        for digest, at in (("d1", NOON + MINUTE), ("d1", NOON), ("d2", NOON)):
            store.append([], [TokenUsed(digest=digest, at=at)])
        assert {"d1": NOON + MINUTE, "d2": NOON} == store.access.token_uses()

    def test_a_session_is_known_by_its_digest_until_it_is_ended(self, store: Store) -> None:
        session = Session(digest="c1", token="d1", begun_at=NOON, seen_at=NOON)
        store.append([], [session])
        store.append([], [SessionSeen(digest="c1", at=NOON + MINUTE)])
        store.append([], [SessionSeen(digest="c1", at=NOON)])
        assert replace(session, seen_at=NOON + MINUTE) == store.access.session("c1")

        store.append([], [SessionEnded(digest="c1")])
        store.append([], [SessionSeen(digest="c1", at=NOON + MINUTE)])

        assert None is store.access.session("c1")

    def test_sessions_are_listed_the_last_begun_first(self, store: Store) -> None:
        begun = {"c1": NOON, "c3": NOON + MINUTE, "c2": NOON + MINUTE}
        for digest, at in begun.items():
            store.append([], [Session(digest=digest, token="d1", begun_at=at, seen_at=at)])

        assert ["c2", "c3", "c1"] == [each.digest for each in store.access.sessions()]
        store.append([], [SessionEnded(digest="c3")])
        assert ["c2", "c1"] == [each.digest for each in store.access.sessions()]

    def test_a_new_session_drops_those_that_are_over(self, store: Store) -> None:
        idle, old, young = NOON - 13 * HOUR, NOON - 169 * HOUR, NOON - 11 * HOUR
        for digest, begun, seen in (("c1", idle, idle), ("c2", old, NOON), ("c3", young, young)):
            store.append([], [Session(digest=digest, token="", begun_at=begun, seen_at=seen)])

        store.append([], [Session(digest="c4", token="", begun_at=NOON, seen_at=NOON)])

        found = [store.access.session(digest) for digest in ("c1", "c2", "c3", "c4")]
        assert ["c3", "c4"] == [each.digest for each in found if each is not None]

    def test_tokens_of_a_kind_are_listed_newest_last(self, store: Store) -> None:
        older, newer = token("d2", "bo"), token("d1", "ann", at=NOON + MINUTE)
        store.append([], [newer, older, token("d3", "am", kind="source")])

        assert [older, newer] == store.access.tokens("token")
        assert ["am"] == [row.holder_name for row in store.access.tokens("source")]

    def test_people_are_listed_by_name_and_a_name_is_one_persons(self, store: Store) -> None:
        bo, ann = Person(id="person/1", name="Bo"), Person(id="person/2", name="Ann", os_user="ann")
        store.append([], [bo, ann])
        assert [ann, bo] == store.access.people()

        with pytest.raises(Conflict):
            store.append([], [Person(id="person/3", name="Bo")])
        with pytest.raises(Conflict):
            store.append([], [Person(id="person/3", name="Cy", os_user="ann")])

    def test_the_same_body_set_aside_again_only_counts_up(self, store: Store) -> None:
        store.append([], [set_aside("q1", "d1")])
        store.append([], [set_aside("q2", "d1", at=NOON + MINUTE)])

        again = replace(set_aside("q1", "d1"), seen=2, last_seen_at=NOON + MINUTE)
        assert [again] == store.quarantine.entries()
        assert again == store.quarantine.entry("q1")
        assert None is store.quarantine.entry("q2")

    def test_quarantine_is_listed_newest_first_and_by_state(self, store: Store) -> None:
        store.append([], [set_aside("q1", "d1"), set_aside("q2", "d2", at=NOON + MINUTE)])
        store.append([], [set_aside("q3", "d3", at=NOON + 2 * MINUTE), closed("q2")])

        assert ["q3", "q2", "q1"] == [entry.id for entry in store.quarantine.entries()]
        assert ["q3", "q1"] == [entry.id for entry in store.quarantine.entries(state="open")]
        assert ["q2"] == [entry.id for entry in store.quarantine.entries(state="dismissed")]
        assert (2, 1, 0) == tuple(
            store.quarantine.count(state) for state in ("open", "dismissed", "retried")
        )

    def test_the_same_body_that_says_something_else_by_its_headers_is_another_entry(
        self, store: Store
    ) -> None:
        for entry in ("q1", "q2", "q3"):
            identity = "i2" if entry == "q2" else "i1"
            store.append([], [replace(set_aside(entry, "d1"), identity=identity)])

        assert [("q2", 1), ("q1", 2)] == [
            (each.id, each.seen) for each in store.quarantine.entries()
        ]

    def test_an_entry_is_closed_once(self, store: Store) -> None:
        store.append([], [set_aside("q1", "d1")])
        store.append([], [closed("q1")])
        with pytest.raises(Conflict):
            store.append([], [closed("q1", "retried")])
        with pytest.raises(Conflict):
            store.append([], [closed("unknown")])

        entry = store.quarantine.entry("q1")

        assert entry is not None
        assert ("dismissed", "person/1", NOON, "Noise.") == (
            entry.state,
            entry.closed_by,
            entry.closed_at,
            entry.close_reason,
        )

    def test_what_was_dismissed_stays_so_and_what_was_retried_opens_again(
        self, store: Store
    ) -> None:
        store.append([], [set_aside("q1", "d1"), set_aside("q2", "d2")])
        store.append([], [closed("q1"), closed("q2", "retried")])

        store.append([], [set_aside("q3", "d1"), set_aside("q4", "d2")])

        assert replace(set_aside("q2", "d2"), seen=2) == store.quarantine.entry("q2")
        assert ["dismissed"] == [e.state for e in store.quarantine.entries() if e.id == "q1"]
        store.append([], [closed("q2", "retried")])

    def test_a_sources_open_entries_are_counted_with_their_own_bytes_and_their_bodies(
        self, store: Store
    ) -> None:
        whole, shut = set_aside("q1", "d1", size=100), set_aside("q2", "d2", size=20)
        cut = replace(set_aside("q3", "d3", size=200_000, truncated=True), headers={"x": "y" * 500})
        store.append([], [whole, shut])
        store.append([], [cut, closed("q2")])

        own = sum(len(msgspec.json.encode(each)) for each in (whole, cut))
        assert QuarantineHeld(own + 100 + CUT_BYTES, 2) == store.quarantine.held("am")
        assert QuarantineHeld(0, 0) == store.quarantine.held("other")

    def test_a_page_of_quarantine_goes_on_behind_a_place_in_all_states_together(
        self, store: Store
    ) -> None:
        entries = [set_aside(f"q{n}", f"d{n}", at=NOON + n // 2 * MINUTE) for n in range(6)]
        store.append([], entries)
        store.append([], [closed("q1"), closed("q4", "retried")])

        first = store.quarantine.entries(limit=4)
        last = first[-1]
        behind = store.quarantine.entries(before=(time_text(last.arrived_at), last.id), limit=4)

        assert ["q5", "q4", "q3", "q2"] == [each.id for each in first]
        assert ["q1", "q0"] == [each.id for each in behind]
        some = store.quarantine.entries(state="open", before=(time_text(last.arrived_at), last.id))
        assert ["q0"] == [each.id for each in some]

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("column", QUARANTINE_SORTS)
    def test_quarantine_is_sorted_by_each_column_in_both_directions_a_page_at_a_time(
        self, store: Store, column: str, descending: bool
    ) -> None:
        sort = f"-{column}" if descending else column
        store.append([], varied())
        store.append([], [closed("q2"), closed("q5", "retried")])
        every = store.quarantine.entries()
        expected = sorted(every, key=attrgetter(column), reverse=descending)

        found: list[Quarantined] = []
        before: Place | None = None
        while page := store.quarantine.entries(sort=sort, before=before, limit=2):
            found += page
            before = place_of(page[-1], column)

        assert 8 == len(every)
        assert [each.id for each in expected] == [each.id for each in found]
        assert expected == store.quarantine.entries(sort=sort)
        of_source = [each for each in expected if each.source == "\u00e9t\u00e9"]
        assert of_source == store.quarantine.entries(sort=sort, source="\u00e9t\u00e9")
        some = store.quarantine.entries(sort=sort, source="am", state="open", limit=1)
        assert [e for e in expected if (e.source, e.state) == ("am", "open")][:1] == some

    def test_the_sort_by_size_reads_the_size_and_no_text_that_looks_like_it(
        self, store: Store
    ) -> None:
        reason = '"size":9, \0 \\"size":8'
        entries = [
            replace(
                set_aside(f"q{size}", f"d{size}", size=size),
                parts=(QuarantinePart(index=7, reason=reason),),
                headers={"size": "5", '"size': "6", "\u00e9": '{"size":4}'},
            )
            for size in (30, 200, 1_000)
        ]
        store.append([], entries)

        assert [30, 200, 1_000] == [e.size for e in store.quarantine.entries(sort="size")]

    def test_an_entry_of_megabytes_comes_without_its_reasons_in_a_list(self, store: Store) -> None:
        parts = tuple(QuarantinePart(index=n, reason="As above.") for n in range(50_000))
        store.append([], [replace(set_aside("q1", "d1", size=7), parts=parts)])

        [listed] = store.quarantine.entries()

        assert ("q1", "am", "open", NOON) == (
            listed.id,
            listed.source,
            listed.state,
            listed.arrived_at,
        )
        assert 1 == len(listed.parts)
        found = store.quarantine.entry("q1")
        assert found is not None
        assert parts == found.parts

    def test_an_id_or_a_key_of_any_length_is_taken_once_and_is_no_other_one(
        self, store: Store
    ) -> None:
        rng = random.Random(7)
        long = ["".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(2_001)) for _ in "ab"]
        ids = [("signal/am", text) for text in long]
        store.append([], [ConsumedId(scope=scope, id=text) for scope, text in ids])
        store.append([], [answer(long[0])])

        assert set(ids) == store.idempotency.consumed_ids(
            [*ids, ("signal/am", long[0][:-1]), ("other", long[0])]
        )
        assert answer(long[0]) == store.idempotency.answer("alice", long[0])
        assert None is store.idempotency.answer("alice", long[1])
        for text in long:  # what stands for it is the id of nothing
            assert set() == store.idempotency.consumed_ids([("signal/am", bounded(text))])
            store.append([], [ConsumedId(scope="signal/am", id=bounded(text))])
        with pytest.raises(Conflict):
            store.append([], [ConsumedId(scope="signal/am", id=long[0])])

    def test_a_body_is_kept_by_its_digest_and_the_whole_one_replaces_a_cut_one(
        self, store: Store
    ) -> None:
        whole, cut = b"0123456789", b"0123"
        assert None is store.quarantine.body("d1")
        store.append([], [Body(digest="d1", content=cut, size=10)])
        store.append([], [Body(digest="d1", content=whole, size=10)])

        store.append([], [Body(digest="d1", content=cut, size=10)])

        assert Body(digest="d1", content=whole, size=10) == store.quarantine.body("d1")

    def test_an_idempotency_key_has_one_answer_a_token(self, store: Store) -> None:
        store.append([], [answer("k1")])
        with pytest.raises(Conflict):
            store.append([], [answer("k1", request="another")])

        assert answer("k1") == store.idempotency.answer("alice", "k1")
        assert None is store.idempotency.answer("alice", "k2")
        assert None is store.idempotency.answer("bob", "k1")

    def test_an_idempotency_key_is_free_again_after_seven_days(self, store: Store) -> None:
        later = answer("k1", at=NOON + timedelta(days=7, seconds=1), request="another")
        store.append([], [answer("k1")])

        store.append([], [later])

        assert later == store.idempotency.answer("alice", "k1")

    def test_the_latest_time_an_alert_was_heard_of_counts(self, store: Store) -> None:
        one, other = UUID(int=1), UUID(int=2)
        store.append([], [LastSeen(subject=one, at=NOON + MINUTE)])
        store.append([], [LastSeen(subject=one, at=NOON), LastSeen(subject=other, at=NOON)])

        assert {one: NOON + MINUTE, other: NOON} == store.last_seen.times([one, other, UUID(int=3)])

    def test_a_probe_is_a_write_that_means_nothing(self, store: Store) -> None:
        store.probe()
        store.probe()

        assert 0 == store.size()

    def test_what_comes_from_outside_is_kept_whatever_its_characters(self, store: Store) -> None:
        odd = "a\0\N{SNOWMAN}\U0001f525'\\\""
        taken = ConsumedId(scope="signal/am", id=odd)
        aside = replace(set_aside("q1", "d1"), source=odd, headers={"x": odd})
        part = CountedIncident(system=odd, month="2026-03", counts=True, status=Status.OPEN)
        member = MonthMember(incident=UUID(int=1), leaf=0, member=part)
        person = Person(id="person/1", name=odd)

        store.append([], [taken, aside, answer(odd), member, person])

        assert {(taken.scope, odd)} == store.idempotency.consumed_ids(
            [(taken.scope, odd), (taken.scope, "a")]
        )
        assert aside == store.quarantine.entry("q1")
        assert 1 == store.quarantine.held(odd).entries
        assert answer(odd) == store.idempotency.answer("alice", odd)
        assert [member] == store.followers.counted_incidents("2026-03", odd)
        assert [person] == store.access.people()

    def test_nothing_is_found_under_a_name_that_nothing_has(self, store: Store) -> None:
        assert None is store.quarantine.entry("a\0")
        assert {"a\0": []} == store.load({"a\0": 0})
        assert set() == store.idempotency.consumed_ids([])
        assert {} == store.last_seen.times([])
        assert {} == store.load({})
