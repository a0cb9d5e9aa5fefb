"""However a file is changed, what is no number of a run that ended is never judgeable."""

import copy
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.evaluations import Declared, ReadEvaluation, read_evaluation
from ledger.errors import Invalid
from ledger.vocabulary import Direction
from tests.unit.evaluations.samples import SAMPLES, sample_json

JSON = sorted(path.name for path in SAMPLES.glob("*.json"))
NO_VALUES: list[Any] = [
    math.nan,
    math.inf,
    -math.inf,
    1.8e308,
    None,
    "N/A",
    "NaN",
    "",
    "0.5",
    True,
    [],
    {},
]
DECLARED = Declared(zone="UTC")
Place = tuple[str | int, ...]


def leaves(document: Any, place: Place = ()) -> Iterator[Place]:
    """The places of a document that hold no object and no list."""
    match document:
        case dict():
            for key, inner in document.items():
                yield from leaves(inner, (*place, key))
        case list():
            for index, inner in enumerate(document):
                yield from leaves(inner, (*place, index))
        case _:
            yield place


def put(document: Any, place: Place, value: Any) -> Any:
    """A copy of a document with something else in a place."""
    changed = copy.deepcopy(document)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed


def at(document: Any, place: Place) -> Any:
    """What is in a place."""
    for key in place:
        document = document[key]
    return document


def readings(document: Any) -> ReadEvaluation | None:
    """What a document says, or None."""
    try:
        return read_evaluation(json.dumps(document).encode(), declared=DECLARED)
    except Invalid:
        return None


def written(place: Place) -> str:
    """A place as paths have it."""
    parts = [f"[{key}]" if isinstance(key, int) else f".{key}" for key in place]
    return "".join(parts).removeprefix(".")


@pytest.mark.parametrize("name", JSON)
def test_a_value_that_is_none_is_never_taken(name: str) -> None:
    document = sample_json(name)
    found = readings(document)
    assert found is not None
    paths = {each.path.replace('"', "") for each in found.values}
    places = [place for place in leaves(document) if written(place) in paths]
    assert places or "scores" in str(paths)
    for place in places:
        for value in NO_VALUES:
            changed = readings(put(document, place, value))
            taken = [] if changed is None else changed.values
            assert written(place) not in {each.path.replace('"', "") for each in taken}


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_is_judgeable_is_finite_and_has_samples(data: st.DataObject) -> None:
    document = sample_json(data.draw(st.sampled_from(JSON)))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(list(leaves(document))))
        other = st.one_of(
            st.sampled_from([*NO_VALUES, 0, -1, "success", "higher", "\ud800"]),
            st.integers(),
            st.floats(),
            st.text(max_size=5),
        )
        document = put(document, place, data.draw(other))
    found = readings(document)
    for value in () if found is None else found.values:
        assert math.isfinite(value.value)
        assert abs(value.value) <= 1e300
        assert value.n is None or value.n >= 1
        assert value.direction is None or value.direction in Direction
        assert value.judgeable == (None not in {value.n, value.direction, value.unit})
        assert value.until is None or value.until.tzinfo is not None
        assert value.path.encode()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=12).filter(lambda status: status != "success"))
def test_no_status_but_success_lets_a_log_pass(status: str) -> None:
    found = readings(sample_json("inspect-log.json") | {"status": status})
    assert found is not None
    assert () == found.values


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_a_drift_score_of_an_unknown_method_has_no_direction(method: str) -> None:
    document = sample_json("evidently-0.7.16.json")
    known = {"psi", "ks", "z", "ed", "es", "TVD", "PSI"}
    document["metrics"][2]["config"]["method"] = method
    found = readings(document)
    assert found is not None
    scores = [each for each in found.values if each.path == "metrics[2].value"]
    assert all(each.direction is None for each in scores) or method in known
