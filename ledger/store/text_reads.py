"""Texts beside the log by what has them: those that events name, and those of an author."""

from collections.abc import Iterable, Iterator

from ledger.domain.catalogue import CODEC
from ledger.domain.text import outside_texts
from ledger.store.port import Entry, Store
from ledger.store.text_records import TextRow

TEXTS_PER_READ = 1_000


def named_in(entries: Iterable[Entry]) -> frozenset[str]:
    """The ids of the texts that events name. Raises UnknownEvent."""
    return frozenset(
        each.text
        for entry in entries
        for each in outside_texts(CODEC.decode(entry.stored, entry.leaf).event)
    )


def texts_by(store: Store, author: str) -> Iterator[TextRow]:
    """The texts of an author in the order of their ids, erased ones too. Raises Unavailable."""
    after = ""
    while rows := store.texts.of_author(author, after, TEXTS_PER_READ):
        yield from rows
        after = rows[-1].id
