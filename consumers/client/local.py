"""A ledger that this process has open."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from consumers.access.open_sessions import SessionView, end_session
from consumers.access.people import display_names
from consumers.client.content import file_here, read_here
from consumers.client.protocol import ListQuery, Retried, Sent, ViewQuery
from consumers.commands.erasing import Erasure, ErasureRecorded, erase
from consumers.commands.policy_history import (
    Adoption,
    AdoptionResult,
    PolicyView,
    Proposed,
    adoption_in_force,
    adoption_result,
    adoptions,
    policy_view,
    proposals,
)
from consumers.commands.roles import change_roles, checked
from consumers.commands.service import Caller, Commands
from consumers.container.ledger import Ledger, now
from consumers.container.release_key import open_release_key
from consumers.evidence_store import content_store
from consumers.exports.formats import ExportFormat, at_most, exported
from consumers.intake import quarantine, quarantine_commands
from consumers.intake.quarantine import KeptBody
from consumers.read_service import quarantine as shown
from consumers.read_service.events import Selection, selected_events
from consumers.read_service.incidents import references_of
from consumers.read_service.items import Items
from consumers.read_service.kept_texts import KeptText, kept_texts
from consumers.read_service.views import view_of
from ledger.domain.access.deciding import Asker
from ledger.domain.command import Command
from ledger.domain.envelope import uuid_of
from ledger.domain.evidence import FileEvidence
from ledger.domain.policy import AdoptPolicy
from ledger.domain.stream_type import StreamType
from ledger.execute import AdoptPolicyRequest
from ledger.store.side_records import Quarantined
from ledger.vocabulary import ActsBy

T = TypeVar("T")
NOBODY = Caller(actor="", token="", asker=Asker(scopes=frozenset(), by=ActsBy.HOST))
"""The caller of a client that only reads."""


class LocalClient:
    """A `Client` of an open ledger; `caller` is who writes."""

    def __init__(self, ledger: Ledger, caller: Caller = NOBODY) -> None:
        self._ledger = ledger
        self._caller = caller

    def items(
        self,
        of: ListQuery[T],
        filters: Mapping[str, Any],
        *,
        sort: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Items[T]:
        """A list."""
        page = {"sort": sort, "cursor": cursor, "limit": limit}
        given = {name: value for name, value in page.items() if value is not None}
        return of.read(self._ledger, **filters, **given)

    def export(
        self,
        of: ListQuery[T],
        filters: Mapping[str, Any],
        *,
        form: ExportFormat,
        sort: str | None = None,
        limit: int | None = None,
    ) -> Iterator[bytes]:
        """A whole list."""
        if of.whole is None:
            raise TypeError(f"{of.path} is not exported")
        batches = of.whole.batches(self._ledger, filters, sort)
        return exported(form, of.whole.columns, at_most(batches, limit))

    def view(self, of: ViewQuery[T], ref: str) -> T:
        """One thing."""
        return of.read(self._ledger, ref)

    def references_of(self, incidents: Collection[str]) -> dict[str, str]:
        """References by id."""
        return references_of(self._ledger, incidents)

    def send(
        self, kind: StreamType, ref: str | None, command: Command, *, key: str | None = None
    ) -> Sent:
        """Executes a command."""
        commands = Commands(self._ledger.services)
        outcome = commands.send(self._caller, kind, ref, command, key=key)
        view = view_of(self._ledger, kind, uuid_of(outcome.stream or ""))
        return Sent(view, outcome.events > 0 or outcome.replayed)

    def file_content(self, described: FileEvidence, parts: Iterable[bytes]) -> Sent:
        """Files evidence with its content."""
        return file_here(self._ledger, self._caller, described, parts)

    def content(self, ref: str) -> Iterator[bytes]:
        """The content of evidence."""
        return read_here(self._ledger, ref)

    def policy(self) -> PolicyView:
        """The policy in force."""
        return policy_view(self._ledger.store, adoption_in_force(self._ledger.store))

    def adoptions(self) -> Sequence[Adoption]:
        """Every adoption."""
        store = self._ledger.store
        return adoptions(store, display_names(store))

    def adopt(self, text: str, reason: str, expect: str | None) -> AdoptionResult:
        """Puts a policy in force."""
        command = AdoptPolicy(text=text, reason=reason, expect=expect)
        context = self._ledger.services.context(self._caller.actor)
        request = AdoptPolicyRequest(command=command, asker=self._caller.asker)
        return adoption_result(self._ledger.executor.execute(request, context))

    def proposals(self) -> Sequence[Proposed]:
        """The policies that wait."""
        return proposals(self._ledger.store, display_names(self._ledger.store))

    def change_roles(self, change: str, body: Command) -> bool:
        """Changes roles; the body is held to its rules, as one that comes over HTTP is."""
        kept = checked(body)
        return change_roles(self._ledger.services, self._caller, kept).events > 0

    def erase(self, body: Erasure) -> ErasureRecorded:
        """Erases a person or a text."""
        settings = self._ledger.settings
        return erase(
            self._ledger.services, self._caller, checked(body), lambda: content_store(settings)
        )

    def end_session(self, session: str) -> SessionView:
        """Logs a browser out."""
        return end_session(self._ledger.store, session, now())

    def kept_body(self, entry: str) -> KeptBody:
        """The kept bytes of an entry."""
        store = self._ledger.store
        return quarantine.body_for_download(store, quarantine.find(store, entry))

    def retry(self, entry: str) -> Retried:
        """Processes an entry again."""
        ledger = self._ledger
        outcome = quarantine_commands.retry(ledger.services, self._caller, entry, ledger.now())
        return Retried(shown.closed_entry(ledger.store, entry), outcome.recorded, outcome.repeats)

    def dismiss(self, entry: str, reason: str) -> Quarantined:
        """Closes an entry."""
        ledger = self._ledger
        quarantine_commands.dismiss(ledger.services, self._caller, entry, reason, ledger.now())
        return shown.closed_entry(ledger.store, entry)

    def events(self, selected: Selection) -> Iterator[Iterable[bytes]]:
        """Stored events."""
        return selected_events(self._ledger.store, selected)

    def texts(self, ids: Iterable[str]) -> list[KeptText]:
        """Texts beside the log."""
        return kept_texts(self._ledger.store, ids)

    def release_key(self) -> str:
        """The public key of the settings' file."""
        return open_release_key(self._ledger.settings).public_key
