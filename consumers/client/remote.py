"""A ledger behind HTTP: the routes of `consumers/web/api`, with the token of the caller."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec
from msgspec.structs import replace

from consumers.access.open_sessions import SessionView
from consumers.access.tokens import TokenView
from consumers.client.connection import Connection, MayBeRecorded
from consumers.client.content import file_there, read_there
from consumers.client.problems import not_airledger
from consumers.client.protocol import ListQuery, Retried, Sent, ViewQuery
from consumers.commands.erasing import Erasure, ErasureRecorded
from consumers.commands.policy_history import (
    Adoption,
    AdoptionResult,
    PolicyView,
    Proposed,
)
from consumers.commands.references import in_path
from consumers.commands.roles import RoleRecorded
from consumers.container.ledger import new_id
from consumers.exports.formats import MEDIA_TYPES, ExportFormat
from consumers.intake.quarantine import KeptBody, compared
from consumers.read_service.events import Selection
from consumers.read_service.incident_views import NamedIncident
from consumers.read_service.items import Items
from consumers.read_service.kept_texts import KeptText
from consumers.read_service.quarantine import QuarantineEntry
from consumers.read_service.streams import StreamView
from consumers.read_service.views import REDUCED, view_type
from ledger.domain.command import Command
from ledger.domain.evidence import EVIDENCE, FileEvidence
from ledger.domain.stream_type import StreamType
from ledger.errors import Invalid, NotFound, Unavailable
from ledger.policy.times import time_text
from ledger.store.side_records import Quarantined
from ledger.transparency.http_reader import is_header_text

PAGE = 1_000
"""The items of a page: as many as a server gives."""
_IDS = 50
"""The ids in one request's URL."""
_PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----"
_RECORDED, _POSITION = "Airledger-Recorded", "Airledger-Position"
PROPOSED = 202
"""The status of a policy that waits for a second person."""
_SAFE_TO_REPEAT = "Repeat it with --idempotency-key {key}: it is recorded once."

T = TypeVar("T")


class RemoteClient:
    """A `Client` of a server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._position: int | None = None
        self._reports_alone = False

    def token(self) -> TokenView:
        """Whose token it is."""
        holder: TokenView = self._decoded(self._connection.get("/v1/token"), TokenView)
        return holder

    def items(
        self,
        of: ListQuery[T],
        filters: Mapping[str, Any],
        *,
        sort: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Items[T]:
        """A list, page by page."""
        given = {**filters, "sort": sort}
        params = {name: str(value) for name, value in given.items() if value is not None}
        found: list[T] = []
        while True:
            size = PAGE if limit is None else min(PAGE, limit - len(found))
            page = params | {"limit": str(size)} | ({"cursor": cursor} if cursor else {})
            answer = self._decoded(self._connection.get(of.path, page), Items[of.item])  # type: ignore[name-defined]
            found += answer.items
            cursor = answer.next
            if cursor is None or (limit is not None and len(found) >= limit):
                return Items(items=found, next=cursor)

    def export(
        self,
        of: ListQuery[T],
        filters: Mapping[str, Any],
        *,
        form: ExportFormat,
        sort: str | None = None,
        limit: int | None = None,
    ) -> Iterator[bytes]:
        """A whole list, as the server streams it."""
        given = {**filters, "sort": sort, "limit": limit, "format": form.value}
        params = {name: str(value) for name, value in given.items() if value is not None}
        with self._connection.stream(of.path, params) as answer:
            kind = answer.headers.get("content-type", "")
            if kind.partition(";")[0].strip() != MEDIA_TYPES[form]:
                raise not_airledger(
                    self._connection.url, f"a list as {form.label} came as {kind or 'nothing'}"
                )
            yield from answer.iter_bytes()

    def view(self, of: ViewQuery[T], ref: str) -> T:
        """One thing."""
        named = quote(ref, safe="") if of.kind is None else in_path(of.kind, ref)
        path = of.path.replace("{ref}", named)
        found: T = self._decoded(self._connection.get(path), of.view)
        return found

    def references_of(self, incidents: Collection[str]) -> dict[str, str]:
        """References by id, some at a time."""
        found: dict[str, str] = {}
        wanted = list(incidents)
        for at in range(0, len(wanted), _IDS):
            ids = wanted[at : at + _IDS]
            answer = self._connection.get("/v1/references", {"incident": ids})
            named: Items[NamedIncident] = self._decoded(answer, Items[NamedIncident])
            found |= {each.id: each.reference for each in named.items}
        return found

    def send(
        self, kind: StreamType, ref: str | None, command: Command, *, key: str | None = None
    ) -> Sent:
        """Sends a command, under a key of its own where none is given."""
        key = new_id() if key is None else key
        if not is_header_text(key) or key != key.strip():
            raise Invalid(
                "The Idempotency-Key cannot be sent to a server.",
                errors=[("Idempotency-Key", "expected printable ASCII, no blanks at its ends")],
            )
        name = kind.by_body[type(command)]
        path = f"/v1/{kind.plural}"
        if ref is not None:
            path += f"/{in_path(kind, ref)}/{name}"
        fields = msgspec.to_builtins(command)
        body = {name: value for name, value in fields.items() if value is not None}
        try:
            answer = self._connection.post(path, body, {"Idempotency-Key": key})
        except MayBeRecorded as error:
            raise MayBeRecorded(error.message, remedy=_SAFE_TO_REPEAT.format(key=key)) from error
        self._note_position(answer)
        reduced = "/v1/reports/" in answer.headers.get("location", "")
        view = REDUCED[kind.kind].type if reduced else view_type(kind)
        self._reports_alone = reduced
        return Sent(self._decoded(answer, view), _counted(answer, _RECORDED) != 0)

    def file_content(self, described: FileEvidence, parts: Iterable[bytes]) -> Sent:
        """Files evidence with its content; again it changes nothing, so it is safe to repeat.

        What a program read goes in a command of its own: it would not fit a request's first line.
        """
        answer = file_there(self._connection, described, parts)
        self._note_position(answer)
        view: StreamView = self._decoded(answer, StreamView)
        filed = Sent(view, _counted(answer, _RECORDED) != 0)
        if described.tool is None:
            return filed
        read = replace(described, digest=view.state["digest"], size=view.state["size"])
        said = self.send(EVIDENCE, None, read)
        return Sent(said.view, filed.recorded or said.recorded)

    def content(self, ref: str) -> Iterator[bytes]:
        """The content of evidence."""
        return read_there(self._connection, ref)

    def policy(self) -> PolicyView:
        """The policy in force."""
        policy: PolicyView = self._decoded(self._connection.get("/v1/policy"), PolicyView)
        return policy

    def adoptions(self) -> Sequence[Adoption]:
        """Every adoption, page by page."""
        history = ListQuery[Adoption](path="/v1/policy/history", item=Adoption, read=_unread)
        return self.items(history, {}).items

    def adopt(self, text: str, reason: str, expect: str | None) -> AdoptionResult:
        """Puts a policy in force; again it changes nothing, so it is safe to repeat."""
        headers = {} if expect is None else {"If-Match": f'"{expect}"'}
        body = {"text": text, "reason": reason}
        try:
            answer = self._connection.post("/v1/policy", body, headers)
        except MayBeRecorded as error:
            raise MayBeRecorded(
                error.message, remedy="See airledger policy show; to repeat it is safe."
            ) from error
        self._note_position(answer)
        if answer.status_code == PROPOSED:
            return AdoptionResult.PROPOSED
        recorded = _counted(answer, _RECORDED) != 0
        return AdoptionResult.ADOPTED if recorded else AdoptionResult.UNCHANGED

    def proposals(self) -> Sequence[Proposed]:
        """The policies that wait."""
        found = self._decoded(self._connection.get("/v1/policy/proposals"), Items[Proposed])
        items: list[Proposed] = found.items
        return items

    def change_roles(self, change: str, body: Command) -> bool:
        """Changes roles; again it changes nothing, so it is safe to repeat."""
        given = {
            name: value for name, value in msgspec.to_builtins(body).items() if value is not None
        }
        answer = self._connection.post(f"/v1/roles/{change}", given)
        changed = self._decoded(answer, RoleRecorded)
        self._position = max(changed.position, self._position or 0)
        recorded: bool = changed.recorded
        return recorded

    def erase(self, body: Erasure) -> ErasureRecorded:
        """Erases a person or a text; again it changes nothing, so it is safe to repeat."""
        fields = msgspec.to_builtins(body)
        given = {name: value for name, value in fields.items() if value is not None}
        answer = self._connection.post("/v1/erasures", given)
        recorded: ErasureRecorded = self._decoded(answer, ErasureRecorded)
        self._position = max(recorded.position, self._position or 0)
        return recorded

    def end_session(self, session: str) -> SessionView:
        """Logs a browser out."""
        path = f"/v1/sessions/{quote(session, safe='')}/revoke"
        ended: SessionView = self._decoded(self._connection.post(path), SessionView)
        return ended

    def kept_body(self, entry: str) -> KeptBody:
        """The kept bytes of an entry, compared here with the digest of what arrived."""
        path = f"/v1/quarantine/{quote(entry, safe='')}"
        found = self._decoded(self._connection.get(path), QuarantineEntry).entry
        content = self._connection.get(f"{path}/body").content
        return compared(content, found)

    def retry(self, entry: str) -> Retried:
        """Processes an entry again."""
        answer = self._close(entry, "retry", None)
        recorded, repeats = (
            _counted(answer, name) or 0 for name in (_RECORDED, "Airledger-Repeats")
        )
        return Retried(self._decoded(answer, Quarantined), recorded, repeats)

    def dismiss(self, entry: str, reason: str) -> Quarantined:
        """Closes an entry."""
        answer = self._close(entry, "dismiss", {"reason": reason})
        closed: Quarantined = self._decoded(answer, Quarantined)
        return closed

    def events(self, selected: Selection) -> Iterator[Iterable[bytes]]:
        """Stored events, as they arrive."""
        subject = self._subject(selected.subject)
        params = {
            "from": selected.first,
            "to": selected.last,
            "subject": subject,
            "type": selected.type,
            "since": selected.since and time_text(selected.since),
            "until": selected.until and time_text(selected.until),
        }
        given = {name: str(value) for name, value in params.items() if value is not None}
        return self._lines(given)

    def texts(self, ids: Iterable[str]) -> list[KeptText]:
        """Texts beside the log, some at a time."""
        wanted = list(dict.fromkeys(ids))
        found: list[KeptText] = []
        for at in range(0, len(wanted), _IDS):
            answer = self._connection.get("/v1/texts", {"id": wanted[at : at + _IDS]})
            found += self._decoded(answer, Items[KeptText]).items
        return found

    def await_position(self) -> None:
        """Returns once queries include what was sent. Raises Unavailable after some seconds."""
        if self._position is None:
            return
        params = {"limit": "1", "at_least": str(self._position)}
        path = "/v1/reports" if self._reports_alone else "/v1/incidents"
        try:
            self._connection.get(path, params, once=True)
        except Unavailable:  # a server waits for 5 seconds
            self._connection.get(path, params, once=True)
        self._position = None

    def _close(self, entry: str, how: str, body: object) -> httpx.Response:
        path = f"/v1/quarantine/{quote(entry, safe='')}"
        try:
            answer = self._connection.post(f"{path}/{how}", body)
        except MayBeRecorded as error:
            raise MayBeRecorded(
                error.message,
                remedy=f"See airledger quarantine show {entry}; one that is still open is safe to "
                "repeat.",
            ) from error
        self._note_position(answer)
        return answer

    def _lines(self, params: Mapping[str, str]) -> Iterator[Iterable[bytes]]:
        rest = b""
        with self._connection.stream("/v1/events", params) as answer:
            try:
                for part in answer.iter_bytes():
                    *lines, rest = (rest + part).split(b"\n")
                    yield lines
            except httpx.RemoteProtocolError as error:
                raise Unavailable(
                    f"The list of events of {self._connection.url} broke off: the server ended, or "
                    "misses the next event.",
                    remedy="Run it again, and airledger verify --url, which names what is missing.",
                ) from error
        if rest:
            raise not_airledger(self._connection.url, "its list of events ends within an event")

    def _subject(self, subject: str | None) -> str | None:
        """The stored form of a subject: an incident is named by its id. Raises NotFound."""
        if subject is None:
            return None
        kind, slash, ref = subject.partition("/")
        if slash and kind != "incident":
            return subject
        path = f"/v1/incidents/{quote(ref if slash else subject, safe='')}"
        answer = self._connection.get(path)
        return f"incident/{self._decoded(answer, _Identified).id}"

    def _note_position(self, answer: httpx.Response) -> None:
        if (at := _counted(answer, _POSITION)) is not None:
            self._position = max(at, self._position or 0)

    def release_key(self) -> str:
        """The public key that the server signs with."""
        answer = self._connection.get("/v1/releases/key")
        if not answer.text.startswith(_PUBLIC_KEY):
            raise not_airledger(self._connection.url, "it sent no public key")
        return answer.text

    def _decoded(self, answer: httpx.Response, kind: Any) -> Any:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.MsgspecError as error:
            raise not_airledger(self._connection.url, f"{error}") from error


class _Identified(msgspec.Struct):
    id: str


def _counted(answer: httpx.Response, name: str) -> int | None:
    """The number in a header; None where there is none that a server gives, as of an older one."""
    text = answer.headers.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _unread(**_: object) -> Items[Any]:
    raise NotFound("This list is read over HTTP alone.")
