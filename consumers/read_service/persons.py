"""The persons that the ledger knows: their names, ids, and which are one human's. Blocking."""

from collections import defaultdict

import msgspec

from consumers.container.ledger import Ledger
from consumers.read_service.items import Items, cut
from ledger.domain.text import unmarked
from ledger.store.side_records import Person
from projections.queries.roles import joined_ids


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """A person: the opaque `id` of the log, and the name beside it.

    `known_by` is what gave the name: provider, host (a user of its operating system) or name.
    `joined` are other ids of the same human.
    """

    id: str
    name: str
    known_by: str
    joined: tuple[str, ...] = ()


def persons(
    ledger: Ledger, *, cursor: str | None = None, limit: int | None = None
) -> Items[PersonView]:
    """Everybody, by id; `cursor` is the id before. Raises Invalid."""
    joined: defaultdict[str, list[str]] = defaultdict(list)
    for one, other in joined_ids(ledger.views):
        joined[one].append(other)
    people = sorted(ledger.store.access.people(), key=lambda each: each.id)
    shown, behind = cut(people, lambda each: each.id, cursor=cursor, limit=limit)
    return Items(
        items=[
            PersonView(
                id=each.id,
                name=unmarked(each.name),
                known_by=known_by(each),
                joined=tuple(sorted(joined[each.id])),
            )
            for each in shown
        ],
        next=behind,
    )


def known_by(person: Person) -> str:
    """What gave a person the name: provider, host (a user of its operating system) or name."""
    if person.identified:
        return "provider"
    return "host" if person.os_user else "name"
