"""The check of the texts beside a log against the events that name them.

An event holds a commitment to a text: whoever has the text and its key sees whether it is the one
that was recorded. A text that was erased is empty, and an event says so.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from consumers.maintenance.named_texts import Named, NamedTexts
from consumers.maintenance.temporary import temporary_database
from ledger.domain.text import commitment_to
from ledger.store.port import Entry, Store
from ledger.store.text_records import TextRow

TEXTS_PER_READ = 100
MOST_NAMED = 20
"""So many faults of a kind are named, the others counted."""

Kind = Literal[
    "missing",
    "empty without an erasure",
    "readable in spite of an erasure",
    "other than their events say",
    "named by no event",
]


class Fault(NamedTuple):
    """What is wrong with a text, in a sentence."""

    kind: Kind
    sentence: str


class Texts:
    """Follows a log's events, and compares the texts that they name with those in the store.

    `moved`: the ledger continues elsewhere, and its texts with it; those that are empty here are
    counted in `moved_texts`, and are no fault.
    """

    def __init__(self, store: Store, *, moved: bool = False) -> None:
        self._store = store
        self._moved = moved
        self._named = NamedTexts()
        self._later = temporary_database("CREATE TABLE later (text TEXT PRIMARY KEY, kind TEXT)")
        self.moved_texts = 0

    def close(self) -> None:
        """Removes the temporary files."""
        self._named.close()
        self._later.close()

    def follow(self, entries: Iterable[Entry]) -> None:
        """Events in log order. Those that do not decode are the log's audit's to name."""
        self._named.follow((entry.leaf, entry.stored) for entry in entries)

    def faults(self, follow_rest: Callable[[], None]) -> Iterator[str]:
        """What is not as the log says, in sentences; `follow_rest` follows what came meanwhile.

        A row is read behind the events: one that no event names, or that no event emptied, may be
        of an event that was appended since, and is judged once that was read. Raises Unavailable.
        """
        counts: Counter[Kind] = Counter()
        for fault in self._found(follow_rest):
            counts[fault.kind] += 1
            if counts[fault.kind] <= MOST_NAMED:
                yield fault.sentence
        for kind, count in counts.items():
            if count > MOST_NAMED:
                yield f"{count - MOST_NAMED} more texts are {kind}."

    def notes(self) -> Iterator[str]:
        """What could not be compared, and what is not here."""
        if self.moved_texts:
            yield f"{self.moved_texts} texts are empty here: they moved with the ledger."
        if self._named.unread:
            yield (
                f"{self._named.unread} events with texts beside the log are of a newer program: "
                "their texts were not compared."
            )

    def _found(self, follow_rest: Callable[[], None]) -> Iterator[Fault]:
        for page in self._named.pages(TEXTS_PER_READ):
            rows = self._store.texts.rows(page)
            erased = self._named.erased(page)
            for text, events in page.items():
                for fault in faults_of(events, rows.get(text), erased.get(text)):
                    if fault.kind != "empty without an erasure":
                        yield fault
                    elif self._moved:
                        self.moved_texts += 1
                    else:
                        self._look_later([text], fault.kind)
        after = ""
        while found := self._store.texts.page(after, TEXTS_PER_READ):
            after = found[-1].id
            named = self._named.by_id([row.id for row in found])
            self._look_later([row.id for row in found if row.id not in named], "named by no event")
        follow_rest()
        yield from self._looked_at_later()

    def _look_later(self, texts: Iterable[str], kind: Kind) -> None:
        self._later.executemany(
            "INSERT OR IGNORE INTO later VALUES (?, ?)", [(text, kind) for text in texts]
        )

    def _looked_at_later(self) -> Iterator[Fault]:
        """What no event explains, not even one that was appended meanwhile."""
        last = ""
        while True:
            found = self._later.execute(
                "SELECT text, kind FROM later WHERE text > ? ORDER BY text LIMIT ?",
                (last, TEXTS_PER_READ),
            ).fetchall()
            if not found:
                return
            last = found[-1][0]
            texts = [text for text, _ in found]
            named, erased = self._named.by_id(texts), self._named.erased(texts)
            for text, kind in found:
                if kind == "empty without an erasure" and text not in erased:
                    yield _empty(named[text][0])
                elif kind == "named by no event" and text not in named and not self._named.unread:
                    yield Fault(kind, f"The store has a text {text} that no event names.")


def faults_of(events: Sequence[Named], row: TextRow | None, erased: int | None) -> Iterator[Fault]:
    """What is wrong with a text, by the events that name it, the first one first.

    `erased` is the leaf of the event that erased it, if one did.
    """
    first = events[0]
    if row is None:
        if erased is None:
            yield Fault("missing", f"{_of(first)} is missing, and no event erased it.")
        return
    streams = dict.fromkeys(each.stream for each in events)
    if row.stream not in streams:  # those of a signal name one title, in several streams
        yield Fault(
            "other than their events say",
            f"The text {row.id} is kept as one of {row.stream}; events of "
            f"{' and '.join(streams)} name it.",
        )
    if row.author != first.author:
        yield Fault(
            "other than their events say",
            f"{_of(first)} is kept as written by {row.author}; event {first.leaf} is "
            f"{first.author}'s.",
        )
    if row.content is None and row.key is None:
        if erased is None:
            yield _empty(first)
    elif erased is not None:
        yield Fault(
            "readable in spite of an erasure",
            f"{_of(first)} was erased by event {erased}, and is still there.",
        )
    else:
        for each in events:
            if not matches(row, each.commitment):
                yield Fault(
                    "other than their events say",
                    f"{_of(first)} is not the one that event {each.leaf} was recorded with.",
                )


def matches(row: TextRow, commitment: str) -> bool:
    """Whether a text that is there is the one that an event commits to."""
    if row.content is None or row.key is None:
        return False
    try:
        return commitment_to(row.content, row.key) == commitment
    except UnicodeEncodeError:
        return False


def _of(named: Named) -> str:
    return f"The text {named.text} of {named.stream}"


def _empty(named: Named) -> Fault:
    return Fault("empty without an erasure", f"{_of(named)} is empty, and no event erased it.")
