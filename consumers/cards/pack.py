"""The evaluation pack as a manifest: JSON that names the evidence of each part by its digest.

{"parts": {"quality": {"digest": "<sha-256>"}, "fairness": {"not_applicable": "<why>"}, ...}}
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from consumers.cards.checking import CardGap, why_empty

PACK_KIND = "evaluation_pack"
PARTS = ("quality", "fairness", "safety", "robustness")
"""What a pack has (runbook section 8)."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


class PackPart(NamedTuple):
    """A part: the digests of its evidence, or why it is not applicable, or what is wrong."""

    name: str
    digests: tuple[str, ...] = ()
    not_applicable: str = ""
    gap: CardGap | None = None


def parts_of(data: Any) -> Iterator[PackPart]:
    """Each part of a pack, whatever the manifest says of it."""
    parts = data.get("parts") if isinstance(data, dict) else None
    for name in PARTS:
        yield _part(name, parts.get(name) if isinstance(parts, dict) else None)


def _part(name: str, given: Any) -> PackPart:
    if not isinstance(given, dict):
        return _wrong(name, "It is not there.")
    if "not_applicable" in given:
        why = given["not_applicable"]
        if "digest" in given or "digests" in given:
            return _wrong(name, "It is not applicable, and names evidence.")
        if not isinstance(why, str) or why_empty(why) is not None:
            return _wrong(name, "It does not say why it is not applicable.")
        return PackPart(name, not_applicable=why)
    digests = given.get("digests", [given.get("digest")])
    if not isinstance(digests, list) or not digests or not all(map(_is_digest, digests)):
        return _wrong(name, "It names no SHA-256 (64 hexadecimal digits in lower case).")
    return PackPart(name, digests=tuple(digests))


def _is_digest(given: Any) -> bool:
    return isinstance(given, str) and _DIGEST.fullmatch(given) is not None


def _wrong(name: str, reason: str) -> PackPart:
    return PackPart(name, gap=CardGap(words=name, path=f"parts.{name}", reason=reason))
