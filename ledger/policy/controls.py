"""Standards and controls: what laws and standards ask for by number, and what meets it.

Source: runbook section 3 (compliance mapping), section 6 (policy update).
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta

from ledger.policy.parts import Part, ShortWords, Slug, Words

Clause = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\S")]
"""The number of a part of a standard, as it has it: "9", "A.6.2.4", "GOVERN 1"."""


class StandardClauses(Part, frozen=True, kw_only=True):
    """A law or standard that controls are mapped to, and its parts by number, in short words."""

    label: ShortWords
    kind: Literal["law", "standard"]
    reference: Words | None = None
    clauses: Annotated[Mapping[Clause, Words], Meta(min_length=1, max_length=200)]


class Control(Part, frozen=True, kw_only=True):
    """A control of the catalogue: what is done, and what of which standard asks for it.

    With the scope "system" each system has it, with "organisation" the organisation does.
    """

    words: Words
    scope: Literal["system", "organisation"] = "system"
    maps: Mapping[Slug, tuple[Clause, ...]] = {}
