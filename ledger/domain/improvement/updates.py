"""Updates as people write them: "policy:Threshold of drift@sha256:<64 digits>"."""

import re
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ledger.domain.improvement.words import UpdateKind

_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.IGNORECASE)


class GivenUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An update as a command names it, with the limits of its fields; see `ActedUpdate`."""

    what: UpdateKind
    reference: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
    digest: (
        Annotated[
            str,
            Meta(
                pattern=r"^(sha256:)?[0-9a-f]{64}\Z",
                max_length=71,
                description="The SHA-256 of what was updated.",
            ),
        ]
        | UnsetType
    ) = UNSET


def update_from_text(text: str) -> dict[str, str]:
    """The fields of an update that somebody wrote. Raises ValueError, for people."""
    what, colon, rest = text.strip().partition(":")
    if not colon or what not in set(UpdateKind):
        known = ", ".join(UpdateKind)
        raise ValueError(f"expected WHAT:REFERENCE, and found {text!r}; WHAT is one of {known}")
    reference, at, pin = rest.rpartition("@")
    digest = _DIGEST.fullmatch(pin) if at else None
    if digest is None:
        return {"what": what, "reference": rest.strip()}
    return {"what": what, "reference": reference.strip(), "digest": digest[1].lower()}
