"""The fields of an alert in airledger's own format.

Native signals are made of them; the data of a CloudEvent may use the same ones.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from consumers.intake.parsing.truncation import none_if_zero_time, truncate
from ledger.domain.alert import Signal, SignalStatus
from ledger.domain.command import Url, When
from ledger.domain.signal_state import TITLE_CHARACTERS
from ledger.policy.times import in_utc
from ledger.vocabulary import SourceKind

KEY_CHARACTERS = 1_000

Key = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=KEY_CHARACTERS,
        pattern=r"\S",
        description="What makes two signals of a source speak of the same alert: "
        "one fires it, another with the same key resolves it.",
    ),
]
Title = Annotated[str, Meta(min_length=1, pattern=r"\S", description="What is wrong, in a line.")]
Word = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"\S")]


class AlertFields(msgspec.Struct, frozen=True, kw_only=True):
    """An alert's state and description. Absent fields are not known."""

    status: Annotated[
        SignalStatus,
        Meta(
            description="firing, resolved, or acknowledged: seen by somebody, which opens nothing."
        ),
    ] = SignalStatus.FIRING
    dedup_key: Key | None = None
    title: Title | None = None
    description: Annotated[str, Meta(description="What more there is to say.")] = ""
    system: (
        Annotated[Word, Meta(description="The AI system concerned; becomes the label `system`.")]
        | None
    ) = None
    severity: (
        Annotated[Word, Meta(description="As the policy knows it; becomes the label `severity`.")]
        | None
    ) = None
    labels: Annotated[dict[str, str], Meta(description="What the policy's rules match.")] = {}
    annotations: Annotated[dict[str, str], Meta(description="What people read besides.")] = {}
    starts_at: Annotated[When, Meta(description="When it began; absent, on arrival.")] | None = None
    ends_at: (
        Annotated[When, Meta(description="When it ended, if resolved; absent, on arrival.")] | None
    ) = None
    url: Annotated[Url, Meta(description="Where to look.")] | None = None


def signal_of(
    fields: AlertFields,
    *,
    source: str,
    dedup_key: str,
    title: str,
    own_id: str | None,
    kind: SourceKind,
    unread: Mapping[str, str],
    left_out: tuple[str, ...] = (),
) -> Signal:
    """The signal with these fields; `system` and `severity` become labels.

    `kind` is the format that they came in, `unread` holds the texts of times that could not be
    read, `left_out` names what of the body is not in the signal. Raises TooLarge.
    """
    named = {"system": fields.system, "severity": fields.severity}
    labels = fields.labels | {name: value for name, value in named.items() if value is not None}
    annotations = dict(fields.annotations)
    if fields.description:
        annotations["description"] = fields.description
    title = title.strip()
    if len(title) > TITLE_CHARACTERS:
        left_out = ("title", *left_out)
    signal = truncate(
        Signal(
            source=source,
            dedup_key=dedup_key,
            status=fields.status,
            title=title[:TITLE_CHARACTERS],
            labels=labels,
            annotations=annotations,
            starts_at=_moment(fields.starts_at),
            ends_at=_moment(fields.ends_at),
            generator_url=fields.url or "",
            own_id=own_id,
            kind=kind,
            unread=dict(unread),
        )
    )
    if not left_out:
        return signal
    return replace(signal, shortened=tuple(dict.fromkeys((*left_out, *signal.shortened))))


def _moment(time: datetime | None) -> datetime | None:
    return in_utc(given) if (given := none_if_zero_time(time)) is not None else None
