"""Strategies for what sources tell: bodies of one alert or several, in any order."""

from hypothesis import strategies as st

from tests.property.year.sources import LABELS, SOURCES
from tests.property.year.spans import CLAIMED, HOST
from tests.property.year.steps import Hear, Said, Step

FEW = ("a", "b", "d")
"""Alerts of one group, where their rules open incidents."""
_STATUS = st.sampled_from(["firing", "firing", "firing", "resolved", "acknowledged"])
_SEVERITY = st.sampled_from([None, None, None, "critical", "error", "warning", "info"])
_POD = st.sampled_from([None, None, "1"])
_PEER = st.sampled_from([0, 0, 0, 1])


def said(keys: tuple[str, ...]) -> st.SearchStrategy[Said]:
    """What may be said of one of these alerts."""
    return st.builds(Said, st.sampled_from(keys), _STATUS, CLAIMED, CLAIMED, _SEVERITY, _POD)


def _heard(sources: tuple[str, ...], keys: tuple[str, ...]) -> st.SearchStrategy[Step]:
    body = st.lists(said(keys), min_size=1, max_size=3).map(tuple)
    return st.builds(Hear, HOST, st.sampled_from(sources), body, _PEER)


HEARD = _heard(tuple(SOURCES), tuple(LABELS))
Few = tuple[tuple[str, ...], tuple[str, ...]]
SUBJECTS: st.SearchStrategy[Few] = st.tuples(
    st.sampled_from([("am", "pd"), ("am",), ("graf", "app"), ("pd",), ("am", "graf")]),
    st.sampled_from([FEW, FEW[:1], FEW[:2]]),
)
"""A source or two, and a few alerts of one group."""


def heard(few: Few) -> st.SearchStrategy[Step]:
    """What these sources tell of these alerts."""
    return _heard(*few)


def fires(few: Few) -> st.SearchStrategy[Step]:
    """One of these alerts fires."""
    sources, keys = few
    firing = st.builds(Said, st.sampled_from(keys), st.just("firing"), severity=st.just("error"))
    return st.builds(Hear, HOST, st.sampled_from(sources), st.tuples(firing))
