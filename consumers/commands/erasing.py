"""Erasing a person or a text: for HTTP, the pages and the command line. Blocking."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

import msgspec
import structlog
from msgspec import Meta
from msgspec.structs import replace

from consumers.commands.kept_bodies import (
    SHORTEST,
    containing,
    rows_of_person,
    rows_of_record,
    said_in,
)
from consumers.commands.references import incident_id, stream_named
from consumers.commands.roles import person_named
from consumers.commands.service import Caller
from consumers.evidence_store import ContentStore
from consumers.services import Services
from ledger.domain.alert import ALERT
from ledger.domain.command import Command, Name, Person
from ledger.domain.evidence import EVIDENCE, Evidence
from ledger.domain.incident.kind import INCIDENT
from ledger.errors import Invalid, Unavailable
from ledger.execute import EraseSubject
from ledger.store.decoding import state_of
from ledger.store.port import Store
from ledger.store.text_records import TextRow
from ledger.vocabulary import ErasureReason

log = structlog.get_logger(__name__)


SAMPLES = 20
"""So many of the erased texts, of SHORTEST characters at least, are searched for in the files."""


class Erasure(Command, frozen=True, kw_only=True):
    """Make all that a person wrote, and the name, unreadable; or one text; or an incident's.

    An incident's texts are its own, and those that its alerts brought. Of evidence the content goes
    with its texts, and its digest stays.
    """

    person: Annotated[Person, Meta(description="A person's name, or person/<uuid>.")] | None = None
    text: Annotated[Name, Meta(description="The id of one text.")] | None = None
    incident: Annotated[Name, Meta(description="All texts of one incident.")] | None = None
    alert: Annotated[Name, Meta(description="All texts of one alert, by its id.")] | None = None
    evidence: (
        Annotated[Name, Meta(description="The content and all texts of one piece of evidence.")]
        | None
    ) = None
    reason: Annotated[ErasureReason, Meta(description="Why: a code, for words would stay.")]


class ErasureRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure came to.

    `recorded` is false where there was nothing to do, `done` where it waits for a second person.
    `scrubbed`: nothing is left of it in the store's own files; false is also a database's of others
    (PostgreSQL), whose owner vacuums it. `position` is a leaf index.
    """

    recorded: bool
    done: bool
    scrubbed: bool
    position: int


def erase(
    services: Services,
    caller: Caller,
    body: Erasure,
    content: Callable[[], ContentStore] | None = None,
) -> ErasureRecorded:
    """Erases, or proposes it. Raises Invalid, NotFound, Refused, Forbidden.

    `content` opens the store of the content of evidence; without it none is erased.
    """
    given = (body.person, body.text, body.incident, body.alert, body.evidence)
    if sum(each is not None for each in given) != 1:
        raise Invalid(
            "An erasure is of one person, one text, one incident, one alert or one piece of "
            "evidence.",
            errors=[("person", "give one of person, text, incident, alert and evidence")],
        )
    if body.evidence is not None:
        return _erase_evidence(services, caller, body, content)
    store = services.store
    stream = None
    if body.incident is not None:
        stream = INCIDENT.stream(incident_id(store, body.incident))
    if body.alert is not None:
        stream = ALERT.stream(stream_named(store, ALERT, body.alert))
    return _erased(services, caller, body, stream)


def _erase_evidence(
    services: Services,
    caller: Caller,
    body: Erasure,
    content: Callable[[], ContentStore] | None,
) -> ErasureRecorded:
    """Erases the texts of a piece of evidence, and once that is done its content."""
    if content is None:
        raise ValueError("evidence is erased with its content")
    subject = stream_named(services.store, EVIDENCE, body.evidence or "")
    stream = EVIDENCE.stream(subject)
    recorded = _erased(services, caller, body, stream)
    if not recorded.done:
        return recorded
    state: Evidence = state_of(services.store, stream)
    removed = asyncio.run(content().remove(state.digest, subject))
    return replace(recorded, recorded=recorded.recorded or removed)


def _erased(
    services: Services, caller: Caller, body: Erasure, stream: str | None
) -> ErasureRecorded:
    store = services.store
    person = None if body.person is None else person_named(store, body.person)
    samples: list[str] = []
    rows = _sampled(_texts(services, person, body.text, stream), samples)
    with_it = containing(store, said_in(rows))
    needles = (*_names(store, person), *samples)
    request = EraseSubject(
        reason=body.reason,
        asker=caller.asker,
        person=person,
        text=body.text,
        stream=stream,
        bodies=with_it.bodies,
        entries=with_it.entries,
    )
    outcome = services.executor.execute(request, services.context(caller.actor))
    changed = outcome.done and outcome.events > 0
    return ErasureRecorded(
        recorded=outcome.events > 0,
        done=outcome.done,
        scrubbed=changed and scrub(store, needles),
        position=outcome.position,
    )


def scrub(store: Store, needles: Iterable[str] = ()) -> bool:
    """Leaves nothing of what was erased in the store's files; whether it is so.

    A page of an index may have copies of rows that moved to others: where the bytes of `needles`
    (names, and some of the texts) are found all the same, the file is written anew.
    """
    try:
        clean = store.scrub()
        if clean and store.remains([each.encode() for each in needles]):
            clean = store.scrub(whole=True)
    except Unavailable as error:
        log.warning("scrub_failed", reason=str(error))
        return False
    return clean


def _texts(
    services: Services, person: str | None, text: str | None, stream: str | None
) -> Iterator[TextRow]:
    """What is about to be erased."""
    store = services.store
    if person is not None:
        return rows_of_person(store, person, services.clock())
    if stream is not None:
        return rows_of_record(store, stream)
    return iter(store.texts.rows([text] if text else []).values())


def _sampled(texts: Iterator[TextRow], samples: list[str]) -> Iterator[TextRow]:
    """The texts; some of them, as they are stored and long enough, are added to `samples`."""
    for row in texts:
        if len(samples) < SAMPLES and row.content is not None and len(row.content) >= SHORTEST:
            samples.append(row.content)
        yield row


def _names(store: Store, person: str | None) -> tuple[str, ...]:
    known = None if person is None else store.access.person(person)
    return () if known is None else tuple(each for each in (known.name, known.os_user) if each)
