"""The digest of what is signed: over the whole, however it is put together."""

from hashlib import sha256

import rfc8785

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from consumers.read_service.release_facts import facts_now
from ledger.domain.release.subject import subject, subject_digest
from tests.harness.gated_release import RELEASE_ID, GatedRelease


def test_the_digest_is_that_of_the_canonical_json_of_the_whole(
    ledger: Ledger, gated: GatedRelease
) -> None:
    gated.sign()
    policy = policy_in_force(ledger.store)
    release = facts_now(ledger, RELEASE_ID, policy).release

    whole = subject(release, policy)

    assert sha256(rfc8785.dumps(whole)).hexdigest() == subject_digest(release, policy)
    assert release.attached
