"""One ledger as two machines see it: its host, and one that has its URL and a token alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_source, add_token
from tests.unit.cli.processes import Airledger

SOURCE_BODY = b'{"alerts": "none"}'


class Both(NamedTuple):
    """The same ledger: by its files on its host, and from a machine that has its URL alone."""

    host: Airledger
    away: Airledger
    server: Server
    token: str


@contextmanager
def both_in(place: Path) -> Iterator[Both]:
    """A server with an alert, an incident merged into another, and a body set aside."""
    data_dir = place / "data"
    token = add_token(data_dir, "ada", Scope.ADMIN)
    publish = add_source(data_dir, "alertmanager")
    with Server(data_dir) as server, Airledger(data_dir) as host:
        env = {
            "AIRLEDGER_URL": server.url,
            "AIRLEDGER_TOKEN": token,
            "XDG_CONFIG_HOME": str(place / "config"),
        }
        with Airledger(place / "away", env) as away:
            made = Both(host, away, server, token)
            _fill(made, publish)
            yield made


def _fill(both: Both, publish: str) -> None:
    """An alert with its incident, an incident of a person merged into it, and a body set aside."""
    header = {"Authorization": f"Bearer {publish}"}
    url = f"{both.server.url}/v1/signals/alertmanager"
    firing = {
        "version": "4", "groupKey": "g", "status": "firing", "receiver": "r", "groupLabels": {},
        "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am", "alerts": [{
            "status": "firing", "labels": {"alertname": "Slow", "system": "chat"},
            "annotations": {}, "startsAt": "2026-11-28T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "", "fingerprint": "f1"}]}  # fmt: skip
    assert 202 == httpx.post(url, json=firing, headers=header).status_code
    assert 202 == httpx.post(url, content=SOURCE_BODY, headers=header).status_code
    report = ("incident", "report", "--title", "Slow, too", "--system", "chat", "--json")
    made = both.away.done(*report).json
    [opened] = both.away.done("alerts", "--json").json["items"]
    both.away.done("incident", "merge", made["reference"], opened["incident"], "--reason", "Same")
    both.away.done("incident", "contain", opened["incident"], "Off", "--at", "1 minute ago")
