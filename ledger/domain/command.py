"""What people and programs may ask of a stream: the root of commands, and their fields' types.

A command is the body of its HTTP route, the data of its CloudEvent, and the options of its command
line. A field that names something outside of the ledger's own ids says so in its type; whoever
executes the command puts the id in its place (`consumers/commands`).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Root of the commands; unknown fields are errors."""


class Names(StrEnum):
    """What a text in a command names, other than a stream: resolved before it is decided.

    A cause is named by its stream where it is of a kind of stream; else by any words.
    """

    PERSON = "person"
    SENDER = "sender"
    CAUSE = "cause"


NAMES = "names"
"""The key, in a type's metadata, of what its text names: a `Names`, or a stream kind."""


class Vocabulary(StrEnum):
    """The vocabularies that the policy extends: which words a text in a command may be."""

    CATEGORY = "category"
    STEP = "step"
    ADDED_STEP = "added_step"
    ROLE = "role"
    EVIDENCE_KIND = "evidence_kind"
    CHANGE_CLASS = "change_class"
    REQUIREMENT = "requirement"
    LIKELIHOOD = "likelihood"
    IMPACT = "impact"
    RISK_CATEGORY = "risk_category"
    CONTROL = "control"
    STANDARD = "standard"


WRITTEN = "written"
"""The key, in a type's metadata, of what reads each text of a list; raises ValueError."""

VOCABULARY = "vocabulary"
"""The key, in a type's metadata, of the `Vocabulary` that its text is of."""

SHOWN = "shown"
"""The key, in a type's metadata, of a text that a page shows and its forms carry unseen."""

Line = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
"""A short text, 1 to 500 characters, not blank."""
Paragraphs = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]
"""A longer text, 1 to 10,000 characters, not blank."""
FreeText = Annotated[str, Meta(max_length=10_000)]
"""A longer text that may be empty, at most 10,000 characters."""
Name = Annotated[str, Meta(min_length=1, max_length=200)]
"""A name or an id from elsewhere, 1 to 200 characters."""
Url = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"^https?://[^\s/?#]\S*(?!\n)$")]
"""An http or https URL."""
When = Annotated[datetime, Meta(tz=True)]
"""A time with its offset (RFC 3339); absent, now."""
Person = Annotated[Line, Meta(extra={NAMES: Names.PERSON})]
"""A person's name outside, "person/<uuid>" once it is resolved."""
Sender = Annotated[Name, Meta(extra={NAMES: Names.SENDER})]
"""Who or what noticed it; where it is absent, whoever sends the command."""
