"""RCA clocks, monthly counts, reviews and alerts over HTTP, from real signals and commands."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.vocabulary import RcaState
from tests.e2e import reading
from tests.e2e.hostile import alert, encoded, webhook
from tests.e2e.reading import Json
from tests.e2e.served import Served, problem, served, wrong_fields

WITHIN_SECONDS = 20
MONTH = "2026-03"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("reports") / "data") as api:
        yield api


def listed(api: Served, path: str, **params: Any) -> list[Json]:
    """A whole list, once everything so far is in the read models."""
    reading.settled(api.reader)
    found: list[Json] = []
    while True:
        page = api.reader.get(path, params=params).raise_for_status().json()
        found += page["items"]
        if page["next"] is None:
            return found
        params["cursor"] = page["next"]


def until(api: Served, path: str, count: int, **params: Any) -> list[Json]:
    """The list once it has so many items: the review process and the clock run beside us."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while len(found := listed(api, path, **params)) < count:
        assert time.monotonic() < deadline, f"{path} has {len(found)} items: {found}"
        time.sleep(0.05)
    return found


def reported(api: Served, system: str, count: int, day: int = 3) -> list[Json]:
    """So many incidents of a system, all of one day of March."""
    at = f"2026-03-{day:02}T04:05:06Z"
    return [api.report(f"Incident {n}", system=system, detected_at=at) for n in range(count)]


def rca_of(api: Served, told: Json) -> Json:
    [clock] = [each for each in listed(api, "/v1/rca") if each["id"] == told["id"]]
    return clock


def test_the_fourth_incident_of_a_month_launches_one_review_that_names_them(api: Served) -> None:
    told = reported(api, "counted", 3)
    assert [] == listed(api, "/v1/reviews", system="counted")
    [count] = listed(api, "/v1/counts", system="counted")
    assert (MONTH, 3, 3, False, None, None) == tuple(
        count[name] for name in ("month", "count", "threshold", "crossed", "crossed_at", "review")
    )

    told += reported(api, "counted", 1)
    [review] = until(api, "/v1/reviews", 1, system="counted")
    told += reported(api, "counted", 2)

    assert [each["id"] for each in told[:4]] == review["incidents"]
    assert (3, 4, "UTC", MONTH) == tuple(
        review[name] for name in ("threshold", "count", "zone", "month")
    )
    [crossing] = reading.events(api.reader, **{"from": review["leaf"], "to": review["leaf"]})
    assert ("incident.detected.v1", f"incident/{told[3]['id']}") == (
        crossing["type"],
        crossing["subject"],
    )
    [launch] = reading.events(api.reader, subject=f"review/{review['id']}")
    assert ("review.launched.v1", crossing["id"], crossing["correlationid"]) == (
        launch["type"],
        launch["causationid"],
        launch["correlationid"],
    )
    [now] = listed(api, "/v1/reviews", system="counted")
    assert [each["id"] for each in told[4:]] == now["later"]
    assert (6, 4) == (now["count_now"], now["count"])
    [count] = listed(api, "/v1/counts", system="counted", month=MONTH)
    assert (6, True, review["id"], review["launched_at"]) == tuple(
        count[name] for name in ("count", "crossed", "review", "crossed_at")
    )
    assert [each["id"] for each in told] == count["incidents"]
    assert [each["reference"] for each in told] == count["references"]


def test_dismissing_merging_and_amending_move_the_count_and_undo_no_review(api: Served) -> None:
    told = reported(api, "moved", 4)
    until(api, "/v1/reviews", 1, system="moved")
    one, two, three, four = (each["id"] for each in told)

    api.command(one, "dismiss", {"reason": "A false alarm."}).raise_for_status()
    api.command(two, "merge", {"into": three, "reason": "The same."}).raise_for_status()
    amended = {"field": "detected_at", "to": "2026-02-28T23:59:59Z", "reason": "Seen earlier."}
    api.command(four, "amend", amended).raise_for_status()

    counts = {each["month"]: each for each in listed(api, "/v1/counts", system="moved")}
    assert ([three], True) == (counts[MONTH]["incidents"], counts[MONTH]["crossed"])
    assert ([four], False) == (counts["2026-02"]["incidents"], counts["2026-02"]["crossed"])
    [review] = listed(api, "/v1/reviews", system="moved")
    assert ([one, two, three, four], 1, []) == (
        review["incidents"],
        review["count_now"],
        review["later"],
    )
    api.command(one, "reopen", {"reason": "It was real."}).raise_for_status()
    reported(api, "moved", 3)
    assert 5 == listed(api, "/v1/counts", system="moved", month=MONTH)[0]["count"]
    assert [review["id"]] == [each["id"] for each in listed(api, "/v1/reviews", system="moved")]


def test_an_rca_is_on_track_at_risk_breached_met_or_met_late(api: Served) -> None:
    now = datetime.now(UTC)
    hours = {name: timedelta(hours=ago) for name, ago in (("new", 1), ("old", 21), ("late", 30))}
    told = {
        name: api.report(name, system="clocked", detected_at=(now - ago).isoformat())
        for name, ago in hours.items()
    }
    states = {name: rca_of(api, each)["state"] for name, each in told.items()}
    assert {"new": "on_track", "old": "at_risk", "late": "breached"} == states
    for state in RcaState:
        found = listed(api, "/v1/rca", system="clocked", state=state)
        assert [name for name in told if states[name] == state] == [each["title"] for each in found]

    done = {"summary": "s", "root_cause": "r"}
    for each in told.values():
        api.command(each["id"], "rca/complete", done).raise_for_status()

    after = {name: rca_of(api, each) for name, each in told.items()}
    assert {"new": "met", "old": "met", "late": "met_late"} == {
        name: each["state"] for name, each in after.items()
    }
    assert {"new": "met", "old": "met", "late": "overdue"} == {
        name: each["verdict_at_due"] for name, each in after.items()
    }
    assert None is after["new"]["overdue_recorded_at"]


def test_an_amendment_changes_the_verdict_now_and_not_the_one_of_then(api: Served) -> None:
    then = datetime.now(UTC) - timedelta(hours=30)
    told = api.report("Backdated", system="amended", detected_at=then.isoformat())
    found = until(api, f"/v1/incidents/{told['id']}/timeline", 3)
    assert ["incident.detected.v1", "incident.rca_at_risk.v1", "incident.rca_overdue.v1"] == [
        each["type"] for each in found
    ]

    later = {"field": "detected_at", "to": (then + DAY).isoformat(), "reason": "Seen later."}
    api.command(told["id"], "amend", later).raise_for_status()
    api.command(told["id"], "rca/complete", {"summary": "s", "root_cause": "r"}).raise_for_status()

    clock = rca_of(api, told)
    assert ("met", "overdue") == (clock["state"], clock["verdict_at_due"])
    assert clock["due_at"] == listed(api, "/v1/incidents", system="amended")[0]["rca"]["due_at"]


def test_an_overdue_rca_is_recorded_by_the_clock_with_both_times(api: Served) -> None:
    then = datetime.now(UTC) - timedelta(hours=26)
    told = api.report("Late", system="overdue", detected_at=then.isoformat())

    until(api, f"/v1/incidents/{told['id']}/timeline", 3)

    recorded = reading.events(api.reader, subject=f"incident/{told['id']}")
    overdue = recorded[-1]
    assert ("incident.rca_overdue.v1", "airledger") == (overdue["type"], overdue["actor"])
    assert then + DAY == reading.time_of(overdue["time"])
    assert reading.time_of(overdue["recordedtime"]) - (then + DAY) > timedelta(hours=1)
    assert reading.time_of(rca_of(api, told)["overdue_recorded_at"]) == reading.time_of(
        overdue["recordedtime"]
    )


def test_an_alert_is_listed_with_where_it_stands_and_its_incident(api: Served) -> None:
    labels = {"alertname": "Leak", "severity": "critical", "system": "alerted"}
    fired = [alert(f"fire{n}", labels=labels) for n in range(2)]
    api.source.post("/v1/signals/alertmanager", content=encoded(webhook(*fired))).raise_for_status()
    ended = [{**fired[0], "status": "resolved", "endsAt": datetime.now(UTC).isoformat()}]
    api.source.post("/v1/signals/alertmanager", content=encoded(webhook(*ended))).raise_for_status()

    found = {each["dedup_key"]: each for each in listed(api, "/v1/alerts", system="alerted")}

    [incident] = listed(api, "/v1/incidents", system="alerted")
    assert {"fire0": "resolved", "fire1": "firing"} == {k: v["state"] for k, v in found.items()}
    assert {incident["id"]} == {each["incident"] for each in found.values()}
    assert {each["id"] for each in found.values()} == set(incident["alerts"])
    firing = listed(api, "/v1/alerts", system="alerted", state="firing")
    assert ["fire1"] == [each["dedup_key"] for each in firing]
    assert 2 == len(listed(api, "/v1/alerts", incident=incident["reference"]))

    target = api.report("The whole", system="alerted")
    api.command(incident["id"], "merge", {"into": target["id"], "reason": "One."})
    moved = listed(api, "/v1/alerts", system="alerted")
    assert {target["id"]} == {each["incident"] for each in moved}
    linked = listed(api, "/v1/alerts", incident=target["reference"])
    assert ["fire1"] == [each["dedup_key"] for each in linked]


@pytest.mark.parametrize("path", ["/v1/rca", "/v1/counts", "/v1/reviews", "/v1/alerts"])
def test_a_list_comes_in_pages_that_leave_nothing_out(api: Served, path: str) -> None:
    whole = listed(api, path, limit=1000)
    in_pages = listed(api, path, limit=1)
    key = "id" if path != "/v1/counts" else "references"

    assert [each[key] for each in whole] == [each[key] for each in in_pages]


def test_what_is_asked_wrongly_is_told_by_its_field(api: Served) -> None:
    for path, field, value in (
        ("/v1/rca", "state", "late"),
        ("/v1/rca", "month", "2026-13"),
        ("/v1/counts", "month", "March"),
        ("/v1/reviews", "limit", "0"),
        ("/v1/alerts", "state", "open"),
        ("/v1/alerts", "cursor", "nonsense"),
        ("/v1/counts", "cursor", "WzEsMl0"),
    ):
        assert [field] == wrong_fields(api.reader.get(path, params={field: value})), path
    problem(api.reader.get("/v1/alerts", params={"incident": "INC-99999"}), 404)
