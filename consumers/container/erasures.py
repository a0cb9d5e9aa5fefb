"""Erasures of the log over what is beside it: done again where an older copy was put in place."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import structlog

from consumers.access.people import AIRLEDGER
from consumers.commands.kept_bodies import containing, said_in
from consumers.services import Services
from ledger.domain.catalogue import CODEC
from ledger.domain.subject import SUBJECT, SubjectErased, erased_name
from ledger.errors import Unavailable
from ledger.execute import EraseAgain
from ledger.store.port import Store
from ledger.store.text_records import TextRow

log = structlog.get_logger(__name__)

EVENTS_PER_REQUEST = 50


def erasures(store: Store) -> Iterator[SubjectErased]:
    """Every erasure that the log has, sealed or not."""
    for entry in store.of_kind(SUBJECT.kind):
        if entry.type == SubjectErased.name:
            event = CODEC.decode(entry.stored, entry.leaf).event
            if isinstance(event, SubjectErased):
                yield event


def erase_again(store: Store, services: Callable[[], Services]) -> int:
    """Erases what the log says was erased and is there all the same; how many events said so.

    A copy of the tables that is older than the log's end has it: after a restore. Kept bodies that
    have such texts go with them. Blocking.
    """
    undone = (event for event in erasures(store) if not _is_erased(store, event))
    count = 0
    while some := tuple(islice(undone, EVENTS_PER_REQUEST)):
        executor, context = services().executor, services().context(AIRLEDGER)
        bodies, entries = containing(store, said_in(_texts(store, some)))
        executor.execute(EraseAgain(erased=some, bodies=bodies, entries=entries), context)
        count += len(some)
    if count:
        log.warning("erased_again", events=count)
        store.scrub()
    return count


def finish_scrub(store: Store) -> None:
    """Does what a process left undone that was killed between an erasure and its scrub.

    Where others are at work on the store it is theirs, or the next start's: it waits for nobody.
    """
    if store.needs_scrub() and any(True for _ in erasures(store)):
        try:
            store.scrub(wait=False)
        except Unavailable as error:
            log.warning("scrub_failed", reason=str(error))


def _texts(store: Store, events: Iterable[SubjectErased]) -> Iterator[TextRow]:
    """The texts that these events erased."""
    for event in events:
        yield from store.texts.rows(event.texts).values()


def _is_erased(store: Store, event: SubjectErased) -> bool:
    if store.texts.readable(event.texts):
        return False
    person = store.access.person(event.person) if event.person else None
    return person is None or person.name == erased_name(person.id)
