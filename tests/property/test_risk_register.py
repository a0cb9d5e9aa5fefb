"""Risks at random: the register's row agrees with the state, and both with a naive reading."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.envelope import Recorded
from ledger.domain.risk import (
    RISK_ACCEPTANCE,
    RISK_REVIEW,
    RISK_TREATMENT,
    Risk,
    RiskAcceptance,
    RiskLevel,
    RiskStatus,
    Treatment,
    decide,
    evolve,
)
from ledger.domain.risk import commands as c
from ledger.domain.risk import events as e
from ledger.domain.stream_type import Sender
from ledger.errors import Invalid, Refused
from ledger.policy import parse_policy, shipped
from ledger.policy.times import time_text
from projections import risks
from projections.engine.projection import Row

POLICY = parse_policy(shipped())
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
STREAM = "risk/0f0e0d0c-0b0a-4908-8706-050403020100"
PEOPLE = ("person/1", "person/2", "person/3")
"""The first owns it."""
ROLES = frozenset({("governance_lead", None)})
LIKELIHOOD = st.sampled_from(tuple(POLICY.risks.likelihood))
IMPACT = st.sampled_from(tuple(POLICY.risks.impact))
DAYS = st.integers(1, 400).map(lambda days: days * DAY)


def later(days: st.SearchStrategy[timedelta]) -> st.SearchStrategy[datetime | None]:
    """A time of the two years, or none."""
    return st.none() | days.map(lambda of: START + of)


COMMANDS: st.SearchStrategy[c.RiskCommand] = st.one_of(
    st.builds(
        c.AssessRisk,
        level=st.sampled_from(RiskLevel),
        likelihood=LIKELIHOOD,
        impact=IMPACT,
        rationale=st.sampled_from(("a", "b")),
    ),
    st.builds(
        c.TreatRisk, treatment=st.sampled_from(Treatment), plan=st.just("p"), due=later(DAYS)
    ),
    st.builds(c.CompleteTreatment, what=st.just("w")),
    st.builds(c.RequestAcceptance, reason=st.sampled_from(("a", "b")), until=later(DAYS)),
    st.builds(c.AcceptRisk, reason=st.just("r"), until=later(DAYS)),
    st.builds(c.WithdrawAcceptance, reason=st.just("r")),
    st.builds(c.LinkSystem, system=st.sampled_from(("a", "b", "c"))),
    st.builds(c.UnlinkRisk, reason=st.just("r"), system=st.sampled_from(("a", "b", "c"))),
    st.builds(c.ReviewRisk),
    st.builds(c.CloseRisk, reason=st.just("r")),
    st.builds(c.ReopenRisk, reason=st.just("r")),
)
Step = tuple[int, c.RiskCommand, str, bool]
STEP: st.SearchStrategy[Step] = st.tuples(
    st.integers(0, 200), COMMANDS, st.sampled_from(PEOPLE), st.booleans()
)
"""Days that pass, a command, who sends it, and whether the clock looked before."""
CURRENT = st.builds(
    c.AssessRisk,
    level=st.just(RiskLevel.CURRENT),
    likelihood=LIKELIHOOD,
    impact=IMPACT,
    rationale=st.just("c"),
)


def _accepted(current: c.AssessRisk, asks: str, accepts: str, days: int) -> list[Step]:
    """It is assessed, asked for and accepted, as it is by people who work by the book."""
    return [
        (0, current, asks, True),
        (0, c.RequestAcceptance(reason="a"), asks, True),
        (days, c.AcceptRisk(reason="r"), accepts, True),
    ]


STORIES = st.builds(
    _accepted, CURRENT, st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.integers(0, 10)
)
STEPS = st.lists(STEP.map(lambda step: [step]) | STORIES, min_size=3, max_size=20).map(
    lambda parts: [step for part in parts for step in part]
)


class Life:
    """A risk's events, with the time that it is now."""

    def __init__(self) -> None:
        self.now = START
        self.events: list[e.RiskEvent] = []
        identify = c.IdentifyRisk(title="T", category="other", owner=PEOPLE[0], system="chat")
        self.events += decide(identify, Risk(), POLICY, self.now)

    @property
    def state(self) -> Risk:
        return reduce(evolve, self.events, Risk())

    def look(self) -> None:
        """The clock looks, as it does at each deadline."""
        for deadline in (RISK_ACCEPTANCE, RISK_REVIEW, RISK_TREATMENT):
            for command in (deadline.commands or (lambda _: ()))(self.state):
                self.events += decide(command, self.state, POLICY, self.now)  # type: ignore[arg-type]
            again = deadline.next_at(self.state)
            assert again is None or again > self.now

    def send(self, command: c.RiskCommand, person: str) -> None:
        """A person sends it, who may accept everything; it may be refused."""
        sender = Sender(person, frozenset({person}), None, ROLES)
        try:
            self.events += decide(command, self.state, POLICY, self.now, sender)
        except (Refused, Invalid):
            return

    @property
    def row(self) -> Row:
        """The register's row."""
        row: Row | None = None
        for number, event in enumerate(self.events):
            recorded = Recorded(
                event=event,
                stream=STREAM,
                version=number + 1,
                leaf=number,
                id="i",
                recorded_at=event.at,
                actor="airledger",
                source="s",
                correlation="c",
            )
            row = risks.evolve(row, recorded, risks.keys(recorded)[0])  # type: ignore[index]
        assert row is not None
        return row


def lived(steps: Sequence[Step]) -> Life:
    """A life; at its end the clock has looked."""
    life = Life()
    for days, command, person, looks in steps:
        life.now += days * DAY
        if looks:
            life.look()
        life.send(command, person)
    life.look()
    return life


@given(STEPS)
def test_the_register_says_what_the_state_says(
    steps: Sequence[Step],
) -> None:
    life = lived(steps)
    state, row = life.state, life.row
    assert state.version == len(life.events)
    assert (state.status, state.owner) == (row["status"], row["owner"])
    for level in RiskLevel:
        found = state.assessments.get(level)
        expected = (None, None) if found is None else (found.band, found.score)
        assert expected == (row[f"{level.value}_band"], row[f"{level.value}_score"])
    assert state.acceptance_at(life.now) == row["acceptance"]
    assert (state.asked is None) is (row["asked_at"] is None)
    due = None if state.review_due is None else time_text(state.review_due)
    assert (due, state.review_overdue) == (row["review_due"], row["review_overdue"])
    chosen = state.treatment
    assert (None if chosen is None else chosen.treatment) == row["treatment"]
    open_ = state.status is RiskStatus.OPEN
    assert (chosen is not None and chosen.overdue and open_) is row["treatment_overdue"]
    assert len(state.links) == row["systems"]


def naive_acceptance(events: Sequence[e.RiskEvent], now: datetime) -> RiskAcceptance | None:
    """What the newest acceptance came to, read from the events by hand; None without any."""
    given: e.RiskAccepted | None = None
    after: list[e.RiskEvent] = []
    for event in events:
        after.append(event)
        if isinstance(event, e.RiskAccepted | e.RiskClosed):
            given, after = (event if isinstance(event, e.RiskAccepted) else None), []
    if given is None:
        return None
    for event in after:
        if isinstance(event, e.RiskAcceptanceWithdrawn):
            return RiskAcceptance.WITHDRAWN
        if isinstance(event, e.RiskAssessed) and event.level is RiskLevel.CURRENT:
            late = event.at >= given.until
            return RiskAcceptance.EXPIRED if late else RiskAcceptance.STALE
        if isinstance(event, e.RiskAcceptanceExpired):
            return RiskAcceptance.EXPIRED
    return RiskAcceptance.EXPIRED if given.until <= now else RiskAcceptance.HOLDS


@given(STEPS)
def test_bands_tolerance_and_acceptances_are_those_of_a_naive_reading(
    steps: Sequence[Step],
) -> None:
    life = lived(steps)
    row = life.row
    current = [
        each
        for each in life.events
        if isinstance(each, e.RiskAssessed) and each.level is RiskLevel.CURRENT
    ]
    order = list(POLICY.risks.bands)
    judged: tuple[str | None, int | None, str] = (None, None, "unknown")
    if current:
        newest = current[-1]
        likely = list(POLICY.risks.likelihood).index(newest.likelihood)
        bad = list(POLICY.risks.impact).index(newest.impact)
        band = POLICY.risks.matrix[likely][bad]
        within = order.index(band) <= order.index(POLICY.risks.tolerated)
        judged = (band, (likely + 1) * (bad + 1), "yes" if within else "no")
    assert judged == (row["current_band"], row["current_score"], row["tolerated"])
    naively = naive_acceptance(life.events, life.now)
    assert (naively or RiskAcceptance.NONE) == row["given"]


def asks_at(events: Sequence[e.RiskEvent], place: int) -> set[str]:
    """Whoever asked for the acceptance at this place of the events, read by hand.

    What a treatment alone asked for ends where another treatment is chosen, and all that is asked
    for where the risk is assessed anew.
    """
    asked: set[str] = set()
    by_treatment = True
    for event in events[:place]:
        match event:
            case e.RiskAcceptanceRequested():
                asked.add(event.person)
                by_treatment = False
            case e.RiskTreatmentChosen() if event.treatment is Treatment.ACCEPT:
                asked.add(event.person)
            case e.RiskTreatmentChosen() if by_treatment:
                asked = set()
            case e.RiskAccepted() | e.RiskAcceptanceWithdrawn() | e.RiskClosed():
                asked, by_treatment = set(), True
            case e.RiskAssessed() if event.level is RiskLevel.CURRENT:
                asked, by_treatment = set(), True
            case _:
                pass
    return asked


@given(STEPS)
def test_nobody_accepts_what_he_owns_or_asked_for_and_never_longer_than_the_band_allows(
    steps: Sequence[Step],
) -> None:
    current: e.RiskAssessed | None = None
    events = lived(steps).events
    for place, event in enumerate(events):
        match event:
            case e.RiskAssessed() if event.level is RiskLevel.CURRENT:
                current = event
            case e.RiskAccepted():
                asked = asks_at(events, place)
                assert asked
                assert event.person not in {PEOPLE[0], *asked}
                assert current is not None
                assert event.band == current.band
                longest = POLICY.risks.bands[event.band].accepted_for
                assert event.at < event.until <= event.at + longest
            case _:
                pass
