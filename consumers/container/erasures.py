"""Erasures of the log over what is beside it: done again where an older copy was put in place."""

from collections.abc import Callable, Iterator
from itertools import islice

import structlog

from consumers.access.people import AIRLEDGER
from consumers.services import Services
from ledger.domain.catalogue import CODEC
from ledger.domain.subject import SUBJECT, SubjectErased, erased_name
from ledger.execute import EraseAgain
from ledger.store.port import Store

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

    A copy of the tables that is older than the log's end has it: after a restore. Blocking.
    """
    undone = (event for event in erasures(store) if not _is_erased(store, event))
    count = 0
    while some := tuple(islice(undone, EVENTS_PER_REQUEST)):
        executor, context = services().executor, services().context(AIRLEDGER)
        executor.execute(EraseAgain(erased=some), context)
        count += len(some)
    if count:
        log.warning("erased_again", events=count)
        store.scrub()
    return count


def _is_erased(store: Store, event: SubjectErased) -> bool:
    if store.texts.readable(event.texts):
        return False
    person = store.access.person(event.person) if event.person else None
    return person is None or person.name == erased_name(person.id)
