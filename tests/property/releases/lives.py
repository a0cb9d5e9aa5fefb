"""Lives of releases: what happens, in an order that often comes to a decision."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.property.releases.documents import DOCUMENTS
from tests.property.releases.naive_commands import Step
from tests.property.releases.people import GL, JOINS, PEOPLE, PO
from tests.property.releases.terms import Terms

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 3, 10, 8, tzinfo=UTC)
VERSIONS = ("1", "2", "3")
A = (("model", "a"), ("prompt", "a"))
ARTEFACTS: tuple[tuple[tuple[str, str], ...], ...] = (
    A,
    (("model", "a"), ("prompt", "b")),
    (("model", "a"), ("prompt", "c")),
    (("model", "b"), ("prompt", "a")),
    (("prompt", "a"),),
    (("prompt", "a"), ("provider_model", "2024-08-06")),
    (("prompt", "a"), ("provider_model", "")),
    (("config", "a"), *A),
)
GOOD = {
    "pass@5": 0.9,
    "demographic parity difference": 0.05,
    "harmful output rate": 0.4,
    "attack success rate": 2.0,
}
VALUES = {
    "pass@5": (0.9, 0.9, 0.5),
    "demographic parity difference": (0.05, 0.3),
    "harmful output rate": (0.2, 0.4, 0.9),
    "attack success rate": (2.0, 9.0),
}
FINE: dict[str, Any] = {
    "n": 400,
    "has_unit": True,
    "opposite": False,
    "segment": (),
    "ago": timedelta(0),
}
TERMS = st.builds(
    Terms,
    safety=st.sampled_from(["0.5", "0.3"]),
    waivable=st.booleans(),
    sign_offs=st.sampled_from([1, 2, None]),
    inherits=st.sampled_from([True, True, False]),
    authors_may_sign=st.sampled_from([False, False, True]),
    prompts_are_major=st.sampled_from([False, False, True]),
    max_age=st.sampled_from([90, 10]),
    first_plan=st.sampled_from([True, True, False]),
) | st.just(Terms())


def evaluated(version: str) -> list[Step]:
    return [("measure", version, name, FINE | {"value": value}) for name, value in GOOD.items()]


def documented(version: str, number: int, way_back: str) -> list[Step]:
    found: list[Step] = []
    for kind in ("model_card", "system_card", "dpia", way_back):
        document = f"{kind}/{number}"
        found += [("file", document, version, None), ("attach", version, document)]
        if kind == "dpia":
            found.append(("approve", document, True, (), None))
        else:
            found.append(("attest", document))
    return [*found, ("follow",)]


def signed(version: str) -> list[Step]:
    return [("sign", version, "pia", PO), ("sign", version, "lea", GL)]


def ready(version: str, number: int, artefacts: Any, change_class: str) -> list[Step]:
    """A release of which only decision and deployment are missing."""
    return [
        ("propose", version, change_class, artefacts, ("emil",)),
        *(documented(version, number, "snapshot") if change_class == "major" else []),
        *evaluated(version),
        *signed(version),
    ]


def gone(version: str, number: int, artefacts: Any, change_class: str) -> list[Step]:
    """A release that runs as it was decided."""
    return [
        *ready(version, number, artefacts, change_class),
        ("decide", version, "go"),
        ("deploy", version, "full", False),
    ]


VERSION = st.sampled_from([*VERSIONS, "2", "3"])
NAME = st.sampled_from([*PEOPLE])
ROLE = st.sampled_from([PO, GL])
DOCUMENT = st.sampled_from([*DOCUMENTS])
SPAN = st.sampled_from([None, None, HOUR, 5 * DAY, 40 * DAY])
CLASS = st.sampled_from(["major", "standard", "standard", "emergency"])
MADE = st.sampled_from(ARTEFACTS)
METRIC = st.sampled_from([*VALUES])


def _measured(metric: str) -> st.SearchStrategy[Step]:
    said = st.fixed_dictionaries(
        {
            "value": st.sampled_from(VALUES[metric]),
            "n": st.sampled_from([400, 400, 400, 5, None]),
            "has_unit": st.sampled_from([True, True, True, False]),
            "opposite": st.sampled_from([False, False, False, True]),
            "segment": st.sampled_from([(), (), (("language", "de"),)]),
            "ago": st.sampled_from([timedelta(0), timedelta(0), HOUR, 12 * DAY]),
        }
    )
    return st.tuples(st.just("measure"), VERSION, st.just(metric), said)


SIGN = st.tuples(st.just("sign"), VERSION, NAME, ROLE)
DECIDE = st.tuples(st.just("decide"), VERSION, st.sampled_from(["go", "go", "go", "no_go"]))
AMEND = st.one_of(
    st.tuples(st.just("amend"), VERSION, st.just("artefacts"), MADE),
    st.tuples(st.just("amend"), VERSION, st.just("change_class"), CLASS),
    st.tuples(
        st.just("amend"), VERSION, st.just("authors"), st.sampled_from([("emil",), ("bob",)])
    ),
)
SPOILS: list[st.SearchStrategy[Step]] = [
    AMEND,
    METRIC.flatmap(_measured),
    st.tuples(st.just("retract"), st.integers(0, 7)),
    st.tuples(st.just("withdraw"), DOCUMENT),
    st.tuples(
        st.just("approve"), DOCUMENT, st.booleans(), st.sampled_from([(), ("2",), ("3",)]), SPAN
    ),
    st.tuples(st.just("file"), DOCUMENT, VERSION, SPAN),
    st.tuples(st.just("attach"), VERSION, DOCUMENT),
    st.tuples(st.just("detach"), VERSION, DOCUMENT),
    st.tuples(st.just("adopt"), TERMS),
    st.tuples(st.just("join"), st.sampled_from(JOINS)),
    st.tuples(st.just("deploy"), VERSION, st.sampled_from(["full", "canary"]), st.booleans()),
    st.tuples(st.just("roll_back"), VERSION, st.sampled_from([None, *VERSIONS])),
    st.tuples(st.just("unsign"), VERSION, NAME, ROLE),
    SIGN,
    DECIDE,
]
SPOIL = st.sampled_from(range(len(SPOILS))).flatmap(lambda at: SPOILS[at])
OTHERS: list[st.SearchStrategy[Step]] = [
    st.tuples(st.just("wait"), st.sampled_from([HOUR, DAY, 6 * DAY, 30 * DAY])),
    st.tuples(st.just("propose"), VERSION, CLASS, MADE, st.sampled_from([("emil",), ("bob",)])),
    st.tuples(
        st.just("waive"),
        VERSION,
        st.sampled_from(["fairness", "fairness", "robustness", "safety"]),
        NAME,
        ROLE,
        st.sampled_from([5 * DAY, 5 * DAY, 40 * DAY, -HOUR, None]),
    ),
    st.tuples(st.just("attest"), DOCUMENT),
    st.tuples(st.just("follow")),
    st.tuples(st.just("again"), st.integers(0, 7)),
    st.tuples(st.just("undeploy"), VERSION),
    st.tuples(st.just("close_incident")),
    st.tuples(st.just("restart"), st.integers(0, 1)),
    st.tuples(st.just("look")),
    st.tuples(st.just("race"), SPOIL, SPOIL),
]
ONE = st.sampled_from(range(len(OTHERS))).flatmap(lambda at: OTHERS[at])


def _racing(version: str) -> st.SearchStrategy[list[Step]]:
    """Somebody decides, signs or deploys a release while another one changes what it rests on."""
    bad = FINE | {"value": 0.9}
    first: list[Step] = [
        ("decide", version, "go"),
        ("decide", version, "no_go"),
        *signed(version),
        ("sign", version, "bob", PO),
        ("deploy", version, "full", False),
    ]
    second: list[Step] = [
        ("measure", version, "harmful output rate", bad),
        *(("withdraw", f"{kind}/{at}") for kind in ("dpia", "system_card") for at in (0, 1)),
        ("approve", "dpia/0", False, (), None),
        ("amend", version, "artefacts", ARTEFACTS[2]),
        ("amend", version, "authors", ("bob",)),
        ("detach", version, "model_card/0"),
        ("retract", 0),
        ("adopt", Terms(safety="0.3")),
        ("join", JOINS[0]),
        ("join", JOINS[1]),
        ("deploy", "1", "full", False),
        ("decide", version, "no_go"),
        ("unsign", version, "pia", PO),
    ]
    race = st.tuples(st.just("race"), st.sampled_from(first), st.sampled_from(second))
    return race.map(lambda step: [*evaluated(version), *signed(version), step])


def _taken_back(version: str) -> list[Step]:
    """A release that is taken back, and deployed once more all the same."""
    runs = ("deploy", version, "full", False)
    return [runs, ("roll_back", version, None), runs, ("decide", version, "go"), ("look",)]


def _waived(version: str) -> list[Step]:
    """A release that fails but for a waiver, which ends."""
    waive = ("waive", version, "fairness", "lea", GL, 5 * DAY)
    bad = ("measure", version, "demographic parity difference", FINE | {"value": 0.3})
    decided = [*evaluated(version), bad, *signed(version), ("decide", version, "go")]
    return [waive, *decided, ("look",), ("wait", 6 * DAY), ("look",)]


PARTS: list[st.SearchStrategy[list[Step]]] = [
    *[SPOIL.map(lambda step: [step])] * 4,
    *[ONE.map(lambda step: [step])] * 3,
    *[VERSION.flatmap(_racing)] * 2,
    VERSION.map(lambda version: [*evaluated(version), *signed(version), ("decide", version, "go")]),
    st.builds(gone, VERSION, st.just(1), MADE, CLASS),
    VERSION.map(_taken_back),
    VERSION.map(_waived),
]
PART = st.sampled_from(range(len(PARTS))).flatmap(lambda at: PARTS[at])
STANDARD = gone("2", 1, ARTEFACTS[1], "standard")
BEGINS: st.SearchStrategy[list[Step]] = st.sampled_from(
    [
        [],
        ready("1", 0, A, "major"),
        [*gone("1", 0, A, "major"), *ready("2", 1, ARTEFACTS[1], "standard")],
        [*gone("1", 0, A, "major"), *gone("2", 1, ARTEFACTS[3], "major")],
        [*gone("1", 0, A, "major"), *STANDARD],
        [*gone("1", 0, A, "major"), *STANDARD, *ready("3", 1, ARTEFACTS[2], "standard")],
    ]
)


def lives(least: int, most: int) -> st.SearchStrategy[list[Step]]:
    """Lives of so many parts after their begin."""
    return st.builds(
        lambda begin, parts: [*begin, *(step for part in parts for step in part)],
        BEGINS,
        st.lists(PART, min_size=least, max_size=most),
    )
