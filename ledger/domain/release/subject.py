"""The digest of what is signed and decided: SHA-256 of its canonical JSON (RFC 8785)."""

from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec
import rfc8785

from ledger.domain.release.state import Release
from ledger.policy import Policy


def subject_digest(release: Release, policy: Policy) -> str:
    """The digest (hex) of a release as it is, by a policy.

    It is that of system, version, environment, class, artefacts, attached evidence and waivers, and
    of what the policy says of gates, phases, classes and sign-offs of authors. Authors and summary
    are not part of it.
    """
    own = {name: rfc8785.dumps(value) for name, value in _plain(_of_release(release)).items()}
    asked = _canonical(msgspec.json.encode(_of_policy(policy), order="deterministic"))
    members = [b'"%b":%b' % (name.encode(), value) for name, value in sorted((own | asked).items())]
    return sha256(b"{%b}" % b",".join(members)).hexdigest()


def subject(release: Release, policy: Policy) -> dict[str, Any]:
    """What the digest is of, as JSON has it; whoever has it computes the same."""
    return _plain(_of_release(release) | _of_policy(policy))


def _of_release(release: Release) -> dict[str, Any]:
    waivers = [
        {
            "requirement": each.requirement,
            "until": each.until,
            "person": each.person,
            "role": each.role,
            "at": each.at,
        }
        for each in release.waivers
    ]
    return {
        "system": release.system,
        "version": release.version,
        "environment": release.environment,
        "change_class": release.change_class,
        "artefacts": sorted(release.artefacts, key=lambda each: each.place),
        "evidence": sorted(release.attached, key=lambda each: (each.requirement, each.evidence)),
        "waivers": sorted(waivers, key=lambda each: str(each["requirement"])),
    }


def _of_policy(policy: Policy) -> dict[str, Any]:
    return {
        "gates": policy.gates,
        "phases": policy.phases,
        "classes": policy.releases.change_classes,
        "authors_may_sign": policy.releases.authors_may_sign,
    }


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(found, str_keys=True)
    return plain


@lru_cache(maxsize=32)
def _canonical(asked: bytes) -> dict[str, bytes]:
    """What the policy asks, by name, each as canonical JSON: many releases share it."""
    return {name: rfc8785.dumps(value) for name, value in msgspec.json.decode(asked).items()}
