"""A decision as others read it: an in-toto Statement with a SLSA Verification Summary. Pure.

Sources: in-toto Attestation Framework v1 (Statement, ResourceDescriptor, DigestSet) and SLSA's
Verification Summary Attestation v1. The same decision gives the same bytes, canonical JSON (RFC
8785), whoever computes them and when: nothing in them comes from read models, settings or texts
that may be erased. ADR 51 says why each field is what it is.
"""

from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
import rfc8785

from ledger.domain.release.artefacts import Artefact
from ledger.domain.release.events import ReleaseDecided, RequirementJudged
from ledger.domain.release.words import Decision, Verdict
from ledger.errors import Refused
from ledger.policy.times import time_text

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/verification_summary/v1"
EXTENSION = "airledger:decision"
"""The field of the predicate with what a verification summary has no field for."""
PROVIDER_VERSION = "airledgerProviderVersion"
"""The algorithm of a digest that is none: a provider's name and version, which it keeps as is."""
GATES_PASSED, GATES_WAIVED, FAILED = (
    "AIRLEDGER_GATES_PASSED",
    "AIRLEDGER_GATES_PASSED_WITH_WAIVERS",
    "FAILED",
)


class Attested(NamedTuple):
    """Something that the decision rests on: where it is below the log, and its SHA-256 (hex)."""

    path: str
    digest: str


class Stated(NamedTuple):
    """A decision, the log and the leaf where it is, and what it rests on.

    `leaf_hash` (hex) is that of the log's tree; `policy` the SHA-256 (hex) of the policy's text.
    """

    origin: str
    release: str
    system: str
    version: str
    environment: str
    event: ReleaseDecided
    leaf: int
    leaf_hash: str
    stored: bytes
    policy: str
    inputs: tuple[Attested, ...]


def statement(stated: Stated) -> bytes:
    """The payload. Raises Refused for artefacts that nothing identifies."""
    event = stated.event
    _require_subjects(event.artefacts)
    go = event.decision is Decision.GO
    log = f"airledger:{_segments(stated.origin)}"
    found: dict[str, Any] = {
        "_type": STATEMENT_TYPE,
        "subject": [_subject(each) for each in event.artefacts],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "verifier": {"id": log},
            "timeVerified": time_text(event.at),
            "resourceUri": f"{log}/release/{_name(stated)}",
            "policy": {
                "uri": f"{log}/policy/{stated.policy}",
                "digest": {"sha256": stated.policy},
            },
            "inputAttestations": [
                {"uri": f"{log}/{each.path}", "digest": {"sha256": each.digest}}
                for each in stated.inputs
            ],
            "verificationResult": "PASSED" if go else "FAILED",
            "verifiedLevels": [_level(event.requirements) if go else FAILED],
            EXTENSION: _extension(stated),
        },
    }
    return rfc8785.dumps(found)


def _require_subjects(artefacts: tuple[Artefact, ...]) -> None:
    floating = [each for each in artefacts if not each.pinned]
    if artefacts and not floating:
        return
    named = ", ".join(f"{each.kind.value}:{each.name}" for each in floating)
    raise Refused(
        "subject_unpinned",
        f"A statement is about artefacts that are known by their content, and nothing says which "
        f"content these had: {named}."
        if floating
        else "A statement is about artefacts, and the release had none.",
        remedy="Amend the release so that every artefact has a digest, or is a provider's model "
        "with a version; decide, and export that decision.",
    )


def _subject(artefact: Artefact) -> dict[str, Any]:
    """An artefact as a ResourceDescriptor: what has no digest has no made-up one."""
    given = {"kind": artefact.kind.value, "version": artefact.version, "uri": artefact.uri}
    digest = (
        {"sha256": artefact.digest}
        if artefact.digest
        else {PROVIDER_VERSION: f"{artefact.name}@{artefact.version}"}
    )
    return {
        "name": f"{artefact.kind.value}:{artefact.name}",
        "digest": digest,
        "annotations": {f"airledger:{name}": value for name, value in given.items() if value},
    }


def _level(requirements: tuple[RequirementJudged, ...]) -> str:
    waived = any(each.verdict is Verdict.WAIVED for each in requirements)
    return GATES_WAIVED if waived else GATES_PASSED


def _extension(stated: Stated) -> dict[str, Any]:
    event = stated.event
    described: dict[str, Any] = {
        "origin": stated.origin,
        "leaf": stated.leaf,
        "leafHash": stated.leaf_hash,
        "event": {"digest": {"sha256": sha256(stated.stored).hexdigest()}},
        "release": stated.release,
        "system": stated.system,
        "version": stated.version,
        "environment": stated.environment,
        "changeClass": event.change_class,
        "decision": event.decision.value,
        "person": event.person,
        "subjectDigest": {"sha256": event.subject_digest},
        "conditions": list(event.improvements),
        "requirements": [_requirement(each) for each in event.requirements],
    }
    if event.role:
        described["role"] = event.role
    return described


def _requirement(judged: RequirementJudged) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(judged)
    as_of = plain.pop("as_of", None)
    return plain if as_of is None else plain | {"asOf": time_text(judged.as_of or None)}


def _name(stated: Stated) -> str:
    parts = (stated.system, stated.version, stated.environment)
    return "@".join(quote(each, safe="") for each in parts)


def _segments(origin: str) -> str:
    return quote(origin, safe="/:")


__all__ = [
    "EXTENSION",
    "PAYLOAD_TYPE",
    "PREDICATE_TYPE",
    "PROVIDER_VERSION",
    "STATEMENT_TYPE",
    "Attested",
    "Stated",
    "statement",
]
