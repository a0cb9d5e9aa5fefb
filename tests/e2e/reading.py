"""What a ledger holds, as its users read it over HTTP; and the check of its whole log."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from ledger.domain.identity import alert_id
from ledger.sealing import StoreLogReader
from ledger.transparency.audit import Audit, audit
from tests.harness.homes import store_of

Json = dict[str, Any]
FIRED, RESOLVED = "alert.fired.v1", "alert.resolved.v1"


def metric(api: httpx.Client, name: str, **labels: str) -> float:
    """One sample of `/metrics`."""
    answer = api.get("/metrics").raise_for_status()
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    raise AssertionError(f"there is no metric {name}{labels}")


def settled(api: httpx.Client) -> int:
    """Waits until everything appended so far is sealed and in the read models; how much it is."""
    appended = int(metric(api, "airledger_events"))
    api.get("/v1/incidents", params={"limit": 1, "at_least": appended - 1}).raise_for_status()
    return appended


def published(api: httpx.Client) -> int:
    """How many events publishers and people caused: clock and reviews append beside them."""
    return len([event for event in events(api) if event["actor"] != "airledger"])


def events(api: httpx.Client, **params: str | int) -> list[Json]:
    """Everything recorded so far that matches, in log order."""
    settled(api)
    answer = api.get("/v1/events", params=params).raise_for_status()
    return [json.loads(line) for line in answer.content.splitlines()]


def alert_history(api: httpx.Client, source: str, key: str) -> list[Json]:
    """The events of one alert."""
    return events(api, subject=f"alert/{alert_id(source, key)}")


def kept_text(api: httpx.Client, of: Json) -> Json:
    """What is kept of a text beside the log that an event names, with its key."""
    answer = api.get("/v1/texts", params={"id": of["text"]}).raise_for_status()
    [found] = answer.json()["items"]
    return dict(found)


def annotations(api: httpx.Client, alert: Json) -> dict[str, str]:
    """The annotations of an alert as an event describes it, whose text lies beside the log."""
    assert {} == alert["annotations"]
    return dict(json.loads(kept_text(api, alert["annotations_text"])["content"]))


def types(recorded: Sequence[Json]) -> list[str]:
    """The events' stored names."""
    return [event["type"] for event in recorded]


def incidents(api: httpx.Client, **filters: str | int) -> list[Json]:
    """Every incident of the register that matches, over all pages."""
    settled(api)
    found: list[Json] = []
    cursor: str | None = None
    while True:
        params: dict[str, str | int] = {**filters, **({"cursor": cursor} if cursor else {})}
        page = api.get("/v1/incidents", params=params).raise_for_status().json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


def time_of(text: str) -> datetime:
    """A time as the ledger writes it: RFC 3339 in UTC with Z."""
    assert text.endswith("Z")
    return datetime.fromisoformat(text).astimezone(UTC)


def verified(data_dir: Path) -> Audit:
    """The whole log checked against its key; everything appended must have been sealed."""
    store = store_of(data_dir)
    try:
        state = store.log_state()
        assert state is not None
        found = audit(StoreLogReader(store), state.vkey)
        appended = store.size()
    finally:
        store.close()
    assert () == found.problems
    assert found.ok
    assert appended == found.size
    return found
