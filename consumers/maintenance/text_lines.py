"""Texts beside the log in lines of JSON, one a line: written by a replay, read by a repair."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice

import msgspec

from consumers.maintenance.named_texts import texts_of
from consumers.maintenance.temporary import temporary_database
from consumers.read_service.kept_texts import TEXTS_AT_ONCE, KeptText
from ledger.errors import Invalid, UnknownEvent

_decoder = msgspec.json.Decoder(KeptText)
_encoder = msgspec.json.Encoder()


class TextWriter:
    """Writes the texts that events name as lines, each once, in the order of the events.

    `written` counts them; `unread` are events of texts that this program cannot read.
    """

    def __init__(self, read: Callable[[Sequence[str]], Iterable[KeptText]]) -> None:
        self._read = read
        self._seen = temporary_database("CREATE TABLE seen (text TEXT PRIMARY KEY) WITHOUT ROWID")
        self.written = 0
        self.unread = 0

    def close(self) -> None:
        """Removes the temporary file."""
        self._seen.close()

    def lines(self, events: Iterable[bytes]) -> Iterator[bytes]:
        """The lines of the texts that these events name first, some at a time."""
        new: list[str] = []
        for stored in events:
            try:
                named = texts_of(stored, 0)
            except UnknownEvent:
                self.unread += 1
                continue
            new += [each.text for each in named if self._is_new(each.text)]
        for at in range(0, len(new), TEXTS_AT_ONCE):
            for text in self._read(new[at : at + TEXTS_AT_ONCE]):
                self.written += 1
                yield _encoder.encode(text) + b"\n"

    def _is_new(self, text: str) -> bool:
        added = self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (text,))
        return added.rowcount == 1


def read_texts(lines: Iterable[bytes], size: int = TEXTS_AT_ONCE) -> Iterator[list[KeptText]]:
    """The texts in lines, so many at a time; empty lines are none. Raises Invalid."""
    texts = _texts(lines)
    while some := list(islice(texts, size)):
        yield some


def _texts(lines: Iterable[bytes]) -> Iterator[KeptText]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise Invalid(
                f"Line {number} is no text beside the log: {error}.",
                remedy="Give what airledger replay --texts writes, unchanged.",
            ) from error


def write_texts(
    chunks: Iterable[Iterable[bytes]],
    read: Callable[[Sequence[str]], Iterable[KeptText]],
    write: Callable[[bytes], object],
) -> Iterator[list[bytes]]:
    """Passes events on, some at a time, once the lines of their texts are written.

    Raises Invalid at the end where events are of a newer program, and their texts are not written.
    """
    with closing(TextWriter(read)) as writer:
        for chunk in chunks:
            events = list(chunk)
            for line in writer.lines(events):
                write(line)
            yield events
        if writer.unread:
            raise Invalid(
                f"{writer.unread} events of texts are of a newer program: their texts were not "
                "written.",
                remedy="Replay with the version that wrote them.",
            )
