"""Alerts, groups and incidents together, under signals, people and the clock in any order."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ledger.domain.alert import Signal
from ledger.domain.envelope import kind_of, stream_id
from ledger.domain.identity import alert_id
from ledger.domain.incident import commands as c
from ledger.domain.incident.events import Closed
from ledger.domain.signal_state import StreamEvent
from ledger.errors import Invalid, Refused
from ledger.vocabulary import Status
from tests.property.commanding import COMMANDS
from tests.property.test_signals import LABELS_OF, signals
from tests.unit.domain.story import NOW, detected
from tests.unit.domain.world import World

REPORTED = UUID(int=1)
WAITS = st.sampled_from([0, 1, 30, 59, 60, 61, 720, 5_000]).map(lambda m: timedelta(minutes=m))
ANY = st.integers(0, 30)


class Ledger(RuleBasedStateMachine):
    """A ledger that takes anything; `now` never goes back."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.now: datetime = NOW
        self.world.append([StreamEvent(stream_id("incident", REPORTED), detected(at=NOW))])

    def pick(self, number: int) -> UUID:
        """Some incident."""
        known = sorted(self.world.incidents())
        return known[number % len(known)]

    @rule(wait=WAITS)
    def time_passes(self, wait: timedelta) -> None:
        self.now += wait

    @rule(of=signals())
    def a_signal_arrives(self, of: Signal) -> None:
        self.world.take(of, self.now)

    @rule(of=signals(), ago=WAITS)
    def a_signal_is_retried(self, of: Signal, ago: timedelta) -> None:
        self.world.take(of, self.now - ago, retried=True)

    @rule(key=st.sampled_from(sorted(LABELS_OF)), ago=WAITS)
    def the_clock_looks_for_stale_alerts(self, key: str, ago: timedelta) -> None:
        self.world.stale(key, self.now - ago, self.now)

    @rule(number=ANY, command=COMMANDS)
    def a_person_commands(self, number: int, command: c.IncidentCommand) -> None:
        incident = self.pick(number)
        before = self.world.incident(incident)
        try:
            self.world.command(incident, command, self.now)
        except (Refused, Invalid):
            assert before == self.world.incident(incident)

    @rule(number=ANY, how=st.sampled_from(["dismiss", "close", "reopen"]))
    def an_incident_is_settled_or_reopened(self, number: int, how: str) -> None:
        incident = self.pick(number)
        status = self.world.incident(incident).status
        if how == "reopen" and status in {Status.CLOSED, Status.DISMISSED}:
            self.world.command(incident, c.Reopen(reason="r"), self.now)
        elif status is Status.OPEN and how == "dismiss":
            self.world.command(incident, c.Dismiss(reason="r"), self.now)
        elif status is Status.OPEN and how == "close":
            closed = StreamEvent(
                stream_id("incident", incident), Closed(at=self.now, basis="imported")
            )
            self.world.append([closed])

    @precondition(lambda self: len(self.world.incidents()) > 1)
    @rule(source=ANY, into=ANY)
    def incidents_are_merged(self, source: int, into: int) -> None:
        one, other = self.pick(source), self.pick(into)
        before = self.world.incidents()
        try:
            self.world.merge(one, other, self.now)
        except Refused:
            assert before == self.world.incidents()

    @invariant()
    def an_alert_that_fires_keeps_one_incident_s_impact_going_and_no_other_does(self) -> None:
        incidents = self.world.incidents()
        for key in LABELS_OF:
            state, alert = self.world.alert(key), alert_id("main", key)
            holding = {name for name, incident in incidents.items() if alert in incident.firing}
            expected = set()
            if state.firing and not state.stale and state.incident is not None:
                expected = {self._living(state.incident)}
            assert expected == holding

    @invariant()
    def a_merged_incident_leads_to_one_that_is_not_and_fires_no_more(self) -> None:
        for name, incident in self.world.incidents().items():
            if incident.status is Status.MERGED:
                assert 0 == len(incident.firing)
                assert self.world.incident(self._living(name)).status is not Status.MERGED

    @invariant()
    def a_group_s_newest_is_one_of_the_incidents_it_counts(self) -> None:
        for name, events in self.world.streams.items():
            if kind_of(name) == "alert_group":
                assert len(events) == self.world.state(name).opened
                assert self.world.state(name).newest in self.world.incidents()

    @invariant()
    def every_state_is_what_its_events_fold_to(self) -> None:
        for name in self.world.streams:
            assert self.world.refold(name) == self.world.state(name)

    def _living(self, incident: UUID) -> UUID:
        seen = set()
        while (into := self.world.incident(incident).merged_into) is not None:
            assert incident not in seen
            seen.add(incident)
            incident = into
        return incident


Ledger.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestLedger = Ledger.TestCase
