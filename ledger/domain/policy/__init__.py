"""The policy's own stream: adoptions, each with the policy's whole text."""

import unicodedata
from datetime import datetime
from typing import ClassVar

import msgspec

from ledger.domain.envelope import Event, Text
from ledger.domain.stream_type import StreamType, members
from ledger.errors import Invalid, StaleVersion
from ledger.policy import digest, parse_policy

MOST_REASON = 2_000
"""Characters; the reason shares its event with the longest policy."""
_LAYOUT = "\n\r\t"


class PolicyAdopted(Event, frozen=True, kw_only=True):
    """A policy took force. `text` is its TOML, `digest` that text's SHA-256."""

    name: ClassVar[str] = "policy.adopted.v1"

    text: str
    digest: str
    reason: Text


PolicyEvent = PolicyAdopted


class PolicyInForce(msgspec.Struct, frozen=True, kw_only=True):
    """The policy in force: its text and digest; empty before the first adoption."""

    text: str = ""
    digest: str = ""


class AdoptPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Adopt `text` as the policy; with `expect`, in place of the policy of that digest alone."""

    text: str
    reason: str
    expect: str | None = None


def decide(command: AdoptPolicy, state: PolicyInForce, now: datetime) -> tuple[PolicyEvent, ...]:
    """Adopting what is in force is nothing to do.

    Raises Invalid for a text that does not read or a reason that says nothing, StaleVersion where
    another policy is in force than the one expected.
    """
    parse_policy(command.text)
    require_reason(command.reason)
    if command.expect is not None and command.expect != state.digest:
        raise StaleVersion(
            f"The policy in force is {state.digest or 'none yet'}, not {command.expect}.",
            remedy="Read it again, and decide on what it is now: see airledger policy history.",
        )
    adopted = digest(command.text)
    if adopted == state.digest:
        return ()
    return (PolicyAdopted(at=now, text=command.text, digest=adopted, reason=command.reason),)


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
    return PolicyInForce(text=event.text, digest=event.digest)


POLICY = StreamType(
    kind="policy",
    initial=PolicyInForce(),
    evolve=evolve,
    events=members(PolicyEvent),
)
