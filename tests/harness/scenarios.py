"""What happens in an alerting system's life, each played once on a real Alertmanager.

A scenario takes the Alertmanager and the Recorder that its receiver points to: alone, or as a tap
in front of a server (`Recorder(forward=...)`). It goes on when the delivery that it waits for was
accepted, and returns what was done. `system` keeps scenarios on one Alertmanager apart.
"""

from collections.abc import Callable, Sequence

from tests.harness.alertmanager import Alert, Alertmanager
from tests.harness.played import Played, episode, episodes_told, harmful, node_down, now
from tests.harness.process import until
from tests.harness.prometheus import Prometheus
from tests.harness.recorder import Delivery, Recorder


def fired(alertmanager: Alertmanager, tap: Recorder, *, system: str = "fired") -> Played:
    """One alert fires and goes on firing."""
    since = tap.mark
    alert = harmful(system, now())
    alertmanager.post(alert)
    deliveries = tap.heard([alert.fingerprint], "firing", since=since)
    return Played(episodes=(episode(alert),), deliveries=deliveries)


def grouped(
    alertmanager: Alertmanager, tap: Recorder, *, system: str = "grouped", count: int = 3
) -> Played:
    """Alerts of one group, posted together, arrive in one body (within group_wait)."""
    since = tap.mark
    alerts = [node_down(system, node, now()) for node in range(count)]
    alertmanager.post(*alerts)
    deliveries = tap.heard(_keys(alerts), "firing", since=since)
    return Played(episodes=tuple(map(episode, alerts)), deliveries=deliveries)


def storm(alertmanager: Alertmanager, tap: Recorder, *, system: str = "storm") -> Played:
    """Three hundred alerts in one group. Have a group_wait of three seconds to see one body."""
    return grouped(alertmanager, tap, system=system, count=300)


def repeated(
    alertmanager: Alertmanager, tap: Recorder, *, system: str = "repeated", times: int = 2
) -> Played:
    """Nothing changes and it is said again. Needs a short repeat_interval."""
    since = tap.mark
    played = fired(alertmanager, tap, system=system)
    alert = played.episodes[0].alert
    deliveries = tap.heard([alert.fingerprint], "firing", times=1 + times, since=since)
    return Played(episodes=played.episodes, deliveries=deliveries)


def partly_resolved(
    alertmanager: Alertmanager, tap: Recorder, *, system: str = "partly", count: int = 3
) -> Played:
    """The first alert of a group ends: one body tells the one and repeats the others."""
    return _resolved(alertmanager, tap, system=system, count=count, ending=1)


def all_resolved(
    alertmanager: Alertmanager, tap: Recorder, *, system: str = "resolved", count: int = 3
) -> Played:
    """Every alert of a group ends: the body's own status is resolved."""
    return _resolved(alertmanager, tap, system=system, count=count, ending=count)


def refired(alertmanager: Alertmanager, tap: Recorder, *, system: str = "refired") -> Played:
    """It ends, that is told, and it fires again: two episodes with two starts."""
    since = tap.mark
    first = fired(alertmanager, tap, system=system).episodes[0]
    ended = alertmanager.resolve(first.alert)
    tap.heard([first.alert.fingerprint], "resolved", since=since)
    second = harmful(system, now())
    alertmanager.post(second)
    deliveries = tap.heard([second.fingerprint], "firing", times=2, since=since)
    return Played(episodes=(episode(first.alert, ended), episode(second)), deliveries=deliveries)


def flapped(alertmanager: Alertmanager, tap: Recorder, *, system: str = "flapped") -> Played:
    """It ends, fires and ends again within one group_interval (let it be two seconds).

    The resolved that comes names the start of the second firing, which was never told. One
    episode: all that anybody was told is one firing and one resolved.
    """
    since = tap.mark
    first = fired(alertmanager, tap, system=system).episodes[0]
    alertmanager.resolve(first.alert)
    second = harmful(system, now())
    alertmanager.post(second)
    ended = alertmanager.resolve(second)
    deliveries = tap.heard([second.fingerprint], "resolved", since=since)
    return Played(episodes=(episode(first.alert, ended),), deliveries=deliveries)


def told_by_both(peers: Sequence[Alertmanager], tap: Recorder, *, system: str = "peers") -> Played:
    """Both members of a pair that do not hear each other tell the firing and the resolved."""
    since = tap.mark
    alert = harmful(system, now())
    for peer in peers:
        peer.post(alert)
    for peer in peers:
        tap.heard([alert.fingerprint], "firing", sender=peer.external_url, since=since)
    ended = now()
    for peer in peers:
        peer.resolve(alert, at=ended)
    for peer in peers:
        tap.heard([alert.fingerprint], "resolved", sender=peer.external_url, since=since)
    return Played(episodes=(episode(alert, ended),), deliveries=tap.deliveries[since:])


def late_copy(peers: Sequence[Alertmanager], tap: Recorder, *, system: str = "late") -> Played:
    """One peer's firing arrives after the other's resolved.

    Needs a pair that does not hear each other, with a peer_timeout of about two seconds: who is
    second then waits so long in its flush, with what it held at the start of it. One episode.
    """
    since = tap.mark
    alert = harmful(system, now())
    for peer in peers:
        peer.post(alert)
    tap.heard([alert.fingerprint], "firing", since=since)
    until(lambda: all(peer.flushes(system) for peer in peers), "both hold a firing to tell")
    ended = now()
    for peer in peers:
        peer.resolve(alert, at=ended)
    for peer in peers:
        tap.heard([alert.fingerprint], "resolved", sender=peer.external_url, since=since)
    return Played(episodes=(episode(alert, ended),), deliveries=tap.deliveries[since:])


def forgotten(alertmanager: Alertmanager, tap: Recorder, *, system: str = "forgotten") -> Played:
    """Killed while an alert fires that then ends: its resolved never comes.

    A second alert of the same group, fired after the restart, shows that it was forgotten.
    """
    since = tap.mark
    gone = node_down(system, 0, now())
    alertmanager.post(gone)
    tap.heard([gone.fingerprint], "firing", since=since)
    alertmanager.kill()
    alertmanager.start()
    later = node_down(system, 1, now())
    alertmanager.post(later)
    deliveries = tap.heard([later.fingerprint], "firing", since=since)
    return Played(episodes=(episode(gone), episode(later)), deliveries=deliveries)


def start_moved(alertmanager: Alertmanager, tap: Recorder, *, system: str = "moved") -> Played:
    """Both are killed; the alert that went on firing is told again, with a later start.

    One episode: nobody said that it ended.
    """
    since = tap.mark
    first = fired(alertmanager, tap, system=system)
    alertmanager.kill()
    alertmanager.start()
    again = harmful(system, now())
    alertmanager.post(again)
    deliveries = tap.heard([again.fingerprint], "firing", times=2, since=since)
    return Played(episodes=first.episodes, deliveries=deliveries)


def restarted(alertmanager: Alertmanager, tap: Recorder, *, system: str = "restarted") -> Played:
    """Stopped in order and started again: it remembers what it told and does not tell it again."""
    since = tap.mark
    played = fired(alertmanager, tap, system=system)
    # the next flush shows that it has noted the answer to the first
    until(lambda: alertmanager.flushes(system) >= 2, "it flushes the group again")
    alertmanager.restart()
    flushed = alertmanager.flushes(system)
    alertmanager.post(played.episodes[0].alert)
    until(lambda: alertmanager.flushes(system) >= flushed + 2, "it flushes the group twice")
    return Played(episodes=played.episodes, deliveries=tap.deliveries[since:])


def stalled(prometheus: Prometheus, tap: Recorder, *, system: str = "stalled") -> Played:
    """Prometheus stalls, Alertmanager resolves by itself, and it comes back with the old start.

    Needs a Prometheus with the rule HARMFUL. Two episodes whose startsAt is the same; the second
    begins, for who listens, on arrival.
    """
    since = tap.mark
    prometheus.set("llm_harmful_output_ratio", 0.009, system=system)
    key = harmful(system, now()).fingerprint
    tap.heard([key], "firing", since=since)
    prometheus.pause()
    tap.heard([key], "resolved", since=since)
    prometheus.resume()
    deliveries = tap.heard([key], "firing", times=2, since=since)
    return Played(episodes=episodes_told(deliveries, key), deliveries=deliveries)


def receiver_refused(
    alertmanager: Alertmanager, tap: Recorder, *, system: str = "refused"
) -> Played:
    """The receiver is down (connection refused) when the alert fires, and comes back."""
    since, failed = tap.mark, alertmanager.failed_requests()
    alert = harmful(system, now())
    with tap.refusing():
        alertmanager.post(alert)
        alertmanager.until_failed(more_than=failed)
    deliveries = tap.heard([alert.fingerprint], "firing", since=since)
    return Played(episodes=(episode(alert),), deliveries=deliveries)


def receiver_answered(
    alertmanager: Alertmanager, tap: Recorder, status: int, *, system: str = "answered"
) -> Played:
    """The receiver answers this error to the first request, and 200 afterwards.

    A 5xx is tried again within the flush, half a second later; a 4xx at the next group_interval.
    """
    since = tap.mark
    alert = harmful(system, now())
    with tap.answering(status):
        alertmanager.post(alert)
        tap.until(_any_answered(status), f"one is answered {status}", since=since)
    deliveries = tap.heard([alert.fingerprint], "firing", since=since)
    return Played(episodes=(episode(alert),), deliveries=deliveries)


def receiver_hung(alertmanager: Alertmanager, tap: Recorder, *, system: str = "hung") -> Played:
    """The receiver takes the request and drops it unanswered; the next one it answers."""
    since = tap.mark
    alert = harmful(system, now())
    with tap.hanging():
        alertmanager.post(alert)
        tap.until(_any_answered(None), "one hangs", since=since)
    deliveries = tap.heard([alert.fingerprint], "firing", since=since)
    return Played(episodes=(episode(alert),), deliveries=deliveries)


def _resolved(
    alertmanager: Alertmanager, tap: Recorder, *, system: str, count: int, ending: int
) -> Played:
    since = tap.mark
    alerts = [e.alert for e in grouped(alertmanager, tap, system=system, count=count).episodes]
    ended = alertmanager.resolve(*alerts[:ending])
    deliveries = tap.heard(_keys(alerts[:ending]), "resolved", since=since)
    episodes = (
        *(episode(alert, ended) for alert in alerts[:ending]),
        *(episode(alert) for alert in alerts[ending:]),
    )
    return Played(episodes=episodes, deliveries=deliveries)


def _keys(alerts: Sequence[Alert]) -> list[str]:
    return [alert.fingerprint for alert in alerts]


def _any_answered(status: int | None) -> Callable[[tuple[Delivery, ...]], bool]:
    return lambda deliveries: any(delivery.answer == status for delivery in deliveries)
