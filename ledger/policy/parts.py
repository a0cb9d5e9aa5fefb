"""What the policy's types have in common: the root of its tables, and its words and ids."""

from typing import Annotated

from msgspec import Meta, Struct

Words = Annotated[str, Meta(min_length=1, max_length=400)]
ShortWords = Annotated[str, Meta(min_length=1, max_length=60)]
Slug = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}\Z",
        description="Use 1 to 63 lower-case letters, digits, - and _.",
    ),
]


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the policy."""
