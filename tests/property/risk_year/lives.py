"""Years of life: what happens, in an order that often comes to something."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.property.risk_year.naive import Step
from tests.property.risk_year.people import GL, JOINS, PEOPLE, PO, RM
from tests.property.risk_year.terms import Terms

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NONE = timedelta(0)
START = datetime(2026, 3, 10, 8, tzinfo=UTC)
RISK_NAMES = ("a", "b")
STANDARD_NAMES = ("eu", "iso", "house")
SYSTEMS = ("chat", "search")

TERMS = st.just(Terms()) | st.builds(
    Terms,
    matrix=st.sampled_from(["small", "harsh", "other"]),
    tolerated=st.sampled_from([0, 1, 2]),
    authority=st.sampled_from(["wide", "strict"]),
    accepted_for=st.sampled_from(["long", "short"]),
    reviewed_every=st.sampled_from(["seldom", "often"]),
    reassess_within=st.sampled_from([30, 2]),
    controls=st.sampled_from(["all", "few"]),
    no_recurrence=st.sampled_from([60, 5]),
    from_actions=st.booleans(),
)


def one_of(*of: Any) -> st.SearchStrategy[Any]:
    """One of these, each as likely as the others: Hypothesis' `one_of` flattens its like."""
    return st.sampled_from(range(len(of))).flatmap(lambda n: of[n])


def step(name: str, *said: Any) -> st.SearchStrategy[Step]:
    """A step of a name, and what it says."""
    return st.tuples(
        st.just(name),
        *(each if isinstance(each, st.SearchStrategy) else st.just(each) for each in said),
    )


RISK = st.sampled_from(["a", "a", "a", "b"])
NAME = st.sampled_from([*PEOPLE])
SYSTEM = st.sampled_from([None, "chat", "chat", "search"])
SPAN = st.sampled_from([None, None, None, DAY, 4 * DAY, 25 * DAY, 200 * DAY, NONE, -HOUR])
AHEAD = st.sampled_from([DAY, 4 * DAY, 25 * DAY])
LEVEL = st.sampled_from(["current", "current", "current", "inherent", "residual"])
LIKELIHOOD = st.sampled_from(["rare", "rare", "possible", "likely", "often", "never"])
IMPACT = st.sampled_from(["minor", "minor", "major", "severe", "terrible"])
CATEGORY = st.sampled_from(["safety", "safety", "privacy", "fairness", "luck"])
ROLE = st.sampled_from([None, None, None, PO, RM, GL, "king"])
LINK = one_of(
    st.tuples(st.just("control"), st.sampled_from(["data", "charter", "watch", "zeal"]), SYSTEM),
    st.tuples(st.just("system"), st.sampled_from([*SYSTEMS, "rank"]), st.none()),
    st.tuples(st.sampled_from(["incident", "improvement"]), st.just("x"), st.none()),
)
IDENTIFY = step("identify", RISK, CATEGORY, SYSTEM, NAME, SPAN)
ASSESS = step("assess", RISK, LEVEL, LIKELIHOOD, IMPACT, st.sampled_from(["rik", "bob"]))
TREAT = step(
    "treat", RISK, st.sampled_from(["mitigate", "avoid", "transfer", "accept"]), SPAN, NAME
)
REQUEST = step("request", RISK, NAME, SPAN)
ACCEPT = step("accept", RISK, NAME, SPAN, ROLE, st.sampled_from([True] * 9 + [False]))
LINKED = st.tuples(st.sampled_from(["link", "link", "unlink"]), RISK, LINK).map(
    lambda found: (found[0], found[1], *found[2])
)
RISK_STEP = one_of(
    ASSESS, ASSESS, TREAT, REQUEST, ACCEPT, ACCEPT, LINKED,
    step("amend", RISK, st.none() | NAME, st.none() | CATEGORY),
    step("complete", RISK),
    step("withdraw", RISK),
    step("review", RISK, SPAN),
    step("close", RISK),
    step("reopen", RISK),
)  # fmt: skip


def accepted(risk: str, band: tuple[str, str], asks: str, accepts: str) -> list[Step]:
    """A risk that is assessed, asked for and accepted, where the terms let it be."""
    return [
        ("assess", risk, "current", *band, "rik"),
        ("request", risk, asks, None),
        ("accept", risk, accepts, None, None, True),
    ]


SMALL = st.sampled_from([("rare", "minor"), ("rare", "minor"), ("rare", "severe")])
ACCEPTED = st.builds(accepted, RISK, SMALL, NAME, NAME)

STANDARD = st.sampled_from(["eu", "eu", "iso", "house"])
SCOPE = st.sampled_from([(), (), ("chat",), ("search",), ("chat", "search")])
EFFECT = st.sampled_from(
    [("effective", "effective"), ("effective", "partly"), ("not", "effective")]
    + [("not_applicable", "not_applicable"), ("not_applicable", "effective")]
)
CONTROL = st.sampled_from(["data", "data", "watch", "charter", "lone", "zeal"])
ASSESS_CONTROL = step(
    "assess_control", CONTROL, SYSTEM, EFFECT, SPAN, st.sampled_from([True] * 9 + [False])
)
CHANGE = step("change", STANDARD, st.sampled_from(["1", "2", "3"]), SPAN)
SYSTEM_STEP = one_of(
    step("register_system", st.sampled_from(SYSTEMS)),
    step("register_system", st.sampled_from(SYSTEMS)),
    step("retire_system", st.sampled_from(SYSTEMS)),
)
CONTROL_STEP = one_of(
    ASSESS_CONTROL, ASSESS_CONTROL, ASSESS_CONTROL, CHANGE, CHANGE, SYSTEM_STEP,
    step("register", STANDARD, SCOPE, SPAN),
    step("rescope", STANDARD, SCOPE),
    step("look_at", STANDARD, SPAN),
    step("withdraw_standard", STANDARD),
)  # fmt: skip

OTHER = one_of(
    step("wait", st.sampled_from([HOUR, DAY, 3 * DAY, 20 * DAY, 90 * DAY])),
    step("wait", st.sampled_from([HOUR, DAY, 3 * DAY, 20 * DAY, 90 * DAY])),
    step("adopt", TERMS),
    step("join", st.sampled_from(JOINS)),
)
RUN = one_of(
    step("follow"), step("follow"), step("clock"), step("clock"), step("look"),
    step("restart", st.integers(0, 1)),
    step("die", st.integers(0, 3), st.booleans()),
    step("replay", st.sampled_from([1, 5, 1_000])),
)  # fmt: skip
ACT = one_of(RISK_STEP, RISK_STEP, CONTROL_STEP, OTHER)
FIRST = one_of(
    ACCEPT, ACCEPT, ASSESS, ASSESS_CONTROL, CHANGE, RISK_STEP, step("follow"), step("clock")
)
SECOND = one_of(
    ACCEPT, ASSESS, RISK_STEP, CONTROL_STEP, SYSTEM_STEP, step("adopt", TERMS), step("follow"),
    step("join", st.sampled_from(JOINS)),
)  # fmt: skip
RACE = step("race", FIRST, SECOND)
PARTS = one_of(
    *[RISK_STEP.map(lambda one: [one])] * 3,
    *[CONTROL_STEP.map(lambda one: [one])] * 2,
    *[OTHER.map(lambda one: [one])] * 2,
    RUN.map(lambda one: [one]),
    RACE.map(lambda one: [one]),
    ACCEPTED,
)
BEGIN: list[Step] = [
    ("identify", "a", "safety", "chat", "emil", None),
    ("identify", "b", "privacy", None, "pia", None),
    ("register_system", "chat"),
    ("register_system", "search"),
    ("register", "eu", (), None),
    ("register", "iso", ("chat",), DAY),
]


def lives(least: int, most: int) -> st.SearchStrategy[list[Step]]:
    """So many parts of life, mostly after what a ledger begins with."""
    begin = st.sampled_from([BEGIN, BEGIN, BEGIN[:3], []])
    parts = st.lists(PARTS, min_size=least, max_size=most)
    return st.tuples(begin, parts).map(
        lambda of: [*of[0], *(one for part in of[1] for one in part)]
    )
