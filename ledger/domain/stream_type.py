"""What a kind of stream is: one value, from which all that is generic derives.

The registry `ledger.domain.catalogue.STREAMS` lists them. Codec, catalogue, ids, references,
loading, idempotency, HTTP routes, CloudEvents, the command line, forms and the event reference are
made from it, and name no kind.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any, NamedTuple, get_args
from uuid import UUID

from msgspec.structs import replace

from ledger.domain.codec import Upcaster
from ledger.domain.command import Command
from ledger.domain.concern import Concern
from ledger.domain.envelope import Event, stream_id
from ledger.domain.identity import SYSTEM_REFERENCE, opened_under
from ledger.domain.text import free_texts
from ledger.errors import NotFound, Refused
from ledger.policy import Policy
from ledger.vocabulary import Scope

Decided = tuple[Event, ...]
Decide = Callable[[Any, Any, Policy, datetime], Decided]
"""decide(command, state, policy, now): the events that a command causes. Raises LedgerError."""


class Sender(NamedTuple):
    """Who sends a command: the actor, and every person that it counts as.

    These are the ids of the same human, and whoever is acted for as a deputy. `role` is the one
    that the RACI has him act in. `roles` are those that he may act in, each with its system, or
    None for the organisation; `deputy_in` are those of them that are not his own, each with its
    holder, too. `in_person`: it comes by a person's own session.
    """

    actor: str
    persons: frozenset[str]
    role: str | None = None
    roles: frozenset[tuple[str, str | None]] = frozenset()
    in_person: bool = False
    deputy_in: frozenset[tuple[str, str | None, str]] = frozenset()

    def holds(self, role: str, system: str | None) -> bool:
        """Whether he may act in a role for a system; for the organisation, with None."""
        return (role, None) in self.roles or (role, system) in self.roles

    def holds_himself(self, role: str, system: str | None) -> bool:
        """Whether a role for a system is his own, and not that of somebody he is the deputy of."""
        own = self.roles - {(name, of) for name, of, _ in self.deputy_in}
        return (role, None) in own or (role, system) in own

    def persons_in(self, role: str, system: str | None) -> frozenset[str]:
        """Every person that he counts as in a role: a deputy in it counts as its holder as well."""
        if self.holds_himself(role, system):
            return self.persons
        holders = {
            holder for name, of, holder in self.deputy_in if name == role and of in (None, system)
        }
        return self.persons | holders


NOBODY = Sender("", frozenset())
"""The sender of a command that nobody sends: the ledger's own."""
DecideBy = Callable[[Any, Any, Policy, datetime, Sender], Decided]
"""decide_by(command, state, policy, now, sender): a decision that depends on who sends it."""


class Appended(NamedTuple):
    """Events for one of the streams that a decision read."""

    stream: str
    events: Decided


DecideOver = Callable[[Any, str, Mapping[str, Any], Policy, datetime, Sender], tuple[Appended, ...]]
"""decide_over(command, stream, states, policy, now, sender): a decision over several streams.

`stream` is the one that is commanded; `states` holds it and those that the command reads, by name.
"""


OwnName = Callable[[str], str]
"""The own name of a system, by any of its names."""


def by_own_name(command: Any, own: OwnName) -> Any:
    """A command whose field `system` names one, if it does, with that system's own name.

    Raises Refused for a reference: what is recorded has names alone.
    """
    if command.system and SYSTEM_REFERENCE.fullmatch(command.system):
        raise Refused(
            "system_name_reserved",
            f"{command.system!r} is the reference of a system, and not its name.",
            remedy="Write the name, which airledger system show tells.",
        )
    return replace(command, system=own(command.system)) if command.system else command


class OtherNames(NamedTuple):
    """A stream that has other names of streams; `find` gives the one that a name is of."""

    stream: str
    find: Callable[[Any, str], UUID | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandType:
    """A command that may come from outside. One that is not listed comes from the ledger alone.

    `done` is what people are told once it is recorded. `opens`: it begins a stream, and its route
    is that of the list. `opens_as` gives the id of that stream from the command, where its fields
    name it. `scope` is what a token needs. `arguments` are the fields that may stand without their
    names where a command is typed; `words` are its words there, where they are not those of its
    route. `title` heads its form; without one its route does. `reads` gives the other streams that
    it is decided by, with `decide_over`, and `checks` those that may have no event; `follows` gives
    those that the states of its own stream and of others name, again and again until it names no
    new one. `decide_by` decides it where it matters who sends it. `names` fills in what the name of
    its stream says; with it, the stream may have no event yet.
    `needs_person`: only a person's own session may send it. `touches` are systems that it names
    beside those of its streams; `renames` gives the command with their own names, by a function
    that gives that of any. `compares` gives what of the state its own texts are compared with:
    of texts beside the log these are read. What was erased equals every text, but for a command
    that `corrects`. `many`: its route takes a list of them, too, which is recorded as one.
    """

    body: type[Command]
    done: str
    opens: bool = False
    opens_as: Callable[[Any], UUID | None] | None = None
    scope: Scope = Scope.OPERATE
    arguments: tuple[str, ...] = ()
    words: str = ""
    title: str = ""
    reads: Callable[[Any], tuple[str, ...]] = lambda _: ()
    checks: Callable[[Any], tuple[str, ...]] = lambda _: ()
    follows: Callable[[Any, str, Mapping[str, Any]], tuple[str, ...]] | None = None
    decide_over: DecideOver | None = None
    decide_by: DecideBy | None = None
    needs_person: bool = False
    touches: Callable[[Any], tuple[str, ...]] = lambda _: ()
    renames: Callable[[Any, OwnName], Any] | None = None
    compares: Callable[[Any, Any], Any] = lambda command, state: ()
    corrects: bool = False
    many: bool = False
    names: Callable[[Any, str], Any] | None = None


def own_texts(event: Event) -> tuple[Event, tuple[str, ...]]:
    """The event, and the names of its fields that may have texts beside the log."""
    return event, free_texts(type(event))


@dataclass(frozen=True, kw_only=True)
class StreamType:
    """A kind of stream: how it folds, what may be asked of it, and how people name it.

    `commands` are those from outside, by the last part of their route ("rca/complete"). `label`
    and `plural` are words of a sentence and of a route; `prefix` begins a reference ("INC-7", with
    the leaf index of the stream's first event). `groups` says what commands of two words have in
    common, by the first. `describe` is an event as a sentence for people. `named` gives the stream
    behind a name of another form than ids and references have; None where the text has not it;
    `by_name` is what such a name is, in words, and `other_names` has those that are given.
    `concerns` is which systems a state speaks of, and the worst severity that it had. `tells_of`
    names the incident that a state's words are about, as it was named; who may not read that reads
    neither. `texts_of` gives an event ready to have texts beside the log, and the names of its
    fields that have them.
    """

    kind: str
    initial: Any
    evolve: Callable[[Any, Any], Any]
    events: tuple[type[Event], ...]
    decide: Decide | None = None
    commands: Mapping[str, CommandType] = field(default_factory=dict)
    label: str = ""
    plural: str = ""
    prefix: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    describe: Callable[[Any], str] | None = None
    named: Callable[[str], UUID | None] = lambda _: None
    by_name: str = ""
    other_names: OtherNames | None = None
    concerns: Callable[[Any], Concern] = lambda _: Concern()
    tells_of: Callable[[Any], str | None] | None = None
    texts_of: Callable[[Event], tuple[Event, tuple[str, ...]]] = own_texts
    upcasters: Mapping[str, Upcaster] = field(default_factory=dict)
    by_body: Mapping[type[Command], str] = field(init=False)
    """The names of the commands by the type of their body."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_body", {of.body: name for name, of in self.commands.items()})

    def stream(self, of: UUID) -> str:
        """The name of one of its streams."""
        return stream_id(self.kind, of)

    def decided(self, command: Any, state: Any, policy: Policy, now: datetime) -> Decided:
        """The events that a command causes. Raises ValueError for a kind that decides none."""
        if self.decide is None:
            raise ValueError(f"{self.kind} decides no commands")
        return self.decide(command, state, policy, now)

    def folded(self, events: Iterable[Event]) -> Any:
        """The state after all events of a stream; the initial one without any."""
        return reduce(self.evolve, events, self.initial)

    def command_type(self, command: Command) -> CommandType | None:
        """How a command from outside is decided; None for one of the ledger's own."""
        name = self.by_body.get(type(command))
        return None if name is None else self.commands[name]

    def opened_under(self, token: str, key: str) -> UUID:
        """The id of the stream that a token opens under an idempotency key."""
        return opened_under(self.kind, token, key)

    def opened_as(self, command: Command) -> UUID | None:
        """The id of the stream that a command opens, where its fields name it; else None."""
        of = self.command_type(command)
        return None if of is None or of.opens_as is None else of.opens_as(command)

    def unknown(self, ref: object) -> NotFound:
        """The error for a stream that has no event."""
        return NotFound(f"There is no {self.label} {ref}.", remedy=f"See airledger {self.plural}.")


def members(events: Any) -> tuple[type[Event], ...]:
    """The event types of a union, or of the one that it is."""
    return get_args(events) or (events,)
