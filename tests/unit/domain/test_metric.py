"""Measurements: recorded once, in the unit of their metric, and never without data."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain import metric as m
from ledger.errors import LedgerError, Refused
from ledger.policy import parse_policy, shipped
from ledger.vocabulary import Direction

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
POLICY = parse_policy(shipped())


def command(**given: Any) -> m.RecordMeasurement:
    facts: dict[str, Any] = {
        "system": "chat",
        "metric": "p95",
        "value": 1900.0,
        "unit": "ms",
        "n": 5,
        "until": NOW,
    }
    return m.RecordMeasurement(**facts | given)


def recorded(**given: Any) -> m.Measured:
    (event,) = m.decide(command(**given), m.Measurement(), POLICY, NOW)
    assert isinstance(event, m.Measured)
    return event


def test_a_value_is_converted_exactly_and_its_direction_is_the_policys() -> None:
    event = recorded()
    assert (1900.0, "ms", 1.9, "s") == (
        event.value,
        event.unit,
        event.standard_value,
        event.standard_unit,
    )
    assert (Direction.LOWER, {"direction": "policy"}) == (event.direction, event.origins)


@pytest.mark.parametrize("name", ["PSI", "psi", " Population  stability index (psi) "])
def test_another_name_of_a_metric_is_kept_beside_the_policys(name: str) -> None:
    event = recorded(metric=name, unit="1", value=0.1)
    assert ("population stability index (PSI)", name) == (event.metric, event.metric_as_found)


def test_what_is_not_known_stays_unknown() -> None:
    event = recorded(metric="own", unit=None, n=None)
    assert not any((event.unit, event.standard_unit, event.direction, event.n))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"n": 0}, "no_samples"),
        ({"unit": "parsec"}, "unknown_unit"),
        ({"unit": "%"}, "unit_of_another_kind"),
        ({"value": float("nan")}, "value"),
        ({"value": float("inf")}, "value"),
        ({"value": 1.7e308, "unit": "h"}, "value"),
        ({"until": NOW + timedelta(hours=1)}, "until"),
        ({"since": NOW + timedelta(seconds=30)}, "since"),
    ],
)
def test_no_data_is_never_a_value(given: dict[str, Any], told: str) -> None:
    with pytest.raises(LedgerError) as refused:
        recorded(**given)
    error = refused.value
    assert told in (error.rule if isinstance(error, Refused) else dict(error.errors))  # type: ignore[attr-defined]


def after(*events: m.MetricEvent) -> m.Measurement:
    state: m.Measurement = m.METRIC.folded(events)
    return state


def test_the_same_again_is_nothing_and_another_value_is_refused() -> None:
    state = after(recorded())
    assert () == m.decide(command(), state, POLICY, NOW)
    with pytest.raises(Refused) as refused:
        m.decide(command(value=2000.0), state, POLICY, NOW)
    assert "measurement_conflict" == refused.value.rule


def test_a_file_without_a_time_may_come_again_later() -> None:
    told: dict[str, Any] = {"origins": {"measured_at": "receipt"}, "evidence": "00" * 32}
    state = after(recorded(path="a", **told))
    later = command(path="a", until=NOW + timedelta(seconds=30), **told)
    assert () == m.decide(later, state, POLICY, NOW)


def test_a_corrected_mapping_brings_a_value_again_once_it_was_retracted() -> None:
    told: dict[str, Any] = {"evidence": "00" * 32, "path": "a"}
    first = recorded(mapping="11" * 32, **told)
    corrected = command(mapping="22" * 32, value=1800.0, **told)
    with pytest.raises(Refused):
        m.decide(corrected, after(first), POLICY, NOW)
    retracted = m.Retracted(at=NOW, reason="The mapping was wrong.")
    (again,) = m.decide(corrected, after(first, retracted), POLICY, NOW)
    assert isinstance(again, m.Measured)
    state = after(first, retracted, again)
    assert (1800.0, False) == (again.value, state.retracted)
    assert () == m.decide(corrected, state, POLICY, NOW)
    with pytest.raises(Refused):
        m.decide(command(value=1.0), after(recorded(), retracted), POLICY, NOW)


def test_a_retraction_is_recorded_once() -> None:
    state = after(recorded(), m.Retracted(at=NOW, reason="r"))
    assert () == m.decide(m.RetractMeasurement(reason="again"), state, POLICY, NOW)


@pytest.mark.parametrize(
    "given",
    [
        {"system": "search"},
        {"metric": "availability"},
        {"segment": {"route": "chat"}},
        {"until": NOW - timedelta(hours=1)},
        {"since": NOW - timedelta(hours=1)},
        {"release": "2"},
        {"model": "x"},
        {"id": "run-7"},
        {"evidence": "00" * 32, "path": "a"},
    ],
)
def test_what_is_of_another_thing_is_another_measurement(given: dict[str, Any]) -> None:
    assert m.measurement_id(command()) != m.measurement_id(command(**given))


def test_a_measurement_is_identified_by_its_id_else_its_place_else_what_it_is_of() -> None:
    def of(**given: Any) -> UUID:
        return m.measurement_id(command(**given))

    assert of(id="a", until=NOW) == of(id="a", until=NOW - timedelta(hours=1))
    place: dict[str, Any] = {"evidence": "00" * 32, "path": "a"}
    assert of(**place, mapping="11" * 32) == of(**place, mapping="22" * 32)
    assert of(value=1.0) == of(value=2.0)
    assert of(system="Chat ") == of(system="chat")


LABELS = st.dictionaries(st.text('ab,="\\ ', min_size=1, max_size=4), st.text('a,=" b', min_size=1))


@given(LABELS, LABELS)
def test_no_two_segments_have_one_text(one: dict[str, str], other: dict[str, str]) -> None:
    texts = {m.segment_text(m.labels_of(each)) for each in (one, other)}
    assert (1 if one == other else 2) == len(texts)


def test_the_text_of_a_segment_reads_as_it_is_told() -> None:
    assert "route=chat, tier=a=b" == m.segment_text({"route": "chat", "tier": "a=b"})
    assert 'a="b, c=d"' == m.segment_text({"a": "b, c=d"})


@pytest.mark.parametrize("field", ["system", "metric"])
def test_a_blank_names_nothing(field: str) -> None:
    given = msgspec.to_builtins(command()) | {field: " \n"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, type=m.RecordMeasurement)
