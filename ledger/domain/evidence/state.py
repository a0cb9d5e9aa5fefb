"""A piece of evidence's state, folded from its stream."""

from datetime import datetime
from typing import Any, assert_never

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict, replace

from ledger.domain.evidence import events as e
from ledger.domain.evidence.words import CardVerdict
from ledger.domain.text import Text


class EvidenceDecided(msgspec.Struct, frozen=True, kw_only=True):
    """An approval or a rejection: by whom, in which role, for which scope, and until when.

    Where it names neither versions nor change classes, its scope is `release`.
    """

    at: datetime
    person: str
    approved: bool
    role: str | None
    release: str | None
    versions: tuple[str, ...]
    change_classes: tuple[str, ...]
    conditions: tuple[Text, ...]
    until: datetime | None

    def covers(self, version: str | None, change_class: str | None) -> bool:
        """Whether it holds for a version, or a change class; with None for both, it does."""
        if version is None and change_class is None:
            return True
        if change_class is not None and change_class in self.change_classes:
            return True
        versions = self.versions
        if not versions and not self.change_classes and self.release is not None:
            versions = (self.release,)
        return version is not None and version in versions


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """What a person stated of it."""

    at: datetime
    person: str
    role: str | None
    release: str | None
    statement: Text


class EvidenceCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The newest check of a card; see `EvidenceChecked`."""

    at: datetime
    verdict: CardVerdict
    reason: str
    rules: str
    until: datetime | None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A document by its digest; `digest` is empty where none is filed.

    `decisions` are the latest of each role and scope, in the order in which they were made.
    `expired_at` is the end that the clock marked.
    """

    kind: str = ""
    title: Text = ""
    digest: str = ""
    system: str | None = None
    release: str | None = None
    size: int | None = None
    media_type: str | None = None
    url: str | None = None
    valid_until: datetime | None = None
    extracted: e.Extracted | None = None
    refused: tuple[Text, ...] = ()
    decisions: tuple[EvidenceDecided, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    superseded_by: str | None = None
    withdrawn: bool = False
    expired_at: datetime | None = None
    checked: EvidenceCheck | None = None


def evolve(state: Evidence, event: e.EvidenceEvent) -> Evidence:
    """The state after an event."""
    match event:
        case e.EvidenceFiled():
            return Evidence(kind=event.evidence_kind, **_given(event))
        case e.EvidenceRefiled():
            given = _given(event)
            # A card says of which version it is: for another one it is checked again.
            checked = state.checked if event.release in (UNSET, state.release) else None
            return replace(state, **given, checked=checked)
        case e.EvidenceApproved() | e.EvidenceRejected():
            return replace(state, decisions=_with(state.decisions, _decided(event)))
        case e.EvidenceAttested():
            attested = Attestation(
                at=event.at,
                person=event.person,
                role=event.role or None,
                release=event.release or None,
                statement=event.statement,
            )
            return replace(state, attestations=(*state.attestations, attested))
        case e.EvidenceSuperseded():
            return replace(state, superseded_by=event.by)
        case e.EvidenceWithdrawn():
            return replace(state, withdrawn=True)
        case e.EvidenceExpired():
            return replace(state, expired_at=event.valid_until)
        case e.EvidenceChecked():
            checked = EvidenceCheck(
                at=event.at,
                verdict=event.verdict,
                reason=event.reason,
                rules=event.rules,
                until=event.until or None,
            )
            return replace(state, checked=checked)
        case _:
            assert_never(event)


def _given(event: e.EvidenceFiled | e.EvidenceRefiled) -> dict[str, Any]:
    """The fields that an event sets, of those that evidence has."""
    given = {name: value for name, value in asdict(event).items() if value is not UNSET}
    return {name: value for name, value in given.items() if name not in {"at", "evidence_kind"}}


def _decided(event: e.EvidenceApproved | e.EvidenceRejected) -> EvidenceDecided:
    approved = isinstance(event, e.EvidenceApproved)
    return EvidenceDecided(
        at=event.at,
        person=event.person,
        approved=approved,
        role=event.role or None,
        release=event.release or None,
        versions=event.versions,
        change_classes=event.change_classes,
        conditions=event.conditions if isinstance(event, e.EvidenceApproved) else (),
        until=event.until or None,
    )


def _with(
    decisions: tuple[EvidenceDecided, ...], new: EvidenceDecided
) -> tuple[EvidenceDecided, ...]:
    """Another decision takes the place of the one that the same role made for the same scope."""
    return (*(each for each in decisions if _scope(each) != _scope(new)), new)


def _scope(of: EvidenceDecided) -> tuple[object, ...]:
    by = of.role or of.person
    scoped = of.versions or of.change_classes
    return by, of.versions, of.change_classes, None if scoped else of.release
