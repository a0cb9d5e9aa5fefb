"""Texts beside the log: what a command's are compared with, and where what is written is put."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from ledger.domain.alert import AlertDetails
from ledger.domain.catalogue import KINDS
from ledger.domain.command import Command
from ledger.domain.envelope import Event, kind_of
from ledger.domain.incident.events import AlertLinked, IncidentDetected
from ledger.domain.stream_type import CommandType
from ledger.domain.text import (
    ERASED,
    OutsideText,
    Text,
    commitment_to,
    filled,
    outside_texts,
)
from ledger.errors import Invalid
from ledger.store.port import Store
from ledger.store.side_records import SideWrite
from ledger.store.text_records import TextRow

KEY_BYTES = 32
Known = dict[str, OutsideText]
"""Texts that a command was compared with, by what they say."""


class TextsOfBatch:
    """Texts beside the log as one batch sees them: as stored, and its own."""

    def __init__(
        self, store: Store, side_writes: list[SideWrite], new_id: Callable[[], str]
    ) -> None:
        self.new_id = new_id
        self._store = store
        self._side_writes = side_writes
        self._own: dict[str, TextRow] = {}

    def readable(self, ids: Iterable[str]) -> dict[str, str]:
        """These texts by their ids; without those that are erased or missing."""
        own = {of_id: self._own[of_id].content or "" for of_id in ids if of_id in self._own}
        rest = [of_id for of_id in ids if of_id not in own]
        return own | (self._store.texts.readable(rest) if rest else {})

    def add(self, row: TextRow) -> None:
        """Stores a text with the batch."""
        self._side_writes.append(row)
        self._own[row.id] = row

    def own_key(self, of_id: str) -> bytes | None:
        """The key of a text that this batch stores; None of another."""
        row = self._own.get(of_id)
        return None if row is None else row.key

    def of_author(self, author: str) -> Iterator[TextRow]:
        """The batch's own texts of an author."""
        return (row for row in self._stored() if row.author == author)

    def of_stream(self, stream: str) -> Iterator[TextRow]:
        """The batch's own texts of a stream."""
        return (row for row in self._stored() if row.stream == stream)

    def _stored(self) -> Iterator[TextRow]:
        """The batch's own texts but those of refused requests."""
        stored = {id(each) for each in self._side_writes}
        return (row for row in self._own.values() if id(row) in stored)


def compared(
    command: Command, of: CommandType, state: Any, texts: TextsOfBatch
) -> tuple[Any, Known]:
    """The state with the texts that a command is compared with, and these by what they say."""
    outside = {each.text: each for each in outside_texts(of.compares(command, state))}
    if not outside:
        return state, {}
    readable = texts.readable(outside)
    known = {text: outside[of_id] for of_id, text in readable.items()}
    if of.corrects:
        return filled(state, readable), known
    return filled(state, {of_id: readable.get(of_id, ERASED) for of_id in outside}), known


class Put(NamedTuple):
    """An event with commitments in place of texts; their rows are side writes of the batch.

    `key` is that of the first text that came with it; None where none did.
    """

    event: Event
    key: bytes | None = None

    def keyed(self, digest: str | None) -> str | None:
        """What the event has for the digest of the body that brought it: "hmac:" and hex.

        The digest itself would tell whoever guesses the body that he is right. This is HMAC-SHA256
        of it under `key`, so it says nothing once that text is erased. None without a text.
        """
        if digest is None or self.key is None:
            return None
        return f"hmac:{commitment_to(digest, self.key)}"


def put_beside(event: Event, stream: str, author: str, known: Known, texts: TextsOfBatch) -> Put:
    """The event with commitments in place of what somebody wrote.

    A text that the command repeats keeps its id.
    """
    event, names = KINDS[kind_of(stream)].texts_of(event)
    changes = {}
    for name in names:
        value = getattr(event, name)
        after = _put(value, stream, author, known, texts)
        if after is not value:
            changes[name] = after
    if not changes:
        return Put(event)
    keys = (texts.own_key(each.text) for each in outside_texts(changes))
    return Put(replace(event, **changes), next((each for each in keys if each is not None), None))


class AlertTexts:
    """Puts the texts of one signal beside the log: its annotations as one, and its title."""

    def __init__(self, author: str, texts: TextsOfBatch, *, titles: bool) -> None:
        """`titles`: the title lies beside as well; all events of the signal name one text."""
        self._author = author
        self._texts = texts
        self._titles = titles
        self._title: OutsideText | None = None

    def put(self, stream: str, event: Event) -> Put:
        """The event with commitments in place of what lies beside."""
        if isinstance(event, IncidentDetected | AlertLinked):
            if not self._titles:
                return Put(event)
            title = self._beside(event.title, stream)
            return Put(replace(event, title=title), self._key(title))
        alert = getattr(event, "alert", None)
        if not isinstance(alert, AlertDetails):
            return Put(event)
        changes: dict[str, Any] = {}
        if alert.annotations:
            said = msgspec.json.encode(alert.annotations).decode()
            text = _new(said, stream, self._author, self._texts)
            changes = {"annotations": {}, "annotations_text": text}
        if self._titles:
            changes["title"] = self._beside(alert.title, stream)
        if not changes:
            return Put(event)
        key = self._key(changes.get("annotations_text", changes.get("title")))
        return Put(replace(event, alert=replace(alert, **changes)), key)

    def _beside(self, title: Text, stream: str) -> Text:
        if self._title is None and isinstance(title, str) and title:
            self._title = _new(title, stream, self._author, self._texts)
        return self._title or title

    def _key(self, text: object) -> bytes | None:
        return self._texts.own_key(text.text) if isinstance(text, OutsideText) else None


def _put(value: Any, stream: str, author: str, known: Known, texts: TextsOfBatch) -> Any:
    if isinstance(value, tuple):
        return tuple(_put(each, stream, author, known, texts) for each in value)
    if not isinstance(value, str) or not value:
        return value
    return known.get(value) or _new(value, stream, author, texts)


def _new(text: str, stream: str, author: str, texts: TextsOfBatch) -> OutsideText:
    key, of_id = secrets.token_bytes(KEY_BYTES), texts.new_id()
    try:
        commitment = commitment_to(text, key)
    except UnicodeEncodeError as error:
        raise no_utf8(error) from error
    texts.add(TextRow(id=of_id, stream=stream, author=author, key=key, content=text))
    return OutsideText(of_id, commitment)


def no_utf8(error: UnicodeEncodeError) -> Invalid:
    """The error for a text that has no UTF-8 form."""
    return Invalid(
        f"The text has no UTF-8 form: {error.reason}.",
        remedy="Remove the lone surrogates from it.",
    )
