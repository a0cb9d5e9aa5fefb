"""The policy's own stream: adoptions, each with the policy's whole text."""

from datetime import datetime
from typing import ClassVar

import msgspec

from ledger.domain.envelope import Event, Text
from ledger.policy import digest, read


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
    """Adopt `text` as the policy."""

    text: str
    reason: str


def decide(command: AdoptPolicy, state: PolicyInForce, now: datetime) -> tuple[PolicyEvent, ...]:
    """Adopting what is in force is nothing to do. Raises Invalid for a text that does not read."""
    read(command.text)
    adopted = digest(command.text)
    if adopted == state.digest:
        return ()
    return (PolicyAdopted(at=now, text=command.text, digest=adopted, reason=command.reason),)


def evolve(state: PolicyInForce, event: PolicyEvent) -> PolicyInForce:
    """The state after an event."""
    return PolicyInForce(text=event.text, digest=event.digest)
