"""What a release is made of: artefacts, each pinned by a digest or a provider's fixed version."""

import re
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ledger.vocabulary import ArtefactKind

_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.IGNORECASE)
_ALGORITHM = "sha256:"
MOVING = frozenset({"latest", "newest", "current", "default", "stable"})
"""Words for whichever version a provider has now: they name none that is kept as it is."""

ArtefactName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^\S(.*\S)?\Z")]
Sha256 = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{64}\Z",
        max_length=64,
        description="The SHA-256 of the content: 64 hexadecimal digits in lower case.",
    ),
]
Version = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^\S+\Z")]


class GivenArtefact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An artefact as a command names it, with the limits of its fields; see `Artefact`."""

    kind: ArtefactKind
    name: ArtefactName
    digest: Sha256 | UnsetType = UNSET
    version: Version | UnsetType = UNSET
    uri: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET


class Artefact(msgspec.Struct, frozen=True, kw_only=True):
    """An artefact of a release, by its kind and name.

    It is pinned by `digest`, the SHA-256 of its content (64 hexadecimal digits in lower case), or
    by `version` where a provider keeps a version as it is (a dated model); an alias that moves is
    no version.
    """

    kind: ArtefactKind
    name: str
    digest: str | UnsetType = UNSET
    version: str | UnsetType = UNSET
    uri: str | UnsetType = UNSET

    @property
    def pinned(self) -> bool:
        """Whether it is known which content it is."""
        if self.digest is not UNSET:
            return True
        if self.kind is not ArtefactKind.PROVIDER_MODEL or self.version is UNSET:
            return False
        return re.split(r"[-_.:]", self.version.casefold())[-1] not in MOVING

    @property
    def place(self) -> tuple[str, str]:
        """What it is, whatever its content."""
        return self.kind.value, self.name


def artefact_text(artefact: Artefact) -> str:
    """As people write it: "prompt:triage@sha256:<64 digits>", "provider_model:gpt-4o@2024-08-06".

    An address follows after a space.
    """
    pin = f"sha256:{artefact.digest}" if artefact.digest else artefact.version or ""
    uri = f" {artefact.uri}" if artefact.uri else ""
    return f"{artefact.kind.value}:{artefact.name}{f'@{pin}' if pin else ''}{uri}"


def artefact_from_text(text: str) -> dict[str, str]:
    """The fields of an artefact that somebody wrote. Raises ValueError, for people."""
    written, _, uri = text.strip().partition(" ")
    kind, colon, rest = written.partition(":")
    if not colon or kind not in set(ArtefactKind):
        known = ", ".join(ArtefactKind)
        raise ValueError(
            f"expected KIND:NAME@sha256:DIGEST, and found {text!r}; KIND is one of {known}"
        )
    name, at, pin = rest.rpartition("@")
    if not at:
        name, pin = rest, ""
    found = {"kind": kind, "name": name}
    if digest := _DIGEST.fullmatch(pin):
        found["digest"] = digest[1].lower()
    elif pin.lower().startswith(_ALGORITHM):
        raise ValueError(f"a digest is sha256: and 64 hexadecimal digits, and it is {pin!r}")
    elif pin:
        found["version"] = pin
    if uri.strip():
        found["uri"] = uri.strip()
    return found
