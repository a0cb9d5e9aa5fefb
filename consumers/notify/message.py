"""What somebody is told: a line, the title, and a link to the page.

Texts of a restricted incident are left out: the message names it by its reference alone.
"""

from datetime import datetime
from typing import NamedTuple

from consumers.access.readers import WITHHELD
from consumers.access.texts import with_texts
from consumers.commands.references import reference
from consumers.text_safety import escape_controls
from ledger.domain.catalogue import CODEC, KINDS
from ledger.domain.delivery import Delivery
from ledger.domain.envelope import Recorded, id_of, kind_of
from ledger.domain.incident import events as i
from ledger.domain.incident.kind import INCIDENT
from ledger.errors import NotFound
from ledger.store.port import Store
from ledger.vocabulary import Notice

TITLE_CHARACTERS = 200


class Message(NamedTuple):
    """A notification; `key` is the same in every try, and another for each event and channel.

    `subject` and `title` are a line each, without control characters. `link` is None where the
    process does not know under which address people reach it (`http.public_url`). `tickets` are the
    addresses of those on record. `began_at` is when what it is about was first recorded,
    `recorded_at` when what happened was (UTC).
    """

    key: str
    notice: Notice | None
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

    @property
    def ticket_key(self) -> str:
        """The text by which its ticket is found: the same for all that it is told of."""
        return f"airledger-{id_of(self.stream) if self.stream else 'trial'}"


def message_of(store: Store, key: str, delivery: Delivery, public_url: str | None) -> Message:
    """The message of a notification, from the record as it is now. Raises NotFound, Unavailable."""
    kind = KINDS[kind_of(delivery.about)]
    entries = store.load({delivery.about: 0})[delivery.about]
    if not entries:
        raise NotFound(f"There is no {delivery.about}.", remedy="See airledger verify.")
    recorded = [CODEC.decode(entry.stored, entry.leaf) for entry in entries]
    state = kind.folded(each.event for each in recorded)
    ref = reference(recorded[0].leaf, kind)
    told = next(each for each in reversed(recorded) if each.leaf <= delivery.leaf)
    severity, title = None, ""
    if kind is INCIDENT:
        severity = state.severity.label if state.severity else "no severity"
        title = WITHHELD if state.restricted else str(with_texts(store, state.title))
    said = one_line(title)[:TITLE_CHARACTERS]
    happened = _happened(told, delivery.notice)
    about = ", ".join(each for each in (severity, one_line(state.system)) if each)
    link = None if public_url is None else f"{public_url}/{kind.plural}/{id_of(delivery.about)}"
    return Message(
        key=key,
        notice=delivery.notice,
        reference=ref,
        stream=delivery.about,
        system=state.system,
        severity=None if kind is not INCIDENT or state.severity is None else state.severity.value,
        title=said,
        at=told.event.at,
        subject=f"{ref} {happened.lower()} ({about})",
        link=link,
        began_at=recorded[0].recorded_at,
        recorded_at=told.recorded_at,
        tickets=state.tickets if kind is INCIDENT else frozenset(),
    )


def _happened(recorded: Recorded, notice: Notice | None) -> str:
    """What happened, in words: an incident ends in one of three ways."""
    match recorded.event:
        case i.Dismissed():
            return "Incident dismissed"
        case i.Merged():
            return "Incident merged"
    return notice.label if notice else "Test"


def trial(key: str, at: datetime, public_url: str | None) -> Message:
    """A message that only says that the channel works."""
    said = "This is a trial: nothing happened, and nothing is to be done."
    return Message(
        key=key,
        notice=None,
        reference="",
        stream="",
        system="",
        severity=None,
        title=said,
        at=at,
        subject="airledger: a trial of this channel",
        link=public_url,
        began_at=at,
        recorded_at=at,
    )


def one_line(text: str) -> str:
    """The text on one line, in which nothing steers a terminal, a header or a format."""
    return escape_controls(" ".join(text.split()))
