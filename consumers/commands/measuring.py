"""What a file of an evaluation tool was read to be, as commands that record measurements. Pure."""

from collections.abc import Iterator
from datetime import datetime

from consumers.evaluations import FoundValue, ReadEvaluation, RefusedValue
from ledger.domain.evidence import FileEvidence
from ledger.domain.metric import RecordMeasurement
from ledger.vocabulary import Purpose

MOST_REFUSED = 50
"""So many of the values that were not taken are named with the evidence."""
LONGEST_LINE = 400
"""In characters: what is said of each of them."""


def evidence_of(
    read: ReadEvaluation,
    *,
    kind: str,
    title: str,
    digest: str,
    size: int,
    media_type: str,
    system: str,
    release: str | None,
) -> FileEvidence:
    """The command that files the file, with what was read of it."""
    refused = [refusal_line(each) for each in read.refused[:MOST_REFUSED]]
    return FileEvidence(
        kind=kind,
        title=title,
        digest=digest,
        size=size,
        media_type=media_type,
        system=system,
        release=release,
        tool=read.tool,
        tool_version=read.tool_version,
        values=len(read.values),
        refused=refused,
    )


def refusal_line(refused: RefusedValue) -> str:
    """What was not taken, as a line: where it stands, what it is, and why."""
    named = f" ({refused.found})" if refused.found else ""
    value = f" {refused.value}" if refused.value else ""
    return f"{refused.path or 'the file'}{named}{value}: {refused.reason}"[:LONGEST_LINE]


def commands_for(
    read: ReadEvaluation,
    *,
    system: str,
    evidence: str,
    received_at: datetime,
    purpose: Purpose,
    release: str | None,
) -> Iterator[tuple[FoundValue, RecordMeasurement]]:
    """Each value with the command that records it; `evidence` is the SHA-256 (hex) of the file."""
    for value in read.values:
        yield (
            value,
            RecordMeasurement(
                system=system,
                metric=value.metric,
                value=value.value,
                unit=value.unit,
                direction=value.direction,
                n=value.n,
                since=value.since,
                until=value.until or received_at,
                purpose=purpose,
                segment=dict(value.segment),
                release=release,
                model=value.model,
                dataset=value.dataset_name,
                dataset_digest=value.dataset_digest,
                judge=value.judge_model,
                tool=read.tool,
                tool_version=read.tool_version,
                evidence=evidence,
                mapping=read.mapping_digest,
                path=value.path,
                origins={name: origin.value for name, origin in value.origins.items()},
            ),
        )
