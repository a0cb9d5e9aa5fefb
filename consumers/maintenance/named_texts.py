"""The texts beside the log that its events name, collected in a temporary file.

Memory does not grow with the log: events are followed some at a time, in log order.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from consumers.maintenance.temporary import temporary_database
from ledger.domain.catalogue import CODEC
from ledger.domain.subject import SubjectErased
from ledger.domain.text import OutsideText, outside_texts
from ledger.errors import UnknownEvent

_TABLES = (
    """CREATE TABLE named (text TEXT, leaf INTEGER, stream TEXT, author TEXT, commitment TEXT,
        PRIMARY KEY (text, stream, commitment)) WITHOUT ROWID""",
    "CREATE TABLE erased (text TEXT PRIMARY KEY, leaf INTEGER) WITHOUT ROWID",
)
_COMMITTING = b'"commitment":'
_ERASING = f'"{SubjectErased.name}"'.encode()
"""Bytes that an event has which names texts, and which erases some; most events have neither."""


class Named(NamedTuple):
    """A text as an event has it; `leaf` is that of the first such event, `author` its actor."""

    text: str
    leaf: int
    stream: str
    author: str
    commitment: str


class NamedTexts:
    """Follows a log's events; `unread` counts those of texts that this program cannot read."""

    def __init__(self) -> None:
        self._found = temporary_database(*_TABLES)
        self.unread = 0

    def close(self) -> None:
        """Removes the temporary file."""
        self._found.close()

    def follow(self, events: Iterable[tuple[int, bytes]]) -> None:
        """Events in log order: each one's leaf index and stored bytes."""
        named: list[Named] = []
        erased: list[tuple[str, int]] = []
        for leaf, stored in events:
            if _COMMITTING not in stored and _ERASING not in stored:
                continue
            try:
                recorded = CODEC.decode(stored, leaf)
            except UnknownEvent:
                self.unread += 1
                continue
            if isinstance(recorded.event, SubjectErased):
                erased += [(text, leaf) for text in recorded.event.texts]
            named += [
                Named(each.text, leaf, recorded.stream, recorded.actor, each.commitment)
                for each in outside_texts(recorded.event)
            ]
        self._found.executemany("INSERT OR IGNORE INTO named VALUES (?, ?, ?, ?, ?)", named)
        self._found.executemany("INSERT OR IGNORE INTO erased VALUES (?, ?)", erased)

    def pages(self, size: int) -> Iterator[dict[str, list[Named]]]:
        """Every text that is named, so many at a time in the order of their ids; see `by_id`."""
        last = ""
        while True:
            found = self._found.execute(
                "SELECT DISTINCT text FROM named WHERE text > ? ORDER BY text LIMIT ?",
                (last, size),
            ).fetchall()
            if not found:
                return
            last = found[-1][0]
            yield self.by_id([text for (text,) in found])

    def by_id(self, texts: Iterable[str]) -> dict[str, list[Named]]:
        """How events have each of these texts, the first event first; without unnamed ones."""
        found: dict[str, list[Named]] = {}
        for text in texts:
            rows = self._found.execute(
                "SELECT text, leaf, stream, author, commitment FROM named WHERE text = ?"
                " ORDER BY leaf",
                (text,),
            ).fetchall()
            if rows:
                found[text] = [Named(*row) for row in rows]
        return found

    def erased(self, texts: Iterable[str]) -> dict[str, int]:
        """The leaf of the event that erased it, of each of these texts that one erased."""
        found: dict[str, int] = {}
        for text in texts:
            row = self._found.execute("SELECT leaf FROM erased WHERE text = ?", (text,)).fetchone()
            if row is not None:
                found[text] = row[0]
        return found


def texts_of(stored: bytes, leaf: int) -> tuple[OutsideText, ...]:
    """The texts that one event names. Raises UnknownEvent where it has some and cannot be read."""
    if _COMMITTING not in stored:
        return ()
    return tuple(outside_texts(CODEC.decode(stored, leaf).event))
