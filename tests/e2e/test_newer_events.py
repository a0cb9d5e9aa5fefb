"""A server that meets events of a newer program refuses what depends on them, and loses nothing."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from consumers.container.backends import open_store
from ledger.vocabulary import Scope, SourceKind
from tests.e2e.reading import Json
from tests.e2e.served import problem
from tests.e2e.server import Server, add_source, add_token, client
from tests.harness.homes import settings_of
from tests.harness.newer import adopt_newer, append_newer
from tests.harness.process import until


class Older:
    """A running server of this program, in whose log a newer one writes, too."""

    def __init__(self, server: Server, publisher: httpx.Client, operator: httpx.Client) -> None:
        self.server = server
        self.publisher = publisher
        self.operator = operator

    def send(self, *events: Json) -> httpx.Response:
        """CloudEvents in one batch."""
        return self.publisher.post(
            "/v1/signals/cloudevents",
            content=json.dumps(events),
            headers={"content-type": "application/cloudevents-batch+json"},
        )

    def write_newer(self, stream: str) -> None:
        """A newer program appends to a stream."""
        with closing(open_store(settings_of(self.server.data_dir))) as store:
            append_newer(store, stream)

    def alert_of(self, title: str) -> str:
        """The stream of an alert."""
        with closing(open_store(settings_of(self.server.data_dir))) as store:
            entries = store.read(0, 1_000, sealed=False)
        return next(
            entry.stream
            for entry in entries
            if entry.type == "alert.fired.v1" and title.encode() in entry.stored
        )

    def quarantined(self) -> list[Json]:
        return list(self.operator.get("/v1/quarantine").json()["items"])


def signal(number: int, subject: str) -> Json:
    """A signal of a problem of its own."""
    return {
        "specversion": "1.0",
        "id": f"{number}",
        "source": "ci",
        "type": "deploy.failed",
        "subject": subject,
        "data": {"title": f"{subject} failed", "dedup_key": subject, "severity": "critical"},
    }


def command(number: int, name: str, incident: str, data: Json) -> Json:
    """A command to an incident."""
    return {
        "specversion": "1.0",
        "id": f"{number}",
        "source": "ci",
        "type": f"airledger.incident.{name}",
        "subject": incident,
        "data": data,
    }


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Older]:
    data = tmp_path / "data"
    publishes = add_source(data, "ci", kind=SourceKind.CLOUDEVENTS, scope=Scope.OPERATE)
    operates = add_token(data, "operator", Scope.OPERATE)
    with (
        Server(data) as server,
        client(server, publishes) as publisher,
        client(server, operates) as operator,
    ):
        yield Older(server, publisher, operator)


def test_a_signal_of_an_alert_that_a_newer_program_wrote_to_is_answered_503_and_kept_by_its_sender(
    older: Older,
) -> None:
    assert 202 == older.send(signal(1, "chat")).status_code
    older.write_newer(older.alert_of("chat failed"))

    refused = problem(older.send(signal(2, "chat")), 503)
    taken = older.send(signal(3, "search"))

    assert "unknown_event" == refused["code"]
    assert "Upgrade airledger" in refused["remedy"]
    assert [] == older.quarantined()
    assert (202, 1) == (taken.status_code, taken.json()["recorded"])


def test_a_command_to_an_incident_that_a_newer_program_wrote_to_is_answered_503_however_it_comes(
    older: Older,
) -> None:
    incident = older.operator.post(
        "/v1/incidents", json={"title": "It broke", "system": "chat"}
    ).json()
    older.write_newer(f"incident/{incident['id']}")
    contain = {"action": "Turned off"}

    by_route = older.operator.post(f"/v1/incidents/{incident['id']}/contain", json=contain)
    by_event = older.send(command(1, "contain", incident["id"], contain))

    for refused in (problem(by_route, 503), problem(by_event, 503)):
        assert "unknown_event" == refused["code"]
        assert "Upgrade airledger" in refused["remedy"]
    assert by_route.headers["retry-after"]
    assert [] == older.quarantined()


def test_under_a_policy_that_only_a_newer_program_reads_nothing_is_decided_or_quarantined(
    older: Older,
) -> None:
    with closing(open_store(settings_of(older.server.data_dir))) as store:
        adopt_newer(store)

    refused = problem(older.send(signal(1, "chat")), 503)
    by_event = older.send(
        command(2, "report", "job-1", {"title": "It broke", "system": "chat"}), signal(3, "chat")
    )

    assert "rca.of_a_newer_program" in refused["detail"]
    assert "Upgrade airledger" in refused["remedy"]
    assert "unknown_event" == problem(by_event, 503)["code"]
    assert [] == older.quarantined()


def test_events_of_a_newer_program_are_sealed_and_what_cannot_follow_them_says_so(
    older: Older,
) -> None:
    incident = older.operator.post(
        "/v1/incidents", json={"title": "It broke", "system": "chat"}
    ).json()
    older.write_newer(f"incident/{incident['id']}")
    with closing(open_store(settings_of(older.server.data_dir))) as store:
        size = store.size()

        def sealed() -> bool:
            state = store.log_state()
            return state is not None and state.size >= size

        until(sealed, "it is sealed", within=30)

    def behind() -> dict[str, str]:
        loops = older.operator.get("/health/ready").json()["loops"]
        return {loop["name"]: loop["reason"] for loop in loops if loop["state"] != "running"}

    until(lambda: {"reviews", "clock", "projection/register"} <= behind().keys(), "it is told")
    told = behind()
    assert all("Upgrade airledger" in reason for reason in told.values()), told
    assert 200 == older.operator.get("/health/ready").status_code
