"""What somebody is told: a line, the title, and links to the page and to acknowledge.

Texts of a restricted incident are left out: the message names it by its reference alone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from consumers.access.readers import WITHHELD
from consumers.access.texts import with_texts
from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import reference
from consumers.commands.told_incidents import incident_behind
from consumers.notify.listening import Said, said_of
from consumers.text_safety import one_line
from ledger.domain.catalogue import CODEC, KINDS
from ledger.domain.control import CONTROL
from ledger.domain.delivery import DELIVERY, Delivery
from ledger.domain.envelope import Recorded, id_of, kind_of
from ledger.domain.incident import events as i
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.release import RELEASE, ReleaseDecided
from ledger.domain.release.events import ReleaseNonconforming
from ledger.domain.stream_type import StreamType
from ledger.errors import NotFound
from ledger.policy.notify import IN_EVERY_DIGEST
from ledger.store.decoding import events_in, state_of
from ledger.store.port import Store
from ledger.vocabulary import Notice

TITLE_CHARACTERS = 200
DIGEST, TRIAL = "digest", "trial"
"""What a message is that is about no single notice."""


class Message(NamedTuple):
    """A notification; `key` is the same in every try, and another for each event and channel.

    `about` is the notice, DIGEST or TRIAL. `subject`, `title` and `system` are a line each, without
    control characters. `link` is None where the process does not know under which address people
    reach it (`http.public_url`); `acknowledge` is one that works once. `tickets` are the addresses
    of those on record. `began_at` is when what it is about was first recorded, `recorded_at` when
    what happened was (UTC). `parts` are those of a digest. What it is about has its own ticket,
    unless `ticket_of` names a part of that, such as one silence of a source.
    """

    key: str
    about: str
    reference: str
    stream: str
    system: str
    severity: str | None
    title: str
    at: datetime
    subject: str
    link: str | None
    began_at: datetime
    recorded_at: datetime
    tickets: frozenset[str] = frozenset()
    acknowledge: str | None = None
    parts: tuple["Message", ...] = ()
    ticket_of: str = ""

    @property
    def ticket_key(self) -> str:
        """The text by which its ticket is found: the same for all that it is told of."""
        return f"airledger-{self.ticket_of or (id_of(self.stream) if self.stream else TRIAL)}"

    @property
    def text(self) -> str:
        """The whole as lines, for people."""
        if self.parts:
            return "\n\n".join(part.text for part in self.parts)
        said = [self.subject, self.title, self.link]
        if self.acknowledge is not None:
            said.append(f"To acknowledge, which tells nobody further: {self.acknowledge}")
        return "\n".join(each for each in said if each)


def message_of(
    store: Store, key: str, delivery: Delivery, public_url: str | None, secret: str = ""
) -> Message:
    """The message of a notification, from the record as it is now. Raises NotFound, Unavailable.

    `secret` is that of the link to acknowledge; it is left out where there is no address for it.
    """
    if delivery.notice in IN_EVERY_DIGEST:
        return _of_given_up(store, key, delivery, public_url)
    kind = KINDS[kind_of(delivery.about)]
    entries = store.load({delivery.about: 0})[delivery.about]
    if not entries:
        raise NotFound(f"There is no {delivery.about}.", remedy="See airledger verify.")
    recorded = [CODEC.decode(entry.stored, entry.leaf) for entry in entries]
    if (heard := said_of(recorded, delivery.leaf)) is not None:
        return _of_listening(store, key, delivery, public_url, heard)
    state = kind.folded(each.event for each in recorded)
    ref = reference(recorded[0].leaf, kind)
    told = next(each for each in reversed(recorded) if each.leaf <= delivery.leaf)
    severity = None
    if kind is INCIDENT:
        severity = state.severity.label if state.severity else "no severity"
    systems = sorted(kind.concerns(state).systems)
    said = one_line(_title(store, kind, state, systems))[:TITLE_CHARACTERS]
    notice = delivery.notice or Notice.INCIDENT_OPENED
    happened = _happened(told, notice)
    system = one_line(", ".join(systems))[:TITLE_CHARACTERS]
    about = ", ".join(each for each in (severity, system) if each)
    link = acknowledge = None
    if public_url is not None:
        link = f"{public_url}/{kind.plural}/{id_of(delivery.about)}"
        acknowledge = f"{public_url}/acknowledge/{secret}" if secret else None
    return Message(
        key=key,
        about=notice.value,
        reference=ref,
        stream=delivery.about,
        system=system,
        severity=None if kind is not INCIDENT or state.severity is None else state.severity.value,
        title=said,
        at=told.event.at,
        subject=f"{ref} {happened.lower()}{f' ({about})' if about else ''}",
        link=link,
        began_at=recorded[0].recorded_at,
        recorded_at=told.recorded_at,
        tickets=state.tickets if kind is INCIDENT else frozenset(),
        acknowledge=acknowledge,
    )


def _title(store: Store, kind: StreamType, state: Any, systems: Sequence[str]) -> str:
    """What it is called; the words of a restricted incident or system are left out."""
    if kind is RELEASE:
        return f"{state.version} in {state.environment}"
    if kind is CONTROL:
        known = policy_in_force(store).controls.get(state.control)
        return state.control if known is None else known.words
    title = getattr(state, "title", None)
    if title is None:
        return ""
    if kind is INCIDENT:
        return WITHHELD if state.restricted else str(with_texts(store, title))
    restricted = policy_in_force(store).privacy.restricted_systems
    hidden = any(each in restricted for each in systems) or _tells_of_restricted(store, kind, state)
    return WITHHELD if hidden else str(with_texts(store, title))


def _tells_of_restricted(store: Store, kind: StreamType, state: Any) -> bool:
    """Whether its words are about an incident that is restricted."""
    told = incident_behind(store, kind, state)
    return told is not None and state_of(store, told).restricted


def _of_given_up(store: Store, key: str, delivery: Delivery, public_url: str | None) -> Message:
    """That nobody was told of something, which leads to what it was; its reason is on record."""
    entries = store.load({delivery.about: 0})[delivery.about]
    [given_up] = (each for each in entries if each.leaf == delivery.leaf)
    event = CODEC.decode(given_up.stored, given_up.leaf).event
    not_told: Delivery = DELIVERY.folded(events_in(entries))
    message = message_of(store, key, not_told, public_url)
    return message._replace(
        about=Notice.DELIVERY_GIVEN_UP.value,
        at=event.at,
        subject=f"Not delivered by {one_line(not_told.channel)}: {message.subject}",
    )


def _of_listening(
    store: Store, key: str, delivery: Delivery, public_url: str | None, said: Said
) -> Message:
    """That a source is silent or heard again, or the quarantine grew; nobody acknowledges that."""
    coverage = policy_in_force(store).coverage
    systems = ", ".join(map(one_line, coverage.systems.get(said.source, ())))[:TITLE_CHARACTERS]
    return Message(
        key=key,
        about=delivery.notice.value if delivery.notice else "",
        reference=f"source {one_line(said.source)}" if said.source else "quarantine",
        stream=delivery.about,
        system=systems,
        severity=None,
        title="",
        at=said.told.event.at,
        subject=one_line(said.words) + (f" ({systems})" if systems else ""),
        link=None if public_url is None else f"{public_url}{said.path}",
        began_at=said.began.recorded_at,
        recorded_at=said.told.recorded_at,
        ticket_of=said.began.id,
    )


def _happened(recorded: Recorded, notice: Notice) -> str:
    """What happened, in words: an incident ends in one of three ways, a decision is one of two."""
    match recorded.event:
        case ReleaseDecided(decision=decision):
            return f"{notice.label}: {decision.label}"
        case ReleaseNonconforming(requirement=requirement):
            return f"{notice.label}: {requirement}"
        case i.Dismissed():
            return "Incident dismissed"
        case i.Merged():
            return "Incident merged"
    return notice.label


def digest_of(key: str, parts: Sequence[Message], public_url: str | None) -> Message:
    """One message that is several; there are none of another channel or time among them."""
    count = f"{len(parts)} notices" if len(parts) > 1 else "1 notice"
    return _about_nothing(key, DIGEST, f"airledger: {count}", parts[-1].at, public_url)._replace(
        parts=tuple(parts)
    )


def trial(key: str, at: datetime, public_url: str | None) -> Message:
    """A message that only says that the channel works."""
    said = "This is a trial: nothing happened, and nothing is to be done."
    subject = "airledger: a trial of this channel"
    return _about_nothing(key, TRIAL, subject, at, public_url)._replace(title=said)


def _about_nothing(
    key: str, about: str, subject: str, at: datetime, public_url: str | None
) -> Message:
    return Message(
        key=key,
        about=about,
        reference="",
        stream="",
        system="",
        severity=None,
        title="",
        at=at,
        subject=subject,
        link=public_url,
        began_at=at,
        recorded_at=at,
    )
