"""Kept bodies and quarantine entries in which texts stand that are to be erased. Blocking."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from consumers.commands.permission import persons_with
from ledger.domain.alert import ALERT
from ledger.domain.envelope import kind_of
from ledger.policy.times import time_text
from ledger.store.port import Store
from ledger.store.side_ports import Place
from ledger.store.side_records import BodiesErased, Quarantined, SideWrite, TextsErased
from ledger.store.text_reads import texts_by, texts_of_record
from projections.alert_context import is_web_link

SHORTEST = 8
"""A text of less characters is not searched for: other words have it as well."""
TEXTS_AT_A_TIME, CHARACTERS_AT_A_TIME = 500, 4 * 1024 * 1024
BODIES_PER_READ, ENTRIES_PER_READ = 4, 100
_annotations = msgspec.json.Decoder(dict[str, str])
_ESCAPED_BY_GO = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


class Containing(NamedTuple):
    """The bodies that have some of the texts, by digest, and the entries to erase, by id."""

    bodies: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


def containing(store: Store, texts: Iterable[str]) -> Containing:
    """What of the quarantine has any of these texts in its body, its reasons or its headers."""
    bodies: set[str] = set()
    entries: set[str] = set()
    for some in _chunks(texts):
        needles = tuple({form for text in some for form in _forms(text)})
        bodies.update(_bodies_with(store, needles))
        for entry in _entries(store):
            if _has(_told(entry), needles):
                entries.add(entry.id)
                if entry.size:
                    bodies.add(entry.digest)
    if bodies:
        entries.update(each.id for each in _entries(store) if each.digest in bodies)
    return Containing(tuple(sorted(bodies)), tuple(sorted(entries)))


def texts_of_person(store: Store, person: str, at: datetime) -> Iterator[str]:
    """What somebody wrote, under any id of the same human, as far as it can be read."""
    for author in sorted(persons_with(store, person, at)):
        yield from (row.content for row in texts_by(store, author) if row.content is not None)


def texts_in_record(store: Store, stream: str) -> Iterator[str]:
    """The texts of a record, with those of its alerts, as far as they can be read."""
    return texts_with(store, texts_of_record(store, stream))


def texts_with(store: Store, ids: Iterable[str]) -> Iterator[str]:
    """What these texts say, as far as they can be read: an alert's are each of its annotations.

    Its links are left out: all alerts of a rule have the same ones.
    """
    for row in store.texts.rows(ids).values():
        if row.content is not None:
            yield from _said(row.content) if kind_of(row.stream) == ALERT.kind else (row.content,)


def bodies_with(store: Store, writes: Iterable[SideWrite]) -> list[SideWrite]:
    """What erases the bodies that have any text which these side writes are about to erase."""
    ids = [each for write in writes if isinstance(write, TextsErased) for each in write.ids]
    found = containing(store, texts_with(store, ids) if ids else ())
    entries = tuple(
        entry for each in found.entries if (entry := store.quarantine.entry(each)) is not None
    )
    return [BodiesErased(digests=found.bodies, entries=entries)] if any(found) else []


def _said(content: str) -> Iterator[str]:
    """The annotations that a text of an alert has, or the title that it is."""
    try:
        annotations = _annotations.decode(content)
    except msgspec.MsgspecError:
        return iter((content,))
    return (each for each in annotations.values() if not is_web_link(each.strip()))


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts that are long enough, so many at a time as memory has room for."""
    some: list[str] = []
    size = 0
    for text in texts:
        if len(text) < SHORTEST:
            continue
        some.append(text)
        size += len(text)
        if len(some) == TEXTS_AT_A_TIME or size >= CHARACTERS_AT_A_TIME:
            yield some
            some, size = [], 0
    if some:
        yield some


def _forms(text: str) -> Iterator[bytes]:
    """The text in UTF-8 and as JSON has it: in ASCII, as it is, and with what Go escapes more."""
    yield text.encode()
    yield json.dumps(text)[1:-1].encode()
    kept = json.dumps(text, ensure_ascii=False)[1:-1]
    yield kept.encode()
    yield kept.translate(_ESCAPED_BY_GO).encode()


def _bodies_with(store: Store, needles: Sequence[bytes]) -> Iterator[str]:
    after = ""
    while bodies := store.quarantine.bodies(after, BODIES_PER_READ):
        yield from (body.digest for body in bodies if _has(body.content, needles))
        after = bodies[-1].digest


def _entries(store: Store) -> Iterator[Quarantined]:
    """Every entry whose body was not erased; one that a list gives without its reasons, with."""
    before: Place | None = None
    while entries := store.quarantine.entries(before=before, limit=ENTRIES_PER_READ):
        for each in entries:
            whole = store.quarantine.entry(each.id) if each.source_kind == "unknown" else each
            if whole is not None and not whole.body_erased:
                yield whole
        before = (time_text(entries[-1].arrived_at), entries[-1].id)


def _told(entry: Quarantined) -> bytes:
    """What an entry says beside its body; the record of Kafka among its headers is %-encoded."""
    parts = [part.reason for part in entry.parts]
    headers = [each for header in entry.headers.items() for each in header]
    said = "\0".join((*parts, *headers, *(unquote(each) for each in headers)))
    return said.encode(errors="replace")


def _has(content: bytes, needles: Sequence[bytes]) -> bool:
    return any(needle in content for needle in needles)
