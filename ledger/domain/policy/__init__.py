"""The policy's own stream: adoptions and proposals, each with the policy's whole text."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, NamedTuple, assert_never

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from ledger.domain.envelope import Event
from ledger.domain.stream_type import StreamType, members
from ledger.domain.text import Text
from ledger.errors import Invalid, Refused, StaleVersion
from ledger.policy import Policy, difference, digest, parse_guards, parse_policy

MOST_REASON = 2_000
"""Characters; the reason shares its event with the longest policy."""
MOST_PROPOSALS = 10
"""So many different policies at most wait for a second person."""
_LAYOUT = "\n\r\t"


class PolicyAdopted(Event, frozen=True, kw_only=True):
    """A policy took force. `text` is its TOML, `digest` that text's SHA-256.

    `proposed_by` is the person, other than the one who adopts it, that it was proposed by, where
    it needed two.
    """

    name: ClassVar[str] = "policy.adopted.v1"

    text: str
    digest: str
    reason: Text
    proposed_by: str | UnsetType = UNSET


class PolicyProposed(Event, frozen=True, kw_only=True):
    """A policy is to take force in place of the one of `base`, once a second person adopts it.

    `by` proposed it. `persons` is everybody that the proposal counts as: the ids of one human, and
    whose deputy he is. Nobody, where it came from a program.
    """

    name: ClassVar[str] = "policy.proposed.v1"

    text: str
    digest: str
    base: str
    reason: Text
    by: str
    persons: tuple[str, ...] = ()


PolicyEvent = PolicyAdopted | PolicyProposed


class Proposal(NamedTuple):
    """A policy that somebody proposed in place of the one in force; `by` counts as `persons`."""

    by: str
    persons: frozenset[str]


class PolicyInForce(msgspec.Struct, frozen=True, kw_only=True):
    """The policy in force: its text and digest; empty before the first adoption.

    `proposals` are those in its place, by their digest, in their order. `adopted` are the digests
    of all that ever took force.
    """

    text: str = ""
    digest: str = ""
    proposals: Mapping[str, tuple[Proposal, ...]] = {}
    adopted: frozenset[str] = frozenset()


class AdoptPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Adopt `text` as the policy; with `expect`, in place of the policy of that digest alone."""

    text: str
    reason: str
    expect: str | None = None


class Adopter(NamedTuple):
    """Who adopts: his own id, everybody that he counts as, whether he acts as a person, or broke
    the glass."""

    actor: str
    persons: frozenset[str]
    is_person: bool = False
    broke_glass: bool = False


def decide(
    command: AdoptPolicy, state: PolicyInForce, now: datetime, adopter: Adopter | None = None
) -> tuple[PolicyEvent, ...]:
    """Adopting what is in force is nothing to do; what needs a second person is proposed first.

    Without an `adopter` the ledger adopts its first policy. Raises Invalid for a text that does not
    read or a reason that says nothing, StaleVersion where another policy is in force than the one
    expected.
    """
    policy = parse_policy(command.text)
    require_reason(command.reason)
    if command.expect is not None and command.expect != state.digest:
        raise StaleVersion(
            f"The policy in force is {state.digest or 'none yet'}, not {command.expect}.",
            remedy="Read it again, and decide on what it is now: see airledger policy history.",
        )
    given = digest(command.text)
    if given == state.digest:
        return ()
    adopted = PolicyAdopted(at=now, text=command.text, digest=given, reason=command.reason)
    if (
        adopter is None
        or adopter.broke_glass
        or not _needs_second(state.text, command.text, policy)
    ):
        return (adopted,)
    counted = adopter.persons if adopter.is_person else frozenset()
    proposals = state.proposals.get(given, ())
    for proposal in proposals:
        if counted and proposal.persons and not counted & proposal.persons:
            return (replace(adopted, proposed_by=proposal.by),)
    if any(counted <= proposal.persons for proposal in proposals):
        return ()
    if not proposals and len(state.proposals) >= MOST_PROPOSALS:
        raise Refused(
            "too_many_proposals",
            f"{MOST_PROPOSALS} policies are proposed already in place of the one in force.",
            remedy="Let a second person adopt one of them: see airledger policy proposals. An "
            "adoption of any policy, also of one with another comment alone, drops the others.",
        )
    return (
        PolicyProposed(
            at=now,
            text=command.text,
            digest=given,
            base=state.digest,
            reason=command.reason,
            by=adopter.actor,
            persons=tuple(sorted(counted)),
        ),
    )


def _needs_second(before: str, text: str, policy: Policy) -> bool:
    """Whether a change of the policy in force needs two people, by that policy or by the new one.

    So nobody turns the rule on who could not satisfy it.
    """
    if not before:
        return False
    access = parse_guards(before).access
    if not (access.two_people or policy.access.two_people):
        return False
    return any(not access.is_harmless(each.path) for each in difference(before, text).changes)


def require_reason(reason: str) -> None:
    """Refuses a reason that nobody can read: blank, too long, with control characters."""
    fault = ""
    if not any(each.isprintable() and not each.isspace() for each in reason):
        fault = "It is empty. Say why this policy takes force."
    elif len(reason) > MOST_REASON:
        fault = f"It has {len(reason)} characters of at most {MOST_REASON}. Shorten it."
    else:
        for each in reason:
            if unicodedata.category(each) in {"Cc", "Cs"} and each not in _LAYOUT:
                fault = f"It holds the character U+{ord(each):04X}, which is no text. Remove it."
                break
    if fault:
        raise Invalid(f"The reason cannot be taken. {fault}", errors=[("reason", fault)])


def evolve(state: PolicyInForce, event: PolicyEvent) -> PolicyInForce:
    """The state after an event."""
    match event:
        case PolicyAdopted():
            adopted = state.adopted | {event.digest}
            return PolicyInForce(text=event.text, digest=event.digest, adopted=adopted)
        case PolicyProposed():
            proposal = Proposal(event.by, frozenset(event.persons))
            of = (*state.proposals.get(event.digest, ()), proposal)
            return replace(state, proposals={**state.proposals, event.digest: of})
        case _:
            assert_never(event)


POLICY = StreamType(
    kind="policy",
    initial=PolicyInForce(),
    evolve=evolve,
    events=members(PolicyEvent),
)
