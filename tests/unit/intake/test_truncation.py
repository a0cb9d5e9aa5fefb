"""A signal always fits an event, keeps its labels, and says what was cut."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.intake.parsing.truncation import BUDGET_BYTES, TooLarge, truncate
from ledger.domain.alert import Signal, SignalStatus

AT = datetime(2026, 11, 22, 9, 21, tzinfo=UTC)


def signal(
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    generator_url: str = "",
) -> Signal:
    return Signal(
        source="am",
        dedup_key="2027d0cbc8472fda",
        status=SignalStatus.FIRING,
        title="Latency",
        labels={"severity": "info"} if labels is None else labels,
        annotations=annotations or {},
        starts_at=AT,
        generator_url=generator_url,
    )


def test_a_signal_that_fits_is_left_as_it_is() -> None:
    given_signal = signal(annotations={"summary": "p95 above 2 s"})
    assert given_signal is truncate(given_signal)


def test_the_longest_annotation_is_cut_and_named() -> None:
    found = truncate(signal(annotations={"summary": "short", "log": "x" * 100_000}))
    assert ("annotations.log",) == found.shortened
    assert {"summary": "short", "log": "x" * 1_000 + "…"} == found.annotations


def test_an_annotation_named_like_the_generator_url_is_not_taken_for_it() -> None:
    found = truncate(
        signal(annotations={"generator_url": "a" * 60_000}, generator_url="http://p/g")
    )
    assert (("annotations.generator_url",), "http://p/g") == (found.shortened, found.generator_url)


def test_labels_are_never_cut_but_refused() -> None:
    with pytest.raises(TooLarge, match="its labels take"):
        truncate(signal(labels={"severity": "info", "trace": "y" * 30_000}))


def test_too_many_annotations_are_refused() -> None:
    with pytest.raises(TooLarge, match="annotations cannot be cut"):
        truncate(signal(annotations={f"name-{n:020d}": "v" for n in range(3_000)}))


@given(
    st.dictionaries(st.text(max_size=40), st.integers(0, 40_000), max_size=6), st.text("é\x00\\")
)
def test_what_is_fitted_is_within_the_budget(sizes: dict[str, int], text: str) -> None:
    annotations = {name: (text or "x") * size for name, size in sizes.items()}
    found = truncate(signal(annotations=annotations))
    assert len(msgspec.json.encode(found)) <= BUDGET_BYTES + 2_000
    assert annotations.keys() == found.annotations.keys()
