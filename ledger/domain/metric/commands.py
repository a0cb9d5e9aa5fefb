"""What people and programs may ask of a measurement."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.domain.command import Command, Name, Paragraphs, When
from ledger.vocabulary import Direction, Purpose

MOST_LABELS = 10
"""So many labels a segment has at most."""

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$", description="A SHA-256 in hex.")]
Segment = Annotated[
    dict[Name, Name],
    Meta(max_length=MOST_LABELS, description="Which part of what the system does, by label."),
]
Origins = Annotated[dict[Name, Name], Meta(max_length=40, description="Where each field is from.")]
Samples = Annotated[int, Meta(ge=0, le=10**15, description="How many samples it is of.")]


class RecordMeasurement(Command, frozen=True, kw_only=True):
    """Record the value that a metric of a system had."""

    system: Annotated[Name, Meta(pattern=r"\S", description="The AI system that was measured.")]
    metric: Annotated[
        Name, Meta(pattern=r"\S", description="What was measured, as the policy names it.")
    ]
    value: Annotated[float, Meta(description="The value, in `unit`.")]
    until: Annotated[When, Meta(description="The end of what was measured.")]
    since: Annotated[When, Meta(description="Its begin; absent, it is of one moment.")] | None = (
        None
    )
    unit: Annotated[Name, Meta(description="The unit of the value: s, ms, %, 1 ...")] | None = None
    direction: Annotated[Direction, Meta(description="Which values are better.")] | None = None
    n: Samples | None = None
    purpose: Purpose = Purpose.MONITORING
    segment: Segment = msgspec.field(default_factory=dict)
    release: Annotated[Name, Meta(description="The release that was measured.")] | None = None
    model: Annotated[Name, Meta(description="The model that was measured.")] | None = None
    dataset: Annotated[Name, Meta(description="The data set that was measured on.")] | None = None
    dataset_digest: Annotated[Name, Meta(description="Its digest.")] | None = None
    judge: Annotated[Name, Meta(description="The model that judged the samples.")] | None = None
    tool: Name | None = None
    tool_version: Name | None = None
    evidence: Annotated[Digest, Meta(description="The SHA-256 of the file.")] | None = None
    mapping: Annotated[Digest, Meta(description="The SHA-256 of the mapping.")] | None = None
    path: Annotated[Name, Meta(description="Where in the file the value stands.")] | None = None
    id: Annotated[Name, Meta(description="Its own id, which is taken once.")] | None = None
    origins: Origins = msgspec.field(default_factory=dict)


class RetractMeasurement(Command, frozen=True, kw_only=True):
    """Take back a measurement that was wrong; it stays on record, and is judged no more."""

    reason: Annotated[Paragraphs, Meta(description="Why, for those who read the record.")]


MetricCommand = RecordMeasurement | RetractMeasurement


def labels_of(segment: Mapping[str, str]) -> dict[str, str]:
    """The labels of a segment in the order in which they are stored."""
    return dict(sorted(segment.items()))
