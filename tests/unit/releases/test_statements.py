"""Decisions as in-toto Statements in DSSE envelopes, checked by a library that is not ours."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import rfc8785
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined] # not in its __all__

from consumers.commands.policy_history import adoption_in_force
from consumers.container.backends import log_of
from consumers.container.ledger import Ledger, open_ledger
from consumers.container.release_key import make_release_key, open_release_key
from consumers.read_service.statements import signed_statement, statement_payload
from ledger.domain.release import events as e
from ledger.domain.release.artefacts import Artefact
from ledger.domain.release.statement import EXTENSION, PROVIDER_VERSION
from ledger.domain.release.words import Decision, Verdict
from ledger.errors import NotFound, Refused
from ledger.transparency.dsse import EnvelopeSigner, new_envelope_key
from ledger.transparency.merkle import leaf_hash
from ledger.vocabulary import ArtefactKind
from tests.harness.gated_release import MODEL, PROMPT, REF, SIGNERS, GatedRelease
from tests.unit.releases.conftest import with_key


@pytest.fixture
def leaf(ledger: Ledger, gated: GatedRelease) -> int:
    """That of the decision to go."""
    if not ledger.settings.embedded:
        make_release_key(ledger.settings)
    gated.sign()
    return gated.decide()


def envelope(ledger: Ledger, **changes: Any) -> dict[str, Any]:
    """The envelope as JSON, with other members where they are given."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(signed_statement(ledger, REF)))
    return found | changes


def key_of(pem: str) -> SSlibKey:
    return SSlibKey.from_crypto(load_pem_public_key(pem.encode()))


def own_key(ledger: Ledger) -> SSlibKey:
    return key_of(open_release_key(ledger.settings).public_key)


def verified(document: dict[str, Any], key: SSlibKey) -> bytes:
    """The payload, where securesystemslib accepts the envelope. Raises VerificationError."""
    opened = Envelope.from_dict(json.loads(json.dumps(document)))
    opened.verify([key], 1)
    return bytes(opened.payload)


@pytest.mark.usefixtures("leaf")
def test_what_is_signed_is_accepted_by_a_library_that_is_not_ours(ledger: Ledger) -> None:
    payload = verified(envelope(ledger), own_key(ledger))

    assert statement_payload(ledger.store, REF) == payload
    assert "application/vnd.in-toto+json" == envelope(ledger)["payloadType"]


@pytest.mark.usefixtures("leaf")
def test_whatever_is_changed_is_not_accepted(ledger: Ledger) -> None:
    document, key = envelope(ledger), own_key(ledger)
    payload = base64.b64decode(document["payload"])
    changed = base64.b64encode(payload.replace(b'"PASSED"', b'"FAILED"')).decode()
    [signature] = document["signatures"]
    signed = bytearray(base64.b64decode(signature["sig"]))
    signed[0] ^= 1
    other = new_envelope_key().public_key
    pretends = key_of(other)
    pretends.keyid = key.keyid

    for wrong, by in (
        (document | {"payload": changed}, key),
        (document | {"payloadType": "application/json"}, key),
        (
            document | {"signatures": [signature | {"sig": base64.b64encode(signed).decode()}]},
            key,
        ),
        (document, key_of(other)),
        (document, pretends),
        (document | {"signatures": []}, key),
    ):
        with pytest.raises(VerificationError):
            verified(wrong, by)


def test_a_statement_says_what_was_decided_on_what_by_which_policy(
    ledger: Ledger, leaf: int
) -> None:
    found = json.loads(statement_payload(ledger.store, REF))
    origin = log_of(ledger.store).origin
    digest = adoption_in_force(ledger.store).digest.removeprefix("sha256:")
    [entry] = ledger.store.read(leaf, 1)

    assert ("https://in-toto.io/Statement/v1", "https://slsa.dev/verification_summary/v1") == (
        found["_type"],
        found["predicateType"],
    )
    assert [
        ("model:llm", {"sha256": MODEL}, {"airledger:kind": "model"}),
        ("prompt:triage", {"sha256": PROMPT}, {"airledger:kind": "prompt"}),
    ] == [(each["name"], each["digest"], each["annotations"]) for each in found["subject"]]
    predicate = found["predicate"]
    assert {"id": f"airledger:{origin}"} == predicate["verifier"]
    assert f"airledger:{origin}/release/assistant@1.0.0@production" == predicate["resourceUri"]
    assert {"sha256": digest} == predicate["policy"]["digest"]
    assert ("PASSED", ["AIRLEDGER_GATES_PASSED"]) == (
        predicate["verificationResult"],
        predicate["verifiedLevels"],
    )
    assert not any(each.startswith("SLSA_") for each in predicate["verifiedLevels"])
    more = predicate[EXTENSION]
    assert (origin, leaf, leaf_hash(entry.stored).hex()) == (
        more["origin"],
        more["leaf"],
        more["leafHash"],
    )
    assert {"sha256": hashlib.sha256(entry.stored).hexdigest()} == more["event"]["digest"]
    assert ("go", SIGNERS["product_owner"], "product_owner", 14) == (
        more["decision"],
        more["person"],
        more["role"],
        len(more["requirements"]),
    )
    assert rfc8785.dumps(found) == statement_payload(ledger.store, REF)


def test_all_that_it_rests_on_is_named_by_its_digest(ledger: Ledger, leaf: int) -> None:
    predicate = json.loads(statement_payload(ledger.store, REF))["predicate"]

    named = {each["uri"]: each["digest"]["sha256"] for each in predicate["inputAttestations"]}
    log = predicate["verifier"]["id"]
    basis = {
        each for asked in predicate[EXTENSION]["requirements"] for each in asked.get("basis", [])
    }
    documents = {each for each in basis if each.startswith("evidence/")}
    assert len(documents) == 5
    assert {f"{log}/{each}" for each in documents} == {
        each for each in named if "/evidence/" in each
    }
    events = {
        f"{log}/leaf/{entry.leaf}": hashlib.sha256(entry.stored).hexdigest()
        for entry in ledger.store.read(0, leaf)
        if entry.stream in basis or entry.stream.startswith("release/")
    }
    assert events == {name: each for name, each in named.items() if "/leaf/" in name}


def test_the_same_decision_has_the_same_bytes_whatever_happens_later_and_on_each_host(
    ledger: Ledger, gated: GatedRelease, leaf: int, tmp_path: Path
) -> None:
    before = envelope(ledger)

    gated.decide(Decision.NO_GO, "It is too slow.")

    assert before == json.loads(msgspec.json.encode(signed_statement(ledger, REF, leaf)))
    elsewhere = with_key(ledger.settings, tmp_path / "other.pem")
    other_key = make_release_key(elsewhere)
    other = open_ledger(elsewhere, roles=())
    try:
        there = signed_statement(other, REF, leaf)
    finally:
        other.close()
    assert before["payload"] == there.payload
    assert other_key.keyid == there.signatures[0].keyid
    assert before["signatures"][0]["keyid"] != other_key.keyid


def test_a_no_go_says_so_without_what_a_person_wrote(ledger: Ledger, gated: GatedRelease) -> None:
    gated.decide(Decision.NO_GO, "Maria of accounting asked for it.")

    payload = statement_payload(ledger.store, REF)

    predicate = json.loads(payload)["predicate"]
    assert ("FAILED", ["FAILED"]) == (
        predicate["verificationResult"],
        predicate["verifiedLevels"],
    )
    assert b"Maria" not in payload


def test_a_go_with_a_waiver_has_a_level_of_its_own(ledger: Ledger, gated: GatedRelease) -> None:
    judged = gated.judged().requirements
    waived = [
        msgspec.structs.replace(each, verdict=Verdict.WAIVED) if each.id == "r0" else each
        for each in judged
    ]
    gated.append(
        [
            (
                gated.stream,
                e.ReleaseDecided(
                    at=gated.at,
                    decision=Decision.GO,
                    person=SIGNERS["product_owner"],
                    subject_digest="ab" * 32,
                    requirements=tuple(waived),
                    artefacts=(Artefact(kind=ArtefactKind.MODEL, name="llm", digest=MODEL),),
                    change_class="major",
                ),
            )
        ]
    )

    predicate = json.loads(statement_payload(ledger.store, REF))["predicate"]

    assert ["AIRLEDGER_GATES_PASSED_WITH_WAIVERS"] == predicate["verifiedLevels"]


def test_a_model_of_a_provider_has_its_version_and_no_digest_of_a_content(ledger: Ledger) -> None:
    hosted = Artefact(
        kind=ArtefactKind.PROVIDER_MODEL, name="gpt-4o", version="2024-08-06", uri="https://a.b/c"
    )
    GatedRelease(ledger, 12, artefacts=[hosted]).decide(Decision.NO_GO, "No.")

    [subject] = json.loads(statement_payload(ledger.store, REF))["subject"]

    assert {PROVIDER_VERSION: "gpt-4o@2024-08-06"} == subject["digest"]
    assert {
        "airledger:kind": "provider_model",
        "airledger:version": "2024-08-06",
        "airledger:uri": "https://a.b/c",
    } == subject["annotations"]


@pytest.mark.parametrize(
    "artefacts", [[], [Artefact(kind=ArtefactKind.PROVIDER_MODEL, name="gpt-4o")]]
)
def test_nothing_is_stated_of_what_nothing_identifies(
    ledger: Ledger, artefacts: list[Artefact]
) -> None:
    GatedRelease(ledger, 12, artefacts=artefacts).decide(Decision.NO_GO, "No.")

    with pytest.raises(Refused) as refused:
        statement_payload(ledger.store, REF)

    assert "subject_unpinned" == refused.value.rule


@pytest.mark.usefixtures("gated")
def test_what_nobody_decided_has_no_statement(ledger: Ledger) -> None:
    with pytest.raises(NotFound, match="no decision"):
        statement_payload(ledger.store, REF)


def test_a_key_shows_nothing_of_itself() -> None:
    signer = new_envelope_key()

    secret = signer.export().decode().splitlines()[1]

    assert secret not in repr(signer)
    assert isinstance(signer, EnvelopeSigner)
