"""Deterministic identity: the same signal, however often delivered, names the same streams.

Version 5 UUIDs (RFC 9562) under one namespace; the name is a JSON list, so that no two lists of
parts can meet.
"""

from uuid import UUID, uuid5

import msgspec

NAMESPACE = UUID("6f0d6b0e-4c0f-5d1b-9a38-1f6b7a0c2e11")

POLICY = uuid5(NAMESPACE, "policy")
"""The one policy stream of a ledger."""


def named(*parts: object) -> UUID:
    """The id that these parts give, always the same."""
    return uuid5(NAMESPACE, msgspec.json.encode(parts).decode())


def alert_of(source: str, dedup_key: str) -> UUID:
    """An alert: one per source and deduplication key (Alertmanager: the fingerprint)."""
    return named("alert", source, dedup_key)


def group_of(rule: str, values: tuple[tuple[str, str], ...]) -> UUID:
    """An alert group: one per policy rule and values of its `group_by`."""
    return named("alert_group", rule, values)


def incident_of(group: UUID, n: int) -> UUID:
    """The group's n-th incident, counted from 1."""
    return named("incident", group, n)


def reported_incident(token: str, key: str) -> UUID:
    """An incident reported under an idempotency key (or a reporter's own key)."""
    return named("incident", "reported", token, key)


def access_of(kind: str, name: str) -> UUID:
    """The access stream of a source or token name."""
    return named("access", kind, name)


def review_of(system: str, month: str) -> UUID:
    """The review of a system's month (YYYY-MM): a second launch meets the first."""
    return named("review", system, month)


def source_of(name: str) -> UUID:
    """The stream of what is to be said about a source itself."""
    return named("source", name)
