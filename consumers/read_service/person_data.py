"""What the ledger holds of one person. Blocking."""

from collections.abc import Sequence

import msgspec

from consumers.access.readers import WITHHELD
from consumers.commands.told_incidents import incident_told
from consumers.container.ledger import Ledger
from consumers.read_service.incidents import references_of
from consumers.read_service.persons import known_by
from consumers.read_service.roles import RoleView, roles_held
from consumers.read_service.withholding import note_list
from ledger.domain.access import HolderKind
from ledger.domain.envelope import id_of, kind_of, uuid_of
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.subject import SUBJECT, SubjectErased
from ledger.errors import NotFound
from ledger.store.text_reads import texts_by
from ledger.store.text_records import TextRow
from projections.queries.roles import joined_ids

MOST_TEXTS = 1_000
"""So many of a person's texts are shown, the first; `texts_total` counts them all."""

PERSONS = "persons"
"""What the texts of a person are called in the record of reads."""


class PersonText(msgspec.Struct, frozen=True, kw_only=True):
    """A text that a person wrote: its `id`, the stream that has it, and what it says.

    `reference` is the stream's, where it has one. Of an erased text `content` is None.
    """

    id: str
    stream: str
    reference: str
    content: str | None


class PersonData(msgspec.Struct, frozen=True, kw_only=True):
    """A person: name, other ids, roles, open sessions, tokens, and the texts beside the log.

    `erased` says that an erasure was recorded. `texts` has the first 1,000 of `texts_total`, of
    which `texts_readable` can still be read. What others wrote of the person is not among them.
    """

    id: str
    name: str
    known_by: str
    joined: tuple[str, ...]
    erased: bool
    roles: tuple[RoleView, ...]
    sessions: int
    tokens: tuple[str, ...]
    texts: tuple[PersonText, ...]
    texts_total: int
    texts_readable: int


def person_data(ledger: Ledger, person: str) -> PersonData:
    """What is held of the person of an opaque id. Raises NotFound."""
    store = ledger.store
    known = store.access.person(person)
    if known is None:
        raise NotFound(f"There is no {person}.", remedy="See airledger person list.")
    shown: list[TextRow] = []
    total = readable = 0
    for row in texts_by(store, person):
        total += 1
        readable += row.content is not None
        if total <= MOST_TEXTS:
            shown.append(row)
    stream = SUBJECT.stream(uuid_of(person))
    erased = any(entry.type == SubjectErased.name for entry in store.load({stream: 0})[stream])
    return PersonData(
        id=person,
        name=known.name,
        known_by=known_by(known),
        joined=tuple(sorted(other for one, other in joined_ids(ledger.views) if one == person)),
        erased=erased,
        roles=tuple(each for each in roles_held(ledger).items if each.person_id == person),
        sessions=sum(
            each.grant is not None and each.grant.person == person
            for each in store.access.sessions()
        ),
        tokens=tuple(
            row.shown_name for row in store.access.tokens(HolderKind.TOKEN) if row.holder == person
        ),
        texts=_shown(ledger, shown),
        texts_total=total,
        texts_readable=readable,
    )


def _shown(ledger: Ledger, rows: Sequence[TextRow]) -> tuple[PersonText, ...]:
    streams = {row.stream for row in rows}
    incidents = {id_of(each) for each in streams if kind_of(each) == INCIDENT.kind}
    references = references_of(ledger, incidents) if incidents else {}
    about = {each: id_of(incident_told(ledger.store, each) or each) for each in streams}
    withheld = note_list(ledger, {about[row.stream] for row in rows if row.content}, PERSONS)
    return tuple(
        PersonText(
            id=row.id,
            stream=row.stream,
            reference=references.get(id_of(row.stream), ""),
            content=WITHHELD if row.content and about[row.stream] in withheld else row.content,
        )
        for row in rows
    )
