"""Erasing a person or a text: an event, and in its transaction the rows that are erased."""

from collections.abc import Iterator
from uuid import UUID

from msgspec.structs import replace

from ledger.domain.access.deciding import holders_around, persons_of
from ledger.domain.alert import ALERT
from ledger.domain.catalogue import KINDS
from ledger.domain.command_names import ERASE, asked_for
from ledger.domain.concern import Concern
from ledger.domain.envelope import id_of, kind_of
from ledger.domain.identity import stream_subject_id, text_subject_id
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.subject import SUBJECT, Erase, Eraser, SubjectErased, decide
from ledger.errors import NotFound
from ledger.execute import requests as q
from ledger.execute.commands import record_in_turn
from ledger.execute.context import Context, Outcome
from ledger.execute.standing import Allowed, holder_of_actor, require_allowed
from ledger.execute.unit_of_work import Work
from ledger.store.side_records import BodiesErased
from ledger.store.text_reads import Place, RecordTexts, texts_by
from ledger.store.text_records import TextRow, erasing_writes


def erase_subject(request: q.EraseSubject, context: Context, work: Work) -> Outcome:
    """Erases, or proposes it to a second person; `Outcome.done` tells which.

    A person is erased with every other id of the same human. Raises NotFound, Forbidden.
    """
    concern = _concern(request, work)
    allowed = require_allowed(asked_for(ERASE, concern), request.asker, context, work)
    eraser = Eraser(
        actor=context.actor,
        persons=allowed.sender.persons,
        needs_second=_needs_second(allowed, work),
        is_person=request.asker.by.is_person,
    )
    acting = replace(context, acting=allowed.acting, body_digest=None)
    first, waits, erased = len(work.events), False, False
    for command, stream in _commands(request, context, work):
        events = decide(command, work.states.loaded(stream).state, context.at, eraser)
        record_in_turn(stream, events, acting, work)
        waits = waits or bool(work.states.loaded(stream).state.proposals)
        for event in events:
            if isinstance(event, SubjectErased):
                erased = True
                work.side_writes.extend(erasing_writes(event))
    if erased:
        work.side_writes.extend(_bodies_of(request, work))
    return replace(work.outcome_of(stream, len(work.events) - first), done=not waits)


def erase_again(request: q.EraseAgain, _: Context, work: Work) -> Outcome:
    """Erases once more what the log says was erased: of a store that an older copy was put into."""
    for event in request.erased:
        work.side_writes.extend(erasing_writes(event))
    work.side_writes.extend(_bodies_of(request, work))
    return Outcome()


def _bodies_of(request: q.EraseSubject | q.EraseAgain, work: Work) -> Iterator[BodiesErased]:
    """Erases the bodies that a request names; without them it erases none."""
    if request.bodies or request.entries:
        found = (work.store.quarantine.entry(each) for each in request.entries)
        entries = tuple(entry for entry in found if entry is not None)
        yield BodiesErased(digests=request.bodies, entries=entries)


def _needs_second(allowed: Allowed, work: Work) -> bool:
    return work.guards().access.two_people and not allowed.standing.broke_glass


def _commands(request: q.EraseSubject, context: Context, work: Work) -> list[tuple[Erase, str]]:
    """What is erased in which stream: one text, the texts of a stream, or of each id of a human."""
    if request.text is not None:
        row = _row(request.text, work)
        texts = [] if row.content is None else sorted(RecordTexts(work.store).of_text(row))
        erase = Erase(texts=texts, reason=request.reason, text=row.id)
        return [(erase, SUBJECT.stream(text_subject_id(row.id)))]
    if request.stream is not None:
        stream = request.stream
        erase = Erase(
            texts=_texts_of_record(stream, work),
            reason=request.reason,
            stream=stream,
        )
        return [(erase, SUBJECT.stream(stream_subject_id(stream)))]
    person = request.person or ""
    if work.store.access.person(person) is None:
        raise NotFound(f"There is no {person or 'person'}.", remedy="See airledger person list.")
    holders = holders_around(person, context.at, lambda each: holder_of_actor(each, work))
    found = []
    for each in sorted(persons_of(person, holders)):
        texts = [Place(row.id, row.stream) for row in _texts_of(each, work)]
        found.append((Erase(texts, request.reason, each), SUBJECT.stream(UUID(id_of(each)))))
    return found


def _texts_of(author: str, work: Work) -> Iterator[TextRow]:
    """The texts of an author that can be read, those of this batch among them."""
    yield from (row for row in texts_by(work.store, author) if row.content is not None)
    yield from work.texts.of_author(author)


def _row(text: str, work: Work) -> TextRow:
    found = work.store.texts.rows([text])
    if text not in found:
        raise NotFound(
            f"There is no text {text}.", remedy="See airledger person show, or the raw event."
        )
    return found[text]


def _concern(request: q.EraseSubject, work: Work) -> Concern:
    """What the stream concerns that is erased, or has the text; else the organisation."""
    stream = request.stream
    if request.text is not None:
        stream = _row(request.text, work).stream
    if stream is None:
        return Concern()
    if kind_of(stream) == ALERT.kind:  # what it says concerns what its incident does
        incident = work.states.loaded(stream).state.incident
        stream = stream if incident is None else INCIDENT.stream(incident)
    return KINDS[kind_of(stream)].concerns(work.states.loaded(stream).state)


def _texts_of_record(stream: str, work: Work) -> list[tuple[str, str]]:
    """The texts of a record that can be read, each with the streams that have it.

    Of this batch those of its own stream are among them.
    """
    if work.states.loaded(stream).version == 0:
        raise KINDS[kind_of(stream)].unknown(id_of(stream))
    named = RecordTexts(work.store).of(stream)
    readable = work.store.texts.readable({each.text for each in named})
    own = {(row.id, stream) for row in work.texts.of_stream(stream)}
    return sorted({*(each for each in named if each.text in readable), *own})
