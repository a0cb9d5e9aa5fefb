"""Texts beside the log by their ids, for auditors and for whoever reads events elsewhere."""

import re
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from consumers.commands.told_incidents import incident_told
from consumers.container.ledger import Ledger
from consumers.read_service.withholding import restricted_streams
from ledger.domain.alert import ALERT
from ledger.domain.envelope import id_of, kind_of
from ledger.domain.incident.kind import INCIDENT
from ledger.errors import Invalid
from ledger.store.port import Store
from ledger.store.read_records import ReadKind
from ledger.store.text_reads import RecordTexts
from ledger.store.text_records import TextRow
from ledger.transparency.keys import from_base64, to_base64

TEXTS_AT_ONCE = 200
"""So many texts are read at a time, and asked for in one request."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class TextState(StrEnum):
    """Whether a text can be read: it was erased, or it is missing though nobody erased it.

    Withheld are those of a restricted incident that whoever asks may not read.
    """

    READABLE = "readable"
    ERASED = "erased"
    MISSING = "missing"
    WITHHELD = "withheld"


class KeptText(msgspec.Struct, frozen=True, kw_only=True):
    """A text beside the log: the stream whose event names it, its author, and what it says.

    `key` (base64) is that of the event's commitment, HMAC-SHA256 of the text's UTF-8 under it. Only
    a readable text has `key` and `content`; a missing one has nothing.
    """

    id: str
    state: TextState
    stream: str | None = None
    author: str | None = None
    key: str | None = None
    content: str | None = None

    @classmethod
    def of_row(cls, of: str, row: TextRow | None) -> "KeptText":
        """As the store has it."""
        if row is None:
            return cls(id=of, state=TextState.MISSING)
        if row.content is None:
            return cls(id=of, state=TextState.ERASED, stream=row.stream, author=row.author)
        return cls(
            id=of,
            state=TextState.READABLE,
            stream=row.stream,
            author=row.author,
            key=None if row.key is None else to_base64(row.key),
            content=row.content,
        )

    def row(self) -> TextRow | None:
        """As a store keeps it; None for one that is missing."""
        if self.state is TextState.MISSING:
            return None
        readable = self.state is TextState.READABLE
        return TextRow(
            id=self.id,
            stream=self.stream or "",
            author=self.author or "",
            key=from_base64(self.key) if readable and self.key is not None else None,
            content=self.content if readable else None,
        )


def kept_texts(store: Store, ids: Iterable[str]) -> list[KeptText]:
    """These texts, each once, in the order in which they are asked for. Raises Unavailable."""
    wanted = list(dict.fromkeys(ids))
    rows = store.texts.rows(wanted)
    return [KeptText.of_row(of, rows.get(of)) for of in wanted]


def texts_as_read(ledger: Ledger, ids: Iterable[str]) -> list[KeptText]:
    """The same as the ledger's reader may read them; what is restricted is noted first.

    Raises Unavailable.
    """
    found = kept_texts(ledger.store, ids)
    of_text = _incidents_of(ledger.store, found)
    restricted = restricted_streams(ledger, {each for named in of_text.values() for each in named})
    withheld = {stream for stream, is_withheld in restricted.items() if is_withheld}
    hidden = {text for text, named in of_text.items() if not withheld.isdisjoint(named)}
    shown = {each for text, named in of_text.items() if text not in hidden for each in named}
    for stream in sorted(restricted.keys() & shown):
        ledger.reader.note(ReadKind.TEXTS, id_of(stream))
    return [
        KeptText(id=each.id, state=TextState.WITHHELD, stream=each.stream, author=each.author)
        if each.id in hidden
        else each
        for each in found
    ]


def _incidents_of(store: Store, texts: Iterable[KeptText]) -> dict[str, frozenset[str]]:
    """The streams that say whether each of the readable texts is restricted.

    A text of an alert belongs to the incidents that were shown with it, one of a stream that tells
    of an incident to that one.
    """
    streams = {each.id: each.stream for each in texts if each.stream and each.content is not None}
    alerts = {each for each in streams.values() if kind_of(each) == ALERT.kind}
    found = {
        text: frozenset(map(INCIDENT.stream, incidents))
        for by_text in RecordTexts(store).incidents_by_text(sorted(alerts)).values()
        for text, incidents in by_text.items()
        if text in streams
    }
    told = {each: incident_told(store, each) or each for each in set(streams.values())}
    return {of: found.get(of, frozenset((told[stream],))) for of, stream in streams.items()}


def require_text_id(name: str, of: str) -> str:
    """The id, as events have it. Raises Invalid for what is no id of a text."""
    if not _ID.fullmatch(of):
        raise Invalid(
            f"{of!r} is no id of a text.", errors=[(name, "expected a UUID, as events name texts")]
        )
    return of
