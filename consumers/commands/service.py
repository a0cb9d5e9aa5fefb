"""Commands of people and programs, the same for HTTP and the command line. Blocking."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec.structs import replace

from consumers.access.people import get_or_create_person
from consumers.commands.references import stream_named
from consumers.commands.resolving import resolved
from consumers.services import Services
from ledger.domain.access.deciding import Asker
from ledger.domain.command import Command
from ledger.domain.stream_type import StreamType
from ledger.execute import Context, ExecuteCommand, ExecuteCommands, Idempotency, Outcome


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who commands: an opaque actor, and the name of the token (or user) it comes by.

    `asker` is what he came with: scopes, and by what he acts.
    """

    actor: str
    token: str
    asker: Asker


class Commands:
    """Executes commands on streams of any kind that takes them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def open(
        self, caller: Caller, kind: StreamType, command: Command, *, key: str | None = None
    ) -> Outcome:
        """Opens a stream of a kind: the one that the command names, or under a key always the same.

        Raises Invalid, Refused, IdempotencyKeyReused, ...
        """
        subject = kind.opened_as(command)
        if subject is None:
            new = UUID(self._services.new_id())
            subject = new if key is None else kind.opened_under(caller.token, key)
        context = self._context(caller, key, kind.by_body[type(command)], command)
        return self._execute(kind, subject, command, caller, context)

    def open_all(self, caller: Caller, kind: StreamType, given: Sequence[Command]) -> Outcome:
        """Opens the streams that these commands name: all of them, or none. Raises Refused, ..."""
        parts = []
        context = self._services.context(caller.actor)
        for command in given:
            subject = kind.opened_as(command)
            if subject is None:
                raise ValueError(f"{kind.kind} names no stream that a command opens")
            parts.append(
                ExecuteCommand(
                    kind=kind.kind,
                    subject=subject,
                    command=self._resolved(command, context),
                    asker=caller.asker,
                )
            )
        return self._services.executor.execute(ExecuteCommands(parts=tuple(parts)), context)

    def command(
        self,
        caller: Caller,
        kind: StreamType,
        ref: str,
        command: Command,
        *,
        key: str | None = None,
        if_match: int | None = None,
    ) -> Outcome:
        """Commands the stream that `ref` names. Raises NotFound, Refused, StaleVersion, ..."""
        of = kind.command_type(command)
        names = None if of is None else of.names
        if names is not None:
            command = names(command, ref)
        subject = stream_named(self._services.store, kind, ref, may_be_new=names is not None)
        context = self._context(caller, key, f"{subject}", command, if_match)
        return self._execute(kind, subject, command, caller, context)

    def send(
        self,
        caller: Caller,
        kind: StreamType,
        ref: str | None,
        command: Command,
        *,
        key: str | None = None,
        if_match: int | None = None,
    ) -> Outcome:
        """Commands the stream that `ref` names, or opens one without `ref`."""
        if ref is None:
            return self.open(caller, kind, command, key=key)
        return self.command(caller, kind, ref, command, key=key, if_match=if_match)

    def _execute(
        self, kind: StreamType, subject: UUID, command: Command, caller: Caller, context: Context
    ) -> Outcome:
        request = ExecuteCommand(
            kind=kind.kind,
            subject=subject,
            command=self._resolved(command, context),
            asker=caller.asker,
        )
        return self._services.executor.execute(request, context)

    def _resolved(self, command: Command, context: Context) -> Command:
        """The command with the ids of what it names."""
        store, executor = self._services.store, self._services.executor
        return resolved(
            command,
            find=lambda of, ref: stream_named(store, of, ref),
            person=lambda name: get_or_create_person(store, executor, context, name),
            sender=context.source,
        )

    def _context(
        self,
        caller: Caller,
        key: str | None,
        about: str,
        command: Command,
        if_match: int | None = None,
    ) -> Context:
        body = msgspec.json.encode([about, type(command).__name__, command])
        return replace(
            self._services.context(caller.actor),
            if_match=if_match,
            idempotency=None
            if key is None
            else Idempotency(token=caller.token, key=key, request=hashlib.sha256(body).hexdigest()),
        )
