"""What a store holds of what was read."""

from datetime import timedelta

from ledger.policy.times import time_text
from ledger.store.port import Store
from ledger.store.read_records import ReadKind, ReadNoted, ReadRow, digest_of
from tests.contract.samples import NOON

DAY = timedelta(days=1)


def noted(days: int, reader: str, subject: str, *, minutes: int = 0) -> ReadNoted:
    at = NOON + DAY * days + timedelta(minutes=minutes)
    return ReadNoted(reader=reader, kind=ReadKind.INCIDENT, subject=subject, at=at)


def places(rows: list[ReadRow]) -> list[tuple[str, str, str]]:
    return [(row.day[-2:], row.reader, row.subject) for row in rows]


class ReadsContract:
    """Reads are counted by day, reader, kind and subject."""

    def test_reads_of_one_thing_on_one_day_are_one_row(self, store: Store) -> None:
        store.append([], [noted(0, "person/1", "a", minutes=5)])
        store.append([], [noted(0, "person/1", "a", minutes=9), noted(0, "person/1", "a")])

        first, last = (time_text(NOON + timedelta(minutes=n)) for n in (5, 9))
        kept = ReadRow("2026-03-01", "person/1", "incident", "a", 3, first, last)
        assert [kept] == store.reads.of_day("2026-03-01")

    def test_the_rows_of_a_day_have_one_order_and_one_digest(self, store: Store) -> None:
        reads = [noted(0, reader, of) for reader in ("person/Z", "person/a") for of in ("Z", "a")]
        store.append([], [*reads[::-1], noted(1, "person/1", "a")])

        rows = store.reads.of_day("2026-03-01")
        assert [(each.reader, each.subject) for each in reads] == [row.place[1::2] for row in rows]
        assert [] == store.reads.of_day("2026-03-03")
        before = digest_of(rows)
        store.append([], [reads[0]])
        assert before != digest_of(store.reads.of_day("2026-03-01"))

    def test_days_with_reads_are_found_between_two(self, store: Store) -> None:
        store.append([], [noted(n, reader, "a") for n in (0, 1, 3, 4) for reader in ("x", "y")])

        assert ["2026-03-02", "2026-03-04"] == store.reads.days("2026-03-01", "2026-03-05")
        assert ["2026-03-01"] == store.reads.days("", "2026-03-02")

    def test_reads_come_in_pages_the_newest_day_first(self, store: Store) -> None:
        store.append([], [noted(n, who, of) for n in (0, 1) for who in "xy" for of in "ab"])
        whole = store.reads.page(limit=100)
        assert [
            *(("02", who, of) for who in "xy" for of in "ab"),
            *(("01", who, of) for who in "xy" for of in "ab"),
        ] == places(whole)

        found, behind = [], None
        while some := store.reads.page(limit=3, behind=behind):
            found += some
            behind = some[-1].place
        assert whole == found
        assert whole[4:] == store.reads.page(limit=9, day="2026-03-01")
        assert [row for row in whole if row.reader == "y"] == store.reads.page(limit=9, reader="y")
        [last] = store.reads.page(limit=1, day="2026-03-02", reader="y", behind=whole[2].place)
        assert whole[3] == last
