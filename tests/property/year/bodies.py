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
TROUBLES = st.tuples(
    st.lists(st.sampled_from(list(SOURCES)), min_size=1, max_size=2).map(tuple),
    st.lists(st.sampled_from(FEW), min_size=1, max_size=2).map(tuple),
).map(lambda few: _heard(*few))
"""What one source or two tell of one alert or two, again and again."""
