"""The digest of what is signed and decided: SHA-256 of its canonical JSON (RFC 8785)."""

from hashlib import sha256
from typing import Any

import msgspec
import rfc8785

from ledger.domain.release.state import Release
from ledger.policy import Policy


def subject_digest(release: Release, policy: Policy) -> str:
    """The digest (hex) of a release as it is, by a policy.

    Environment, artefacts, attached evidence, waivers, class, and of the policy its gates, phases
    and classes. What is as before has the same digest.
    """
    return sha256(rfc8785.dumps(subject(release, policy))).hexdigest()


def subject(release: Release, policy: Policy) -> dict[str, Any]:
    """What the digest is of, as JSON has it; whoever has it computes the same."""
    waivers = [
        {"requirement": each.requirement, "until": each.until, "role": each.role, "at": each.at}
        for each in release.waivers
    ]
    plain: dict[str, Any] = msgspec.to_builtins(
        {
            "system": release.system,
            "version": release.version,
            "environment": release.environment,
            "change_class": release.change_class,
            "artefacts": sorted(release.artefacts, key=lambda each: each.place),
            "evidence": sorted(
                release.attached, key=lambda each: (each.requirement, each.evidence)
            ),
            "waivers": sorted(waivers, key=lambda each: str(each["requirement"])),
            "gates": policy.gates,
            "phases": policy.phases,
            "classes": policy.releases.change_classes,
            "authors_may_sign": policy.releases.authors_may_sign,
        },
        str_keys=True,
    )
    return plain
