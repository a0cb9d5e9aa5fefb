"""Texts beside the log, kept and erased as a ledger does it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec import UNSET

from consumers.container.ledger import new_id
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded, stream_id
from ledger.domain.identity import text_subject_id
from ledger.domain.subject import SubjectErased, erased_name
from ledger.domain.text import outside_texts
from ledger.execute import Context
from ledger.store.port import NewEvent, Store
from ledger.store.text_records import PersonErased, TextsErased
from ledger.vocabulary import ErasureReason


def context(actor: str = "person/1") -> Context:
    return Context(at=datetime.now(UTC), actor=actor, source="airledger", correlation="c")


def ids_named(store: Store) -> list[str]:
    """The ids of the texts that the events of a store name, in log order, each once."""
    recorded = (CODEC.decode(each.stored, each.leaf) for each in store.read(0, 10**6, sealed=False))
    return list(dict.fromkeys(text.text for each in recorded for text in outside_texts(each.event)))


def erasing(texts: Iterable[str], streams: Iterable[str], person: str | None = None) -> NewEvent:
    """The event that erases these texts, as the first of a subject of its own."""
    texts = tuple(texts)
    stream = stream_id("subject", text_subject_id(texts[0]))
    at = datetime.now(UTC)
    recorded = Recorded(
        event=SubjectErased(
            at=at,
            texts=texts,
            streams=tuple(streams),
            reason=ErasureReason.REQUEST,
            person=person or UNSET,
        ),
        stream=stream,
        version=1,
        leaf=0,
        id=new_id(),
        recorded_at=at,
        actor="person/1",
        source="airledger",
        correlation="c",
    )
    return NewEvent(stream, 1, SubjectErased.name, CODEC.encode(recorded))


def erase(store: Store, texts: Iterable[str], person: str | None = None) -> None:
    """Erases these texts, with the event that says so."""
    ids = tuple(texts)
    rows = store.texts.rows(ids)
    event = erasing(ids, {rows[of].stream for of in ids}, person)
    named = [PersonErased(person=person, name=erased_name(person))] if person else []
    store.append([event], [TextsErased(ids=ids), *named])
