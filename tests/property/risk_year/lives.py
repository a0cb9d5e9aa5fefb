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


def lapsed(risk: str, accepts: str, span: timedelta, then: Step) -> list[Step]:
    """A risk that is accepted for a day, and what is asked of it about when that ends."""
    return [
        ("assess", risk, "current", "rare", "minor", "rik"),
        ("request", risk, "emil", None),
        ("accept", risk, accepts, DAY, None, True),
        ("wait", span),
        (then[0], risk, *then[2:]),
    ]


ABOUT_A_DAY = st.sampled_from([DAY, DAY, DAY - HOUR, DAY + HOUR])
LAPSED = st.builds(
    lapsed, RISK, st.sampled_from(["rik", "lea", "bob", "sam", "dan"]), ABOUT_A_DAY, RISK_STEP
)

STANDARD = st.sampled_from(["eu", "eu", "iso", "house"])
SCOPE = st.sampled_from([(), (), ("chat",), ("search",), ("chat", "search")])
EFFECT = st.sampled_from(
    [
        ("effective", "effective"),
        ("effective", "partly"),
        ("not", "effective"),
        ("not_applicable", "not_applicable"),
        ("not_applicable", "effective"),
    ]
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

NUMBER = st.integers(0, 5)
DUE = st.sampled_from([DAY, 4 * DAY, 25 * DAY, 25 * DAY, NONE])
GROUP = st.sampled_from(["down", "down", "slow"])
INCIDENT = st.tuples(GROUP, st.integers(0, 3))
CRITERION: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["metric", "evidence"])},
        optional={"days": st.just(10), "half": st.just(True)},
    ),
    st.fixed_dictionaries(
        {"kind": st.just("no_recurrence")},
        optional={"days": st.sampled_from([2, 10]), "incident": INCIDENT},
    ),
    st.fixed_dictionaries({"kind": st.just("no_recurrence"), "incident": INCIDENT}),
)
BY: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "evidence": st.lists(st.sampled_from(["good", "plain", "chat", "other"]), max_size=2),
        "measurement": st.sampled_from([-1, 0, 1]),
    },
)
CHECK = step(
    "check",
    NUMBER,
    NAME,
    st.sampled_from(["effective", "effective", "not_effective", "inconclusive"]),
    BY,
)
STRIKE = step("strike", GROUP)
ANALYSE = step("analyse", st.integers(0, 2), st.none() | GROUP)
IMPROVE = one_of(
    step("take_up", NUMBER, NAME, DUE, CRITERION),
    step("take_up", NUMBER, NAME, DUE, CRITERION),
    step("do", NUMBER, st.sampled_from(["It.", "More."]), NAME),
    step("do", NUMBER, st.sampled_from(["It.", "More."]), NAME),
    CHECK,
    CHECK,
    step("act_on", NUMBER, st.sampled_from(["policy", "training"]), st.booleans()),
    step("do_again", NUMBER, DUE),
    step("recur", NUMBER, INCIDENT),
    step("end", NUMBER, st.booleans()),
    step("reject", NUMBER),
    step("reschedule", NUMBER, DUE),
)
FINDING = one_of(
    STRIKE, STRIKE, ANALYSE,
    step("measure", st.sampled_from(SYSTEMS), st.sampled_from([0.2, 0.4, 0.6])),
    step("retract", NUMBER),
)  # fmt: skip


def improved(number: int, owner: str, criterion: Any, name: str, check: Step) -> list[Step]:
    """One that is accepted, done and checked, where the rules let it be."""
    return [
        ("take_up", number, owner, 4 * DAY, criterion),
        ("do", number, "It.", name),
        (check[0], number, *check[2:]),
    ]


def watched(number: int, group: str, days: int, wait: timedelta, strikes: bool) -> list[Step]:
    """One that is to keep a group from opening an incident, and what happens then."""
    criterion = {"kind": "no_recurrence", "incident": (group, 0), "days": days}
    return [
        ("strike", group),
        ("take_up", number, "pia", 4 * DAY, criterion),
        ("do", number, "It.", "pia"),
        ("wait", wait),
        *([("strike", group)] if strikes else []),
    ]


IMPROVED = st.builds(improved, NUMBER, NAME, CRITERION, NAME, CHECK)
WATCHED = st.builds(
    watched, NUMBER, GROUP, st.sampled_from([2, 10]), st.sampled_from([HOUR, 2 * DAY, 3 * DAY]),
    st.booleans(),
)  # fmt: skip


def called(standard: str, wait: timedelta) -> list[Step]:
    """A change, the assessment that answers it, and what comes of it later."""
    assess: Step = ("assess_control", "data", "chat", ("effective", "partly"), None, True)
    change: Step = ("change", standard, "2", 4 * DAY)
    return [change, ("follow",), assess, ("wait", wait), ("clock",)]


CALLED = st.builds(called, st.sampled_from(["eu", "iso"]), st.sampled_from([HOUR, 5 * DAY]))
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
FIRST = one_of(
    IMPROVE,
    CHECK,
    ACCEPT,
    ACCEPT,
    ASSESS,
    ASSESS_CONTROL,
    CHANGE,
    RISK_STEP,
    step("follow"),
    step("clock"),
)
SECOND = one_of(
    ACCEPT, ASSESS, RISK_STEP, CONTROL_STEP, SYSTEM_STEP, IMPROVE, CHECK, STRIKE,
    step("adopt", TERMS), step("follow"), step("join", st.sampled_from(JOINS)),
)  # fmt: skip
RACE = step("race", FIRST, SECOND)
PARTS = one_of(
    *[RISK_STEP.map(lambda one: [one])] * 3,
    *[CONTROL_STEP.map(lambda one: [one])] * 2,
    *[IMPROVE.map(lambda one: [one])] * 3,
    FINDING.map(lambda one: [one]),
    *[OTHER.map(lambda one: [one])] * 2,
    RUN.map(lambda one: [one]),
    RACE.map(lambda one: [one]),
    ACCEPTED,
    LAPSED,
    CALLED,
    IMPROVED,
    WATCHED,
)
BEGIN: list[Step] = [
    ("identify", "a", "safety", "chat", "bob", None),
    ("identify", "b", "privacy", None, "lea", None),
    ("register_system", "chat"),
    ("register_system", "search"),
    ("register", "eu", (), None),
    ("register", "iso", ("chat",), DAY),
    ("suggest", 1, None, "incident", True),
    ("suggest", 2, "search", "audit", False),
]


def lives(least: int, most: int) -> st.SearchStrategy[list[Step]]:
    """So many parts of life, mostly after what a ledger begins with."""
    begin = st.sampled_from([BEGIN, BEGIN, BEGIN[:3], []])
    parts = st.lists(PARTS, min_size=least, max_size=most)
    return st.tuples(begin, parts).map(
        lambda of: [*of[0], *(one for part in of[1] for one in part)]
    )
