"""Who acts. Inside the log an actor is opaque; names live in the store, outside of it."""

import getpass
import os
import re
from datetime import datetime
from itertools import chain, count
from uuid import uuid4

from ledger.domain.identity import person_key
from ledger.domain.text import unmarked
from ledger.errors import NotFound, Refused
from ledger.execute import Context, Executor, RegisterPerson
from ledger.store.port import Store
from ledger.store.side_records import Person

AIRLEDGER = "airledger"
"""The ledger's own loops as an actor."""
PERSON = re.compile(r"person/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The opaque id of a person."""
REGISTERING_TRIES = 5
"""How often a person is registered for an operating-system user whom others race for."""


def by_airledger(at: datetime, correlation: str) -> Context:
    """The circumstances of what the ledger does by itself."""
    return Context(at=at, actor=AIRLEDGER, source=AIRLEDGER, correlation=correlation)


def display_names(store: Store) -> dict[str, str]:
    """Names by opaque id."""
    return {person.id: unmarked(person.name) for person in store.access.people()}


def known_person(store: Store, text: str) -> str | None:
    """The opaque id of whom a text names: a name, or an id itself; None for an unknown name.

    A name may differ in case, spaces or what is unseen, unless somebody has just that one.
    Raises Refused for a name that several have, NotFound for an unknown id.
    """
    if text.startswith("person/"):
        if PERSON.fullmatch(text) is None or store.access.person(text) is None:
            raise NotFound(f"There is no {text}.", remedy="Name a person, or an id that is there.")
        return text
    return _one_of(store.access.people(), text)


def get_or_create_person(store: Store, executor: Executor, context: Context, name: str) -> str:
    """The opaque id of whom a text names; a name that nobody has is given to a new person.

    Raises as `known_person`.
    """
    return known_person(store, name) or person_by_name(store, executor, context, name)


def person_by_name(store: Store, executor: Executor, context: Context, name: str) -> str:
    """The opaque id of a name, given on first use; never that of whom a provider identified.

    Raises Refused for a name that several have.
    """
    if (known := _named(store, name)) is not None:
        return known
    person = Person(id=f"person/{uuid4()}", name=name, os_user=None)
    executor.execute(RegisterPerson(person=person), context)
    if (registered := _named(store, name)) is not None:
        return registered  # of whoever was first
    raise NotFound(f"The person {name!r} was not kept.", remedy="Try again.")


def operating_system_person(store: Store) -> str | None:
    """The opaque id of this operating-system user; None where it has none yet."""
    return _of_os_user(store.access.people(), _os_user())


def operating_system_user(store: Store, executor: Executor, context: Context) -> str:
    """The person registered for this operating-system user; two processes register one.

    Raises NotFound where others took every name that was tried.
    """
    user = _os_user()
    for _ in range(REGISTERING_TRIES):
        people = store.access.people()  # read once: another process may register in between
        if (registered := _of_os_user(people, user)) is not None:
            return registered
        person = Person(id=f"person/{uuid4()}", name=_free_name(people, user), os_user=user)
        try:
            executor.execute(RegisterPerson(person=person), context)
        except Refused as refused:
            if refused.rule != "os_user_in_use":
                raise
    if (registered := operating_system_person(store)) is not None:
        return registered
    raise NotFound(f"The person of {user!r} was not kept.", remedy="Try again.")


def _of_os_user(people: list[Person], user: str) -> str | None:
    return next((person.id for person in people if person.os_user == user), None)


def _free_name(people: list[Person], user: str) -> str:
    """The user's name, or what tells it from the persons who have that name."""
    taken = {person_key(person.name) for person in people if not person.identified}
    others = (f"{user} (operating system {number})" for number in count(2))
    names = chain((user, f"{user} (operating system)"), others)
    return next(name for name in names if person_key(name) not in taken)


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def _named(store: Store, name: str) -> str | None:
    """The one person who was made by that name; whom a provider identified was not."""
    return _one_of([each for each in store.access.people() if not each.identified], name)


def _one_of(people: list[Person], name: str) -> str | None:
    """The id of the one who has that name, else of the one whose name has the same key."""
    found = [each.id for each in people if each.name == name]
    if not found:
        key = person_key(name)
        found = [each.id for each in people if person_key(each.name) == key]
    if len(found) > 1:
        raise Refused(
            "several_of_that_name",
            f"{len(found)} persons are named {name!r}: {', '.join(found)}.",
            remedy="Name the one that is meant by the id, person/ and all.",
        )
    return found[0] if found else None
