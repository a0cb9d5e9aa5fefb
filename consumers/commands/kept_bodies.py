"""Kept bodies and quarantine entries in which texts stand that are to be erased. Blocking."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from consumers.commands.permission import persons_with
from ledger.domain.alert import ALERT
from ledger.domain.envelope import kind_of
from ledger.policy.times import time_text
from ledger.store.port import Store
from ledger.store.side_ports import Place
from ledger.store.side_records import BodiesErased, Quarantined, SideWrite, TextsErased
from ledger.store.text_reads import RecordTexts, texts_by
from ledger.store.text_records import TextRow
from projections.alert_context import is_web_link

SHORTEST = 8
"""A text of less characters is not searched for: other words have it as well."""
CUT = "…"
"""What an annotation ends with that was cut to fit an event."""
TEXTS_AT_A_TIME, CHARACTERS_AT_A_TIME = 500, 4 * 1024 * 1024
BODIES_PER_READ, ENTRIES_PER_READ = 4, 100
_annotations = msgspec.json.Decoder(dict[str, str])
_ESCAPED_BY_GO = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


Needles = Sequence[Sequence[tuple[bytes, ...]]]
Said = tuple[str, ...]
"""What has to stand in a body all together for it to have a text: of a person's the text alone."""


class Containing(NamedTuple):
    """The bodies that have some of the texts, by digest, and the entries to erase, by id."""

    bodies: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


def containing(store: Store, texts: Iterable[Said]) -> Containing:
    """What of the quarantine has any of these texts in its body, its reasons or its headers."""
    bodies: set[str] = set()
    entries: set[str] = set()
    for some in _chunks(texts):
        needles = [[tuple(_forms(each)) for each in said] for said in some]
        bodies.update(_bodies_with(store, needles))
        for entry in _entries(store):
            if _has(_told(entry), needles):
                entries.add(entry.id)
                if entry.size:
                    bodies.add(entry.digest)
    if bodies:
        entries.update(each.id for each in _entries(store) if each.digest in bodies)
    return Containing(tuple(sorted(bodies)), tuple(sorted(entries)))


def rows_of_person(store: Store, person: str, at: datetime) -> Iterator[TextRow]:
    """The texts that somebody wrote, under any id of the same human, as far as they are there."""
    for author in sorted(persons_with(store, person, at)):
        yield from texts_by(store, author)


def rows_of_record(store: Store, stream: str) -> Iterator[TextRow]:
    """The texts of a record, with those of its alerts."""
    return iter(store.texts.rows({each.text for each in RecordTexts(store).of(stream)}).values())


def said_in(rows: Iterable[TextRow]) -> Iterator[Said]:
    """What has to stand in a body for it to have one of these texts, as far as they can be read.

    Of the annotations of an alert it is all of them, for many alerts have some of the same: without
    links and what is short, and of JSON, which its format writes anew, the texts in it.
    """
    for row in rows:
        if row.content is not None:
            said = _parts(row.content) if kind_of(row.stream) == ALERT.kind else [row.content]
            if wanted := tuple(dict.fromkeys(each for each in said if len(each) >= SHORTEST)):
                yield wanted


def bodies_with(store: Store, writes: Iterable[SideWrite]) -> list[SideWrite]:
    """What erases the bodies that have any text which these side writes are about to erase."""
    ids = [each for write in writes if isinstance(write, TextsErased) for each in write.ids]
    found = containing(store, said_in(store.texts.rows(ids).values() if ids else ()))
    entries = tuple(
        entry for each in found.entries if (entry := store.quarantine.entry(each)) is not None
    )
    return [BodiesErased(digests=found.bodies, entries=entries)] if any(found) else []


def _parts(content: str) -> Iterator[str]:
    """What the annotations of an alert say, or the title that the text is."""
    try:
        annotations = _annotations.decode(content)
    except msgspec.MsgspecError:
        yield content
        return
    for each in annotations.values():
        said = each.strip().removesuffix(CUT)
        if said[:1] in {"{", "["}:
            with suppress(msgspec.MsgspecError):
                yield from _leaves(msgspec.json.decode(said))
        elif not is_web_link(said):
            yield said


def _leaves(document: Any) -> Iterator[str]:
    """The texts of a JSON document that are no links."""
    match document:
        case str():
            if not is_web_link(document):
                yield document
        case dict():
            for each in document.values():
                yield from _leaves(each)
        case list():
            for each in document:
                yield from _leaves(each)


def _chunks(texts: Iterable[Said]) -> Iterator[list[Said]]:
    """So many at a time as memory has room for."""
    some: list[Said] = []
    size = 0
    for said in texts:
        some.append(said)
        size += sum(map(len, said))
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


def _bodies_with(store: Store, needles: Needles) -> Iterator[str]:
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


def _has(content: bytes, needles: Needles) -> bool:
    """Whether it has all of one of these, each in any of its forms."""
    return any(all(any(form in content for form in forms) for forms in every) for every in needles)
