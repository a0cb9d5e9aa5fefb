"""Who acts. Inside the log an actor is opaque; names live in the store, outside of it."""

import getpass
import os
import re
from datetime import datetime
from uuid import uuid4

from ledger.domain.text import unmarked
from ledger.errors import NotFound, Refused
from ledger.execute import Context, Executor, RegisterPerson
from ledger.store.port import Store
from ledger.store.side_records import Person

AIRLEDGER = "airledger"
"""The ledger's own loops as an actor."""
PERSON = re.compile(r"person/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The opaque id of a person."""


def by_airledger(at: datetime, correlation: str) -> Context:
    """The circumstances of what the ledger does by itself."""
    return Context(at=at, actor=AIRLEDGER, source=AIRLEDGER, correlation=correlation)


def display_names(store: Store) -> dict[str, str]:
    """Names by opaque id."""
    return {person.id: unmarked(person.name) for person in store.access.people()}


def known_person(store: Store, text: str) -> str | None:
    """The opaque id of whom a text names: a name, or an id itself; None for an unknown name.

    Raises Refused for a name that several have, NotFound for an unknown id.
    """
    if text.startswith("person/"):
        if PERSON.fullmatch(text) is None or store.access.person(text) is None:
            raise NotFound(f"There is no {text}.", remedy="Name a person, or an id that is there.")
        return text
    found = [person.id for person in store.access.people() if person.name == text]
    if len(found) > 1:
        raise Refused(
            "several_of_that_name",
            f"{len(found)} persons are named {text!r}: {', '.join(found)}.",
            remedy="Name the one that is meant by the id, person/ and all.",
        )
    return found[0] if found else None


def get_or_create_person(store: Store, executor: Executor, context: Context, name: str) -> str:
    """The opaque id of whom a text names; a name that nobody has is given to a new person.

    Raises as `known_person`.
    """
    return known_person(store, name) or person_by_name(store, executor, context, name)


def person_by_name(store: Store, executor: Executor, context: Context, name: str) -> str:
    """The opaque id of a name, given on first use; never that of whom a provider identified."""
    return _register(store, executor, context, name=name, os_user=None)


def operating_system_person(store: Store) -> str | None:
    """The opaque id of this operating-system user; None where it has none yet."""
    user = _os_user()
    return next((person.id for person in store.access.people() if person.os_user == user), None)


def operating_system_user(store: Store, executor: Executor, context: Context) -> str:
    """The person registered for this operating-system user."""
    if (registered := operating_system_person(store)) is not None:
        return registered
    user = _os_user()
    taken = _named(store, user) is not None
    name = f"{user} (operating system)" if taken else user
    return _register(store, executor, context, name=name, os_user=user)


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def _register(
    store: Store, executor: Executor, context: Context, *, name: str, os_user: str | None
) -> str:
    if (known := _named(store, name)) is not None:
        return known
    person = Person(id=f"person/{uuid4()}", name=name, os_user=os_user)
    executor.execute(RegisterPerson(person=person), context)
    if (registered := _named(store, name)) is not None:
        return registered  # of whoever was first
    raise NotFound(f"The person {name!r} was not kept.", remedy="Try again.")


def _named(store: Store, name: str) -> str | None:
    """The one person who was made by that name; whom a provider identified was not."""
    named = (each for each in store.access.people() if not each.identified)
    return next((person.id for person in named if person.name == name), None)
