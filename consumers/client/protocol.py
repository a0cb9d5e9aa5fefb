"""What a command needs of a ledger, wherever that is."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from consumers.access.open_sessions import SessionView
from consumers.commands.erasing import Erasure, ErasureRecorded
from consumers.commands.policy_history import Adoption, AdoptionResult, PolicyView, Proposed
from consumers.container.ledger import Ledger
from consumers.exports.formats import ExportFormat
from consumers.intake.quarantine import KeptBody
from consumers.read_service.events import Selection
from consumers.read_service.items import Items
from consumers.read_service.kept_texts import KeptText
from consumers.read_service.list_types import ListType
from ledger.domain.command import Command
from ledger.domain.evidence import FileEvidence
from ledger.domain.stream_type import StreamType
from ledger.store.side_records import Quarantined

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ListQuery(Generic[T]):
    """A list: its route, the type of its items, and how an open ledger answers it.

    `read` is called with the ledger, the filters by name, and, of `sort`, `cursor` and `limit`,
    those that are given. The filters' names are those of the route's parameters. `whole` is the
    list to export; None for one without that.
    """

    path: str
    item: Any
    read: Callable[..., Items[T]]
    whole: ListType | None = None


@dataclass(frozen=True, kw_only=True)
class ViewQuery(Generic[T]):
    """One thing by its reference or id: its route with `{ref}`, its type, and how it is read.

    `kind` is that of a stream, which may have a name, too.
    """

    path: str
    view: Any
    read: Callable[[Ledger, str], T]
    kind: StreamType | None = None


class Sent(NamedTuple):
    """A command's answer. `recorded` is false where there was nothing to do."""

    view: Any
    recorded: bool


class Retried(NamedTuple):
    """A retried entry of the quarantine, and what became of its signals."""

    entry: Quarantined
    recorded: int
    repeats: int


class Client(Protocol):
    """A ledger, read and commanded. Every method raises LedgerError. Blocking."""

    def items(
        self,
        of: ListQuery[T],
        filters: Mapping[str, Any],
        *,
        sort: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Items[T]:
        """A list, whole or at most `limit` items of it, with the cursor of what follows."""
        ...

    def export(
        self,
        of: ListQuery[T],
        filters: Mapping[str, Any],
        *,
        form: ExportFormat,
        sort: str | None = None,
        limit: int | None = None,
    ) -> Iterator[bytes]:
        """The whole list in a format, or at most `limit` items of it, in parts."""
        ...

    def view(self, of: ViewQuery[T], ref: str) -> T:
        """One thing. Raises NotFound."""
        ...

    def references_of(self, incidents: Collection[str]) -> dict[str, str]:
        """The references of these incidents, by id; without those that are not known."""
        ...

    def send(
        self, kind: StreamType, ref: str | None, command: Command, *, key: str | None = None
    ) -> Sent:
        """Commands the stream that `ref` names, or opens one; once under an idempotency key."""
        ...

    def file_content(self, described: FileEvidence, parts: Iterable[bytes]) -> Sent:
        """Files evidence with its content, in flat memory.

        A digest other than NO_DIGEST is the one that it has to have.
        """
        ...

    def content(self, ref: str) -> Iterator[bytes]:
        """The content of evidence in parts; raises ContentChanged where it is not what was filed,
        the last part withheld."""
        ...

    def policy(self) -> PolicyView:
        """The policy in force."""
        ...

    def adoptions(self) -> Sequence[Adoption]:
        """Every adoption, newest first."""
        ...

    def adopt(self, text: str, reason: str, expect: str | None) -> AdoptionResult:
        """Puts a policy in force, or proposes it to a second person where it needs two."""
        ...

    def proposals(self) -> Sequence[Proposed]:
        """The policies that wait for a second person."""
        ...

    def change_roles(self, change: str, body: Command) -> bool:
        """Grants, revokes or delegates a role, ...; false where there is nothing to do.

        `change` is the last part of its route.
        """
        ...

    def erase(self, body: Erasure) -> ErasureRecorded:
        """Erases a person or a text, or proposes it to a second person."""
        ...

    def end_session(self, session: str) -> SessionView:
        """Logs a browser out. Raises NotFound."""
        ...

    def kept_body(self, entry: str) -> KeptBody:
        """The kept bytes of an entry of the quarantine. Raises NotFound."""
        ...

    def retry(self, entry: str) -> Retried:
        """Processes an entry of the quarantine again."""
        ...

    def dismiss(self, entry: str, reason: str) -> Quarantined:
        """Closes an entry of the quarantine."""
        ...

    def events(self, selected: Selection) -> Iterator[Iterable[bytes]]:
        """The exact stored bytes of sealed events, in log order, some at a time."""
        ...

    def texts(self, ids: Iterable[str]) -> list[KeptText]:
        """Texts beside the log by their ids, each once, in this order."""
        ...

    def release_key(self) -> str:
        """The public key, in PEM, that statements about releases are checked with."""
        ...
