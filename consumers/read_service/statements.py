"""Decisions on releases as signed statements for others. Blocking."""

from collections.abc import Iterator
from hashlib import sha256

from consumers.commands.references import stream_named
from consumers.container.backends import log_of
from consumers.container.ledger import Ledger
from consumers.container.release_key import open_release_key
from consumers.read_service.release_facts import JudgedAt, decided_leaf, facts_decided
from ledger.domain.evidence.state import Evidence
from ledger.domain.release import RELEASE
from ledger.domain.release.statement import PAYLOAD_TYPE, Attested, Stated, statement
from ledger.errors import Unavailable
from ledger.store.decoding import state_after
from ledger.store.port import Store
from ledger.transparency.dsse import SignedEnvelope
from ledger.transparency.merkle import leaf_hash


def signed_statement(ledger: Ledger, ref: str, leaf: int | None = None) -> SignedEnvelope:
    """The newest decision on a release, or the one at a leaf, as a statement in an envelope.

    Raises NotFound, Refused for artefacts that nothing identifies, SettingsError without the key.
    """
    payload = statement_payload(ledger.store, ref, leaf)
    return open_release_key(ledger.settings).envelope(PAYLOAD_TYPE, payload)


def statement_payload(store: Store, ref: str, leaf: int | None = None) -> bytes:
    """What is signed: the same bytes for the same decision. Raises NotFound, Refused."""
    subject = stream_named(store, RELEASE, ref)
    found = facts_decided(store, subject, decided_leaf(store, subject, ref, leaf))
    log = log_of(store)
    if found.leaf >= log.size:
        raise Unavailable(
            f"The decision at leaf {found.leaf} is not sealed yet.", remedy="Try again in a moment."
        )
    release = found.facts.release
    return statement(
        Stated(
            origin=log.origin,
            release=str(subject),
            system=release.system,
            version=release.version,
            environment=release.environment,
            event=found.event,
            leaf=found.leaf,
            leaf_hash=leaf_hash(found.stored).hex(),
            stored=found.stored,
            policy=found.policy_digest.removeprefix("sha256:"),
            inputs=tuple(_inputs(store, found)),
        )
    )


def _inputs(store: Store, found: JudgedAt) -> Iterator[Attested]:
    """What was attested: contents of evidence, and the events of what it was judged by.

    These are the streams that the requirements name as their basis, and its own, each up to the
    decision: filings, checks, approvals, measurements, attachments, waivers and sign-offs.
    """
    basis = {name for each in found.event.requirements for name in each.basis}
    streams = sorted(name for name in basis if name.startswith(("evidence/", "metric/")))
    entries = store.load(dict.fromkeys((f"release/{found.facts.id}", *streams), 0))
    for name in streams:
        if name.startswith("evidence/"):
            evidence: Evidence = state_after(name, entries[name], before=found.leaf)
            yield Attested(name, evidence.digest)
    events = {
        entry.leaf: entry.stored
        for of in entries.values()
        for entry in of
        if entry.leaf < found.leaf
    }
    for leaf, stored in sorted(events.items()):
        yield Attested(f"leaf/{leaf}", sha256(stored).hexdigest())
