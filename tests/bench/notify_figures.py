"""Notifications: how many a second reach one channel, and how long one takes from its alert.

The limit of the first is the same bodies sent by plain httpx, as many at a time, to the same
receiver; that of the second is an alert's answer and one such request.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import httpx

from consumers.access.people import by_airledger
from consumers.access.tokens import grant_source
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from consumers.container.thread_worker import Loop
from consumers.notify.tries import AT_ONCE
from ledger.domain.access.deciding import HOST
from ledger.domain.incident.commands import Report
from ledger.domain.policy import AdoptPolicy
from ledger.execute import AdoptPolicyRequest
from ledger.settings import NotifySettings, Settings, WebhookChannel
from ledger.vocabulary import Scope, Severity, SourceKind
from tests.bench.measuring import Figure
from tests.bench.served import latency, served
from tests.harness.commands import report_incident
from tests.harness.receiver import Receiver, receiver
from tests.unit.policy.rules import telling

CHANNEL = "bench"
NOTIFICATIONS = 300
WARM_PROBES = 2
PROBES = 25
WITHIN_SECONDS = 60
SIGNALS = "/v1/signals/native"


def figures(directory: Path) -> Iterator[Figure]:
    """Two figures."""
    with receiver() as told:
        yield _sent(Settings(data_dir=directory / "notify_sent", notify=_notify(told)), told)
    with receiver() as told:
        yield _told(directory / "notify_told", told)


def _notify(told: Receiver) -> NotifySettings:
    channel = WebhookChannel(kind="webhook", url=told.url, secret="secret")
    return NotifySettings(channels={CHANNEL: channel})


def _sent(settings: Settings, told: Receiver) -> Figure:
    """All are due when the loop begins; it claims, sends and records each."""
    with closing(open_ledger(settings)) as ledger:
        _adopt(ledger)
        context = ledger.services.context("person/1")
        report = Report(title="It broke", system="chat", severity=Severity.CRITICAL)
        for future in [
            ledger.executor.submit(report_incident(incident=uuid4(), report=report), context)
            for _ in range(NOTIFICATIONS)
        ]:
            future.result()
        ledger.seal_and_react()
        ledger.seal_and_react()  # the clock reads what was requested
        loop = Loop("sender", ledger.sender.begin_due)
        ledger.sender.tries.on_ended = loop.wake
        started = time.perf_counter()
        loop.start()
        _until(lambda: len(told.got) == NOTIFICATIONS)
        sent = NOTIFICATIONS / (time.perf_counter() - started)
        ledger.sender.tries.finish()
        loop.stop()
    bodies = [each.body for each in told.got]
    with httpx.Client() as client, ThreadPoolExecutor(AT_ONCE) as threads:
        started = time.perf_counter()
        list(threads.map(lambda body: client.post(told.url, content=body), bodies))
        plain = NOTIFICATIONS / (time.perf_counter() - started)
    return Figure("notifications sent by one channel", sent, "the same by plain httpx", plain)


def _told(data_dir: Path, told: Receiver) -> Figure:
    """One after the other, through a server with all loops."""
    with closing(open_ledger(Settings(data_dir=data_dir))) as ledger:
        _adopt(ledger)
        context = by_airledger(now(), new_id())
        token = grant_source(
            ledger.executor, context, "bench", SourceKind.NATIVE, Scope.PUBLISH, None
        ).token
        ledger.seal_and_react()
    channels = {CHANNEL: {"kind": "webhook", "url": told.url, "secret": "secret"}}
    env = {"AIRLEDGER_NOTIFY__CHANNELS": json.dumps(channels)}
    taken, plain = [], []
    with served(data_dir, env) as server, httpx.Client() as client:
        for number in range(WARM_PROBES + PROBES):
            name = f"Probe{number}"
            labels = {"alertname": name, "severity": "critical", "system": "chat"}
            alert = {"dedup_key": name, "title": f"{name} is down", "labels": labels}
            before = len(told.got)
            started = time.perf_counter()
            status, said = server.send("POST", SIGNALS, token, json.dumps(alert).encode())
            answered = time.perf_counter() - started
            if status != 202:
                raise SystemExit(f"{SIGNALS}: {status} {said[:300]!r}")
            _until(lambda before=before: len(told.got) > before)  # type: ignore[misc]
            taken.append(time.perf_counter() - started)
            started = time.perf_counter()
            client.post(told.url, content=told.got[-1].body)
            plain.append(answered + time.perf_counter() - started)
    limit = "its answer, and a request by plain httpx"
    return latency("alert to receiver", limit, plain[WARM_PROBES:], taken[WARM_PROBES:])


def _adopt(ledger: Ledger) -> None:
    command = AdoptPolicy(text=telling(CHANNEL), reason="To measure.")
    request = AdoptPolicyRequest(command=command, asker=HOST)
    ledger.executor.execute(request, ledger.services.context())
    ledger.seal_and_react()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("the receiver was not told in time")
        time.sleep(0.001)
