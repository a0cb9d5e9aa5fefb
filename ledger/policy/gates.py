"""Gates before deployment: what each asks for, by what it is judged, and the classes of changes.

Source: runbook section 5.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta

from ledger.policy.objectives import Amount, Comparison
from ledger.policy.parts import Part, ShortWords, Slug, Words
from ledger.vocabulary import ArtefactKind

JudgedBy = Literal["card", "measurement", "approval", "rollback", "sign_off"]
MOST_REQUIREMENTS = 100
"""So many requirements all gates have together: a decision names each in one event."""


class Requirement(Part, frozen=True, kw_only=True):
    """Something that a gate asks of a release, and by what it is judged.

    `card`: evidence of one of the kinds `evidence`, complete by `evidence.complete`. `approval`:
    such evidence, approved by every role of `roles` for this version or its change class.
    `measurement`: the newest evaluation of this release of `metric`, in every segment that was
    measured or in `segment` alone, of at least `min_n` samples and at most `max_age` old, meets
    `comparison target unit`. `rollback`: such evidence, of which a person attested within `max_age`
    that it was tried; for the first release of a system in its environment, `first` are kinds that
    do as well; with a model of a provider, one that is valid until a time needs no attestation.
    `sign_off`: a person signed in one of `roles`. `waivable`: it may be waived.
    """

    id: Slug
    words: Words
    by: JudgedBy
    evidence: tuple[Slug, ...] = ()
    first: tuple[Slug, ...] = ()
    roles: tuple[Slug, ...] = ()
    metric: Words | None = None
    comparison: Comparison | None = None
    target: Amount | None = None
    unit: Words | None = None
    segment: Mapping[Words, Words] = {}
    min_n: Annotated[int, Meta(ge=1, le=10**12)] = 1
    max_age: timedelta | None = None
    waivable: bool = False


class Gate(Part, frozen=True, kw_only=True):
    """A gate before deployment (runbook section 5): in words, and what it is judged by.

    Without `checks` nothing says how it is judged: it is undecided for every release.
    """

    id: Slug
    title: Words
    requires: Annotated[tuple[Words, ...], Meta(min_length=1)]
    checks: tuple[Requirement, ...] = ()


class ChangeClass(Part, frozen=True, kw_only=True):
    """What a class of changes needs.

    A release that changes an artefact of one of the kinds `artefacts` is at least of this class;
    classes stand in order, the weightiest first. `inherits` are gates whose evidence may be that of
    the release in production. Of the requirements for sign-offs so many as `sign_offs` are enough;
    absent, all are needed. `emergency`: it is deployed first, for an open incident, and
    decided within `decided_within`.
    """

    label: ShortWords
    artefacts: tuple[ArtefactKind, ...] = ()
    inherits: tuple[Slug, ...] = ()
    sign_offs: Annotated[int, Meta(ge=1, le=20)] | None = None
    emergency: bool = False
    decided_within: timedelta = timedelta(hours=48)


SHIPPED_CLASSES: Mapping[str, ChangeClass] = {
    "major": ChangeClass(
        label="Major",
        artefacts=(ArtefactKind.MODEL, ArtefactKind.PROVIDER_MODEL, ArtefactKind.TOOLS),
    ),
    "standard": ChangeClass(
        label="Standard",
        artefacts=(
            ArtefactKind.PROMPT,
            ArtefactKind.GUARDRAIL,
            ArtefactKind.RETRIEVAL_CORPUS,
            ArtefactKind.DATASET,
            ArtefactKind.CONFIG,
            ArtefactKind.CODE,
        ),
        inherits=("documentation", "compliance", "rollback"),
        sign_offs=1,
    ),
    "emergency": ChangeClass(
        label="Emergency",
        inherits=("documentation", "compliance", "rollback"),
        emergency=True,
    ),
}
"""The classes of changes of a policy that names none."""


class Releases(Part, frozen=True, kw_only=True):
    """Where a release needs a decision, and the classes of changes.

    A deployment in one of `environments` without a decision opens an incident. With
    `authors_may_sign`, the sign-off of an author counts.
    """

    environments: tuple[Slug, ...] = ("production",)
    authors_may_sign: bool = False
    classes: Mapping[Slug, ChangeClass] = {}

    @property
    def change_classes(self) -> Mapping[str, ChangeClass]:
        """The classes by their ids, in order."""
        return self.classes or SHIPPED_CLASSES
