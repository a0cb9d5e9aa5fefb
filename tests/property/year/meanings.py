"""What each signal should have come to, by the log before it, and what is wrong with a log.

Bodies are taken one after the other here, so what a body came to is the piece of the log between
its beginning and its end.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ledger.domain.alert import Signal
from ledger.domain.alert_group import GroupOpenedIncident
from tests.property.year import alerts, incidents
from tests.property.year.alerts import Alert
from tests.property.year.heard import Body, Heard, alert_id
from tests.property.year.incidents import Incident
from tests.property.year.reading import AlertTerms, Log, in_force, worse
from tests.property.year.tellings import NEW, Telling, told

NONE = timedelta(0)


class Known(NamedTuple):
    """A signal, and what is known when it arrives."""

    signal: Signal
    at: datetime
    log: Log
    terms: AlertTerms
    alert: Alert
    found: dict[str, Incident]
    mine: Incident | None
    """The incident that the alert's open episode belongs to, merges followed."""

    @property
    def opens(self) -> bool:
        """Whether the policy's rule opens an incident."""
        return self.terms.opens(self.signal.labels)

    @property
    def severity(self) -> str | None:
        """What the signal's severity is."""
        return self.terms.severity_of(self.signal.labels)


def wrong_signals(log: Log, heard: Heard) -> list[str]:
    """Every body that came to something else than it should."""
    return [wrong for body in heard for wrong in _wrong_body(log, body)]


def _wrong_body(log: Log, body: Body) -> Iterator[str]:
    at = body.before
    for signal in in_order(body, log[:at]):
        expected = list(_expected(known(log[:at], signal, body.at)))
        names: dict[str, str] = {}
        actual = [told(each, names) for each in log[at : min(at + len(expected), body.after)]]
        if expected != actual:
            what = f"{signal.source}'s {signal.dedup_key} {signal.status}, at leaf {at}"
            yield f"{what}: {actual} is not {expected}"
            return
        at += len(expected)
    if at != body.after:
        more = [told(each, {}) for each in log[at : body.after]]
        yield f"The body at leaf {body.before} came to more: {more}"


def in_order(body: Body, log: Log) -> list[Signal]:
    """A body is one moment: what was heard of, then ends, then firings, by their starts and keys.

    One that names a key twice keeps its order.
    """
    keys = [signal.dedup_key for signal in body.signals]
    if len(keys) != len(set(keys)):
        return list(body.signals)
    states = {name: alert.state for name, alert in alerts.read(log).items()}

    def place(signal: Signal) -> tuple[int, datetime, str]:
        is_open = states.get(alert_id(signal)) in {"firing", "stale"}
        turn = 1 if signal.status.value == "resolved" else 0 if is_open else 2
        return turn, signal.starts_at or body.at, signal.dedup_key

    return sorted(body.signals, key=place)


def known(log: Log, signal: Signal, at: datetime) -> Known:
    """What is known when a signal arrives."""
    found = incidents.read(log)
    alert = alerts.read(log).get(alert_id(signal), Alert())
    mine = incidents.today(found, alert.incident) if alert.incident else None
    return Known(signal, at, log, in_force(log, len(log)).alerts, alert, found, mine)


def _expected(of: Known) -> Iterator[Telling]:
    is_open = of.alert.state in {"firing", "stale"}
    match of.signal.status.value:
        case "resolved":
            yield from _ends(of, is_open=is_open)
        case "acknowledged":
            if of.alert.state == "stale" and of.mine and of.mine.status == "open":
                yield Telling("heard")
                yield Telling("linked", of.mine.name, of.at)
        case _ if is_open:
            yield from _goes_on(of)
        case _:
            yield from _fires(of)


def _ends(of: Known, *, is_open: bool) -> Iterator[Telling]:
    end = min(of.signal.ends_at or of.at, of.at)
    if not is_open:
        if of.alert.state == "unseen":
            yield Telling("resolved", at=end)
        return
    if _waited_behind_the_firing(of):
        return
    yield Telling("resolved", at=end)
    if of.mine:
        yield Telling("unlinked", of.mine.name, end, "resolved")


def _waited_behind_the_firing(of: Known) -> bool:
    """ADR 20: it arrived before what is open now, and names an end not after that start."""
    ends, started, last = of.signal.ends_at, of.alert.started, of.alert.last_arrived
    return bool(ends and started and last and ends <= started and of.at < last)


def _fires(of: Known) -> Iterator[Telling]:
    starts, ended = of.signal.starts_at, of.alert.ended
    begins_later = ended is None or (starts is not None and starts > ended)
    if not begins_later and _is_late_copy(of):
        return
    start = min(starts or of.at, of.at) if begins_later else of.at
    yield Telling("fired", at=start, what=of.severity)
    if of.opens:
        yield from _into_an_incident(of, start)


def _is_late_copy(of: Known) -> bool:
    if of.alert.end_arrived is None:
        return False
    after = of.at - of.alert.end_arrived
    if after < NONE:
        return -after <= of.terms.late_copy
    return after <= of.terms.late_copy and of.signal.sender != of.alert.end_sender


def _goes_on(of: Known) -> Iterator[Telling]:
    """A firing of an open episode."""
    stale = of.alert.state == "stale"
    opens_one = of.opens and of.mine is None
    is_worse = of.signal.labels != of.alert.labels and (
        worse(of.severity, of.alert.worst) or opens_one
    )
    outlives = of.opens and _outlives_a_close(of)
    if not (stale or is_worse or outlives):
        return
    again = not stale and _stated_over(of)
    if stale or again or not is_worse:
        yield Telling("heard")
    if is_worse:
        yield Telling("changed", what=of.severity)
    leaves = is_worse and of.opens and of.mine is not None and of.mine.near_miss
    if of.mine and not leaves and (of.mine.status == "open" or not of.opens):
        if again and alert_id(of.signal) in of.mine.impact.firing:
            yield Telling("unlinked", of.mine.name, of.mine.impact.resolved, "resolved")
        if stale or again:
            yield Telling("linked", of.mine.name, of.at)
        if is_worse:
            yield from _raise(of, of.mine)
    elif of.opens:
        yield from _into_an_incident(of, of.at)
        if of.mine:
            yield Telling("unlinked", of.mine.name, of.at, "moved")


def _outlives_a_close(of: Known) -> bool:
    """Whether a sender that tells each change once says that it goes on after people ended it."""
    once = of.signal.kind is not None and not of.signal.kind.repeats
    if not once or of.mine is None:
        return False
    return _stated_over(of) or (of.mine.left is not None and of.at > of.mine.left)


def _stated_over(of: Known) -> bool:
    """Whether people stated an end of the open incident's impact before the signal arrived."""
    if of.mine is None or of.mine.status != "open" or of.mine.impact.resolved is None:
        return False
    return of.at > of.mine.impact.resolved


def _into_an_incident(of: Known, start: datetime) -> Iterator[Telling]:
    """The newest incident of the group while that attracts, else a new one."""
    newest = _newest(of)
    if newest is not None and attracts(newest, of.at, of.terms.quiet):
        yield Telling("linked", newest.name, start)
        yield from _raise(of, newest)
        return
    yield Telling("opened")
    yield Telling("detected", NEW, of.terms.detected(start, of.at), of.severity, start)
    yield Telling("linked", NEW, start)


def attracts(incident: Incident, at: datetime, quiet: timedelta) -> bool:
    """Whether an open incident's impact goes on, or is over for less than `quiet`.

    A near miss keeps what it has.
    """
    over = incident.impact.over_since
    attracting = incident.status == "open" and not incident.near_miss
    return attracting and (over is None or at - over < quiet)


def _newest(of: Known) -> Incident | None:
    """The incident that the group's newest one stands for."""
    labels = of.signal.labels
    values = (("system", labels["system"]), ("alertname", labels["alertname"]))
    group = of.terms.rule_of(labels), values
    newest: Incident | None = None
    for each in of.log:
        event = each.event
        if isinstance(event, GroupOpenedIncident) and (event.rule, event.values) == group:
            newest = incidents.today(of.found, str(event.incident))
    return newest


def _raise(of: Known, incident: Incident) -> Iterator[Telling]:
    """An incident is as bad as its worst alert, unless a person said how bad it is."""
    is_open = incident.status == "open" and not incident.stated
    if is_open and worse(of.severity, incident.severity):
        yield Telling("raised", incident.name, what=of.severity)
