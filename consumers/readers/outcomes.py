"""What an answer comes to: the measurements that are recorded, or why there is no data. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from consumers.readers.prometheus import Answer, Series
from consumers.readers.questions import Question, time_of
from ledger.domain.identity import named
from ledger.domain.metric import RecordMeasurement
from ledger.domain.metric.commands import MOST_LABELS
from ledger.domain.reader import RecordReading
from ledger.vocabulary import NoDataReason

MOST_SERIES = 100
"""So many series an expression may have; more is a query that lacks an aggregation."""
TOOL = "prometheus"
_MOST_NAMED = 10
_LABEL_CHARACTERS = 200


class Taken(NamedTuple):
    """The measurements of an interval, and what there is to say beside them."""

    measurements: tuple[RecordMeasurement, ...]
    reading: RecordReading


class _Out(NamedTuple):
    """A series that gives no measurement."""

    reason: NoDataReason
    said: str


def taken(question: Question, until: int, answer: Answer, counts: Answer | None) -> Taken:
    """What is recorded of the interval that ends `until`; `counts` are the numbers of samples.

    An empty answer and one without a number are no data: nothing is made of them.
    """
    warnings = tuple(dict.fromkeys((*answer.warnings, *(counts.warnings if counts else ()))))
    if len(answer.series) > MOST_SERIES:
        said = f"{len(answer.series)} series, more than {MOST_SERIES}: aggregate them"
        return no_data(question, until, NoDataReason.UNUSABLE, said, warnings)
    if not answer.series:
        return no_data(question, until, NoDataReason.EMPTY, "", warnings)
    found = [_measured(question, until, each, counts) for each in answer.series]
    out = [each for each in found if isinstance(each, _Out)]
    measurements = tuple(each for each in found if not isinstance(each, _Out))
    if not measurements:
        said = "; ".join(each.said for each in out[:_MOST_NAMED])
        return no_data(question, until, out[0].reason, said, warnings)
    left_out = tuple(f"{each.said} ({each.reason.label.lower()})" for each in out[:_MOST_NAMED])
    reading = _reading(question, until, warnings)
    return Taken(measurements, msgspec.structs.replace(reading, left_out=left_out))


def no_data(
    question: Question,
    until: int,
    reason: NoDataReason,
    detail: str = "",
    warnings: tuple[str, ...] = (),
    *,
    since: int | None = None,
) -> Taken:
    """That there is no value of the interval that ends `until`; `since` begins several."""
    reading = _reading(question, until, warnings)
    begins = reading.since if since is None else time_of(since)
    return Taken((), msgspec.structs.replace(reading, reason=reason, detail=detail, since=begins))


def _reading(question: Question, until: int, warnings: tuple[str, ...]) -> RecordReading:
    return RecordReading(
        reader=question.reader,
        objective=question.objective,
        system=question.system,
        since=time_of(until - question.seconds),
        until=time_of(until),
        warnings=warnings,
    )


def _measured(
    question: Question, until: int, series: Series, counts: Answer | None
) -> RecordMeasurement | _Out:
    if series.value is None:
        return _Out(NoDataReason.NOT_A_NUMBER, f"{_named(series.labels)}: {series.text}")
    too_long = any(
        not 0 < len(text) <= _LABEL_CHARACTERS for pair in series.labels.items() for text in pair
    )
    if len(series.labels) > MOST_LABELS or too_long:
        said = f"{len(series.labels)} labels: aggregate by {MOST_LABELS} short ones at most"
        return _Out(NoDataReason.UNUSABLE, said)
    n = _count_of(series, counts)
    if n == 0:
        return _Out(NoDataReason.NO_SAMPLES, _named(series.labels))
    labels = dict(sorted(series.labels.items()))
    key = named("reading", question.reader, question.objective, question.system, labels, until)
    return RecordMeasurement(
        system=question.system,
        metric=question.metric,
        value=series.value,
        since=time_of(until - question.seconds),
        until=time_of(until),
        unit=question.unit,
        n=n,
        segment=labels,
        tool=TOOL,
        id=str(key),
        origins={"value": f"reader {question.reader}", "unit": "policy"},
    )


def _count_of(series: Series, counts: Answer | None) -> int | None:
    """The number of samples of a series: that of the same labels, or the one that has none."""
    if counts is None:
        return None
    alike: Sequence[Series] = [each for each in counts.series if each.labels == series.labels]
    alike = alike or [each for each in counts.series if not each.labels]
    if len(alike) != 1 or alike[0].value is None or alike[0].value < 0:
        return None
    return round(alike[0].value)


def _named(labels: Mapping[str, str]) -> str:
    return ", ".join(_pairs(labels)) or "the value"


def _pairs(labels: Mapping[str, str]) -> Iterator[str]:
    for name, value in sorted(labels.items())[:MOST_LABELS]:
        yield f"{name}={value[:_LABEL_CHARACTERS]}"
