"""Clients of PagerDuty that we did not write, with nothing changed but where they send.

PagerDuty's own client for Python takes https addresses alone, so a proxy stands in front of the
server, as in production. The other one is Alertmanager's.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pagerduty import EventsApiV2Client, HttpError

from ledger.vocabulary import SourceKind
from tests.e2e import reading
from tests.e2e.reading import FIRED, RESOLVED
from tests.e2e.served import Served, served
from tests.e2e.server import add_source
from tests.harness.alertmanager import Alertmanager
from tests.harness.process import until
from tests.harness.routing import PagerDuty
from tests.harness.tls import Secured, secured

SOURCE = "pagerduty"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("client") / "data") as api:
        yield api


@pytest.fixture(scope="module")
def proxy(api: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured(api.server.port, tmp_path_factory.mktemp("proxy")) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def key(api: Served) -> str:
    return add_source(api.server.data_dir, SOURCE, kind=SourceKind.PAGERDUTY)


def client(routing_key: str, proxy: Secured) -> EventsApiV2Client:
    return EventsApiV2Client(routing_key, base_url=proxy.url, verify=proxy.trust)


def test_it_triggers_acknowledges_and_resolves(api: Served, proxy: Secured, key: str) -> None:
    with client(key, proxy) as events:
        given = events.trigger(
            "Answers leak names",
            "support-assistant",
            dedup_key="leak/1",
            custom_details={"rate": 0.02},
            links=[{"href": "https://runbook.example", "text": "Runbook"}],
        )
        assert ("leak/1", "leak/1") == (given, events.acknowledge("leak/1"))
        [incident] = reading.incidents(api.reader, system="support-assistant")
        assert ("Answers leak names", "critical", "ongoing") == tuple(
            incident[name] for name in ("title", "severity", "impact")
        )
        assert "leak/1" == events.resolve("leak/1")
    history = reading.alert_history(api.reader, SOURCE, "leak/1")
    assert [FIRED, RESOLVED] == reading.types(history)
    said = reading.annotations(api.reader, history[0]["data"]["alert"])
    assert '{"rate":0.02}' == said["custom_details"]


def test_it_is_given_a_key_where_it_gave_none(api: Served, proxy: Secured, key: str) -> None:
    with client(key, proxy) as events:
        made = events.trigger("No key", "keyless", severity="error")
        assert made == events.trigger("No key", "keyless", severity="error")
        events.resolve(made)
    assert [FIRED, RESOLVED] == reading.types(reading.alert_history(api.reader, SOURCE, made))


def test_what_the_ledger_does_not_understand_is_no_error_of_the_client(
    api: Served, proxy: Secured, key: str
) -> None:
    with client(key, proxy) as events:
        assert "odd" == events.trigger("Odd", "host", dedup_key="odd", severity="fatal")


def test_it_stops_at_once_when_the_routing_key_is_unknown(
    api: Served, proxy: Secured, tmp_path: Path
) -> None:
    before = reading.published(api.reader)
    with (
        client("x" * 32, proxy) as events,
        pytest.raises(HttpError, match="401 Unauthorized") as caught,
    ):
        events.trigger("Unknown", "host")
    answer = caught.value.response
    assert answer is not None
    assert "unauthorized" == answer.json()["status"]
    assert before == reading.published(api.reader)


@pytest.mark.component("alertmanager")
@pytest.mark.slow
def test_an_alertmanager_that_knows_only_pagerduty_is_understood(
    api: Served, key: str, tmp_path: Path
) -> None:
    receiver = PagerDuty(url=f"{api.server.url}/v2/enqueue", token=key)
    labels = {"alertname": "Leak", "system": "translator", "severity": "critical"}

    def told() -> list[tuple[str, str]]:
        found = reading.incidents(api.reader, system="translator")
        return [(incident["severity"], incident["impact"]) for incident in found]

    with Alertmanager(tmp_path / "alertmanager", receiver) as alertmanager:
        fired = alertmanager.fire(labels)
        until(lambda: told() == [("high", "ongoing")], "the incident is there", within=30)
        alertmanager.resolve(fired)
        until(lambda: told() == [("high", "ended")], "its impact ended", within=30)
