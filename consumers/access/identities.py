"""Whom a provider's subjects are: found by issuer and subject alone, never by a name."""

from uuid import uuid4

from ledger.errors import Conflict, Unavailable
from ledger.store.port import Store
from ledger.store.side_records import Identity, Person, SideWrite


def identified_person(store: Store, issuer: str, subject: str, name: str) -> Person:
    """The person of a subject, made at the first log-in. Blocking. Raises Unavailable.

    `name` is what the provider calls the person now; where it is empty, the opaque id stands for
    it. Somebody else of the same name stays somebody else.
    """
    for _ in range(2):  # another process may make the person at the same time
        known = store.access.identity(issuer, subject)
        if known is not None:
            return _renamed(store, known, name)
        opaque = f"person/{uuid4()}"
        person = Person(id=opaque, name=name or opaque, identified=True)
        made: list[SideWrite] = [
            person,
            Identity(issuer=issuer, subject=subject, person=opaque),
        ]
        try:
            store.append([], made)
        except Conflict:
            continue
        return person
    raise Unavailable("The person of this log-in was not kept.", remedy="Log in again.")


def _renamed(store: Store, of: str, name: str) -> Person:
    kept = store.access.person(of)
    if kept is not None and (not kept.identified or name in {"", kept.name}):
        return kept
    person = Person(id=of, name=name or of, identified=True)
    store.append([], [person])
    return person
