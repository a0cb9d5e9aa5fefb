"""Deterministic identity: the same signal, however often delivered, names the same streams.

Version 5 UUIDs (RFC 9562) under one namespace; the name is a JSON list, so that no two lists of
parts can meet.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from hashlib import sha1
from uuid import UUID, uuid5

import msgspec

NAMESPACE = UUID("6f0d6b0e-4c0f-5d1b-9a38-1f6b7a0c2e11")

REMEMBERED = 8192
"""So many alerts, groups and systems, as the same ones are named again and again."""

UNSEEN = frozenset({"Cc", "Cf"})
"""The Unicode categories of characters that are not seen in a name: controls and formats."""

POLICY_ID = uuid5(NAMESPACE, "policy")
"""The one policy stream of a ledger."""

SYSTEM_REFERENCE = re.compile(r"SYS-[0-9]+", re.IGNORECASE)
"""What reads as the reference of a system is no name of one."""
OWN_NAMES = "airledger/"
"""What the names of the ledger's own sources begin with."""

INTAKE_ID = uuid5(NAMESPACE, "intake")
"""The one stream of a ledger about its intake as a whole."""


SYSTEM_NAMES_ID = uuid5(NAMESPACE, "system_names")
"""The one stream of a ledger about other names of systems."""


def named(*parts: object) -> UUID:
    """The id that these parts give, always the same: `uuid5` of their JSON, without its detours."""
    name = NAMESPACE.bytes + msgspec.json.encode(parts)
    return UUID(bytes=sha1(name, usedforsecurity=False).digest()[:16], version=5)


@lru_cache(REMEMBERED)
def alert_id(source: str, dedup_key: str) -> UUID:
    """An alert: one per source and deduplication key (Alertmanager: the fingerprint)."""
    return named("alert", source, dedup_key)


@lru_cache(REMEMBERED)
def group_id(rule: str, values: tuple[tuple[str, str], ...]) -> UUID:
    """An alert group: one per policy rule and values of its `group_by`."""
    return named("alert_group", rule, values)


def incident_id(group: UUID, n: int) -> UUID:
    """The group's n-th incident, counted from 1."""
    return named("incident", group, n)


def opened_under(kind: str, token: str, key: str) -> UUID:
    """The stream that a token opens under an idempotency key (or a reporter's own key)."""
    return named(kind, "reported", token, key)


def access_id(kind: str, name: str) -> UUID:
    """The access stream of a source or token name."""
    return named("access", kind, name)


def review_id(system: str, month: str) -> UUID:
    """The review of a system's month (YYYY-MM): a second launch meets the first."""
    return named("review", system, month)


@lru_cache(REMEMBERED)
def system_id(name: str) -> UUID:
    """The AI system of a name: names that differ in case or spaces alone are one."""
    return named("system", name_key(name))


def name_key(name: str) -> str:
    """What names of one system have in common: they differ in case or spaces alone."""
    return " ".join(name.split()).casefold()


def person_key(name: str) -> str:
    """What names of one person have in common: they differ in nothing that a reader sees, or case.

    The same letter has several forms in Unicode, and characters without a width may stand anywhere.
    """
    seen = (each for each in name if each.isspace() or unicodedata.category(each) not in UNSEEN)
    return unicodedata.normalize("NFKC", name_key(unicodedata.normalize("NFKC", "".join(seen))))


def evidence_id(kind: str, system: str | None, digest: str) -> UUID:
    """Evidence: one a kind, system and digest; without a system it is the organisation's."""
    of = None if system is None else name_key(system)
    return named("evidence", kind, of, digest)


def improvement_id(
    trigger: str,
    system: str,
    metric: str,
    segment: Iterable[tuple[str, str]],
    fired: str | int,
) -> UUID:
    """The improvement that a trigger proposes: each time that it fires, one.

    `segment` are the labels of what was measured; `fired` is the quarter ("2026-Q3") that it was
    judged for, or the leaf of the event that crossed the threshold.
    """
    return named("improvement", trigger, system, metric, sorted(segment), fired)


def release_id(system: str, version: str, environment: str) -> UUID:
    """A release: one a system, version and environment."""
    return named("release", str(system_id(system)), version, environment)


def evaluations_id(system: str, version: str) -> UUID:
    """What was evaluated of a version of a system, whatever the environment."""
    return named("evaluations", str(system_id(system)), version)


def production_id(system: str, environment: str) -> UUID:
    """What of a system runs in an environment."""
    return named("production", str(system_id(system)), environment)


def condition_id(release: UUID, decision: int, place: int) -> UUID:
    """The improvement that a condition of a release's n-th decision becomes."""
    return named("improvement", "condition", str(release), decision, place)


def action_id(stream: str, leaf: int, place: int) -> UUID:
    """The improvement that an action becomes: of the event at a leaf, by its place from 0."""
    return named("improvement", "action", stream, leaf, place)


def recurrence_id(group: UUID) -> UUID:
    """The improvements that are to keep an alert group from opening another incident."""
    return named("recurrence", str(group))


def standard_id(name: str) -> UUID:
    """A law or standard, by the id that the policy's `standards` has for it, or its own."""
    return named("standard", name)


def control_id(control: str, system: str | None) -> UUID:
    """A control of a system; without one, of the organisation."""
    return named("control", control, None if system is None else str(system_id(system)))


def update_id(standard: str, leaf: int, system: str) -> UUID:
    """The improvement that a change of a standard, the event at a leaf, calls for of a system."""
    return named("improvement", "policy_update", standard, leaf, str(system_id(system)))


def reader_id(name: str) -> UUID:
    """A server that measurements are read from, by its name."""
    return named("reader", name)


def reading_id(reader: str, objective: str, system: str, until: int) -> UUID:
    """What a server was asked for: an objective of a system, for the interval that ends `until`.

    That is in seconds since 1970.
    """
    return named("reading", reader, objective, system, until)


def text_subject_id(text: str) -> UUID:
    """The stream of the erasure of one text by itself."""
    return named("subject", "text", text)


def stream_subject_id(stream: str) -> UUID:
    """The stream of the erasure of all texts of one stream."""
    return named("subject", "stream", stream)


def delivery_id(event: str, channel: str) -> UUID:
    """The notification of an event to a channel: a second request meets the first."""
    return named("delivery", event, channel)


def escalation_id(event: str, channel: str, waits: timedelta) -> UUID:
    """The notification of an event to a channel so long after it, where nobody answered."""
    return named("delivery", event, channel, f"{waits.total_seconds():.0f}")


def digest_key(deliveries: Iterable[UUID]) -> UUID:
    """The key of one message that is several notifications, whatever their order."""
    return named("digest", *sorted(map(str, deliveries)))


def source_id(name: str) -> UUID:
    """The id of the stream of events about a source itself."""
    return named("source", name)


def cut_group_id(source: str, receiver: str, group_key: str) -> UUID:
    """A group of alerts that a source sends in one body, whichever of its peers sends it."""
    return named("cut_group", source, receiver, group_key)
