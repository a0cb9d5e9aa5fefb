"""Queries over HTTP: filters, order, pages, raw events; what is asked wrongly is told so."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.vocabulary import Severity
from tests.e2e import reading
from tests.e2e.hostile import alert, encoded, webhook
from tests.e2e.reading import Json
from tests.e2e.served import Served, problem, served, wrong_fields
from tests.harness.homes import store_of

SYSTEMS = ("alpha", "beta", "gamma")
SEVERITIES = ("critical", "high", "low", None)
COUNT = 25


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with 25 incidents that share systems, severities and detection times."""
    with served(tmp_path_factory.mktemp("queries") / "data") as api:
        for number in range(COUNT):
            severity = SEVERITIES[number % 4]
            told = api.report(
                f"Incident {number}",
                system=SYSTEMS[number % 3],
                detected_at=f"2026-{9 + number % 2:02}-03T04:05:06Z",
                **({"severity": severity} if severity else {}),
            )
            if number % 5 == 0:
                api.command(told["id"], "dismiss", {"reason": "A false alarm."})
            if number % 5 == 1:
                body = {"category": "data_breach", "severity": "high"}
                api.command(told["id"], "classify", body)
        reading.settled(api.reader)
        yield api


def items(api: Served, **params: Any) -> list[Json]:
    answer = api.reader.get("/v1/incidents", params=params)
    assert 200 == answer.status_code, answer.text
    return list(answer.json()["items"])


def all_pages(api: Served, limit: int, **params: Any) -> list[Json]:
    found: list[Json] = []
    asked = {**params, "limit": limit}
    while True:
        page = api.reader.get("/v1/incidents", params=asked).json()
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        asked["cursor"] = page["next"]
        assert limit == len(page["items"])


@pytest.mark.parametrize(
    "filters",
    [
        {"system": "alpha"},
        {"system": "nobody"},
        {"severity": "critical"},
        {"category": "data_breach"},
        {"status": "dismissed"},
        {"status": "open", "system": "beta", "severity": "high"},
        {"month": "2026-09"},
        {"month": "1999-01"},
    ],
)
def test_a_filter_gives_those_that_match_and_no_others(
    api: Served, filters: dict[str, str]
) -> None:
    reading.settled(api.operator)
    everything = items(api)
    assert len(everything) >= COUNT
    matching = {each["id"] for each in everything if all(each[k] == v for k, v in filters.items())}
    assert matching == {each["id"] for each in items(api, **filters)}


@pytest.mark.parametrize("sort", ["detected_at", "system", "severity", "status", "recorded_at"])
@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("limit", [3, 1_000])
def test_pages_in_any_order_hold_each_incident_once(
    api: Served, sort: str, falling: bool, limit: int
) -> None:
    reading.settled(api.reader)  # what moves between two pages may be on both
    found = all_pages(api, limit, sort=f"-{sort}" if falling else sort)
    assert len(found) >= COUNT
    assert {each["id"] for each in items(api, limit=1_000)} == {each["id"] for each in found}
    assert len(found) == len({each["id"] for each in found})
    values = [order_of(sort, each) for each in found]
    assert sorted(values, reverse=falling) == values


def order_of(sort: str, incident: Json) -> Any:
    """Severity goes by its rank, and none comes last."""
    if sort != "severity":
        return incident[sort]
    ranks = [severity.value for severity in Severity]
    return ranks.index(incident[sort]) if incident[sort] else len(ranks)


def test_pages_go_on_behind_what_is_reported_meanwhile(api: Served) -> None:
    first = api.reader.get("/v1/incidents", params={"limit": 10, "system": "alpha"}).json()
    seen = {each["id"] for each in first["items"]}
    if first["next"] is not None:
        more = {"limit": 1_000, "system": "alpha", "cursor": first["next"]}
        rest = api.reader.get("/v1/incidents", params=more).json()["items"]
        assert not seen & {each["id"] for each in rest}
    newest = items(api, limit=1, sort="-reference")
    assert max(int(each["reference"][4:]) for each in items(api)) == int(newest[0]["reference"][4:])


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("incidents", {"limit": 0}, "limit"),
        ("incidents", {"limit": 1_001}, "limit"),
        ("incidents", {"limit": "many"}, "limit"),
        ("incidents", {"limit": "9" * 5_000}, "limit"),
        ("incidents", {"sort": "colour"}, "sort"),
        ("incidents", {"sort": "--system"}, "sort"),
        ("incidents", {"cursor": "nonsense"}, "cursor"),
        ("incidents", {"cursor": "\u00fc"}, "cursor"),
        ("incidents", {"severity": "worst"}, "severity"),
        ("incidents", {"category": "bad"}, "category"),
        ("incidents", {"status": "shut"}, "status"),
        ("incidents", {"month": "2026-13"}, "month"),
        ("incidents", {"month": "November"}, "month"),
        ("incidents", {"at_least": -1}, "at_least"),
        ("incidents", {"at_least": "x"}, "at_least"),
        ("events", {"from": -1}, "from"),
        ("events", {"from": 2**63}, "from"),
        ("events", {"to": 2**70}, "to"),
        ("events", {"to": "x"}, "to"),
        ("quarantine", {"state": "lost"}, "state"),
        ("quarantine", {"colour": "red"}, "colour"),
        ("events", {"kind": "incident"}, "kind"),
        ("trends", {"severity": "high"}, "severity"),
        ("policy/history", {"month": "2026-11"}, "month"),
    ],
)
def test_what_is_asked_wrongly_is_told_which_parameter_is_wrong(
    api: Served, path: str, params: dict[str, Any], field: str
) -> None:
    assert [field] == wrong_fields(api.reader.get(f"/v1/{path}", params=params))


def test_a_query_waits_for_what_it_was_told_of(api: Served) -> None:
    answer = api.operator.post("/v1/incidents", json={"title": "Newest", "system": "wait"})
    position = int(answer.headers["airledger-position"])
    assert ["Newest"] == [each["title"] for each in items(api, system="wait", at_least=position)]
    ref = answer.json()["reference"]
    for path in (f"/v1/incidents/{ref}", f"/v1/incidents/{ref}/timeline", "/v1/events"):
        assert 200 == api.reader.get(path, params={"at_least": position}).status_code
    api.command(ref, "dismiss", {"reason": "A test."})


def test_a_query_for_what_is_not_there_yet_gives_up_after_a_while(api: Served) -> None:
    # Far behind the end: the clock may append while this is waited for.
    beyond = reading.settled(api.reader) + 1_000_000
    answer = api.reader.get("/v1/incidents", params={"at_least": beyond})
    assert f"do not include leaf {beyond} yet" in problem(answer, 503)["detail"]
    assert int(answer.headers["retry-after"]) > 0


def lines(api: Served, **params: Any) -> list[bytes]:
    answer = api.reader.get("/v1/events", params=params)
    assert (200, "application/x-ndjson") == (answer.status_code, answer.headers["content-type"])
    assert answer.content == b"" or answer.content.endswith(b"\n")
    return answer.content.split(b"\n")[:-1]


@pytest.fixture(scope="module")
def stored(api: Served) -> list[bytes]:
    store = store_of(api.server.data_dir)
    try:
        return [entry.stored for entry in store.read(0, 100_000)]
    finally:
        store.close()


def test_events_are_the_stored_bytes_in_log_order(api: Served, stored: list[bytes]) -> None:
    assert stored == lines(api, to=len(stored) - 1)
    assert stored[3:8] == lines(api, **{"from": 3, "to": 7})
    assert [stored[5]] == lines(api, **{"from": 5, "to": 5})
    assert [] == lines(api, **{"from": 8, "to": 7})
    assert [] == lines(api, **{"from": 2**53 - 1})


def test_events_are_narrowed_by_subject_and_type(api: Served, stored: list[bytes]) -> None:
    (incident, *_) = items(api, status="dismissed")
    last = {"to": len(stored) - 1}
    subject = f"incident/{incident['id']}"
    of_it = [line for line in stored if json.loads(line)["subject"] == subject]
    assert of_it == lines(api, subject=subject, **last)
    assert of_it == lines(api, subject=f"incident/{incident['reference']}", **last)
    dismissed = [line for line in stored if json.loads(line)["type"] == "incident.dismissed.v1"]
    assert dismissed == lines(api, type="incident.dismissed.v1", **last)
    assert of_it[1:] == lines(api, type="incident.dismissed.v1", subject=subject, **last)


@pytest.mark.parametrize(
    "params",
    [
        {"type": "nothing.happened.v1"},
        {"subject": "alert/00000000-0000-0000-0000-000000000000"},
        {"subject": "incident/00000000-0000-0000-0000-000000000000"},
        {"subject": "incident/INC-999999"},
        {"subject": "incident/nonsense"},
        {"subject": ""},
        {"subject": "\x00"},
    ],
)
def test_no_event_that_matches_is_an_empty_answer(api: Served, params: dict[str, str]) -> None:
    assert [] == lines(api, **params)


def test_a_log_longer_than_one_read_comes_whole(api: Served) -> None:
    started = datetime.now(UTC).isoformat()  # so that the clock has nothing to say of it
    storm = webhook(*(alert(f"storm-{number}", startsAt=started) for number in range(600)))
    told = api.source.post("/v1/signals/alertmanager", content=encoded(storm)).json()
    (ref,) = told["incidents"]
    size = reading.settled(api.reader)
    assert size > 1_200
    assert size == len(lines(api, to=size - 1))
    sequences = [json.loads(line)["sequence"] for line in lines(api, subject=f"incident/{ref}")]
    assert list(range(1, 602)) == [int(sequence) for sequence in sequences]
    timeline = api.reader.get(f"/v1/incidents/{ref}/timeline").json()["items"]
    assert list(range(1, 602)) == [entry["version"] for entry in timeline]
    pages = timeline_pages(api, ref, limit=250)
    assert [250, 250, 101] == [len(page) for page in pages]
    assert timeline == [entry for page in pages for entry in page]
    [incident] = items(api, system="target")
    assert (600, 600) == (incident["alerts_linked"], len(incident["alerts"]))


def timeline_pages(api: Served, ref: str, limit: int) -> list[Any]:
    """The whole timeline, a page at a time."""
    pages: list[Any] = []
    given: dict[str, Any] = {"limit": limit}
    while len(pages) < 10:
        page = api.reader.get(f"/v1/incidents/{ref}/timeline", params=given).json()
        pages.append(page["items"])
        if "next" not in page or page["next"] is None:
            break
        given["cursor"] = page["next"]
    return pages


def test_the_policy_is_shown_with_its_digest(api: Served) -> None:
    policy = api.reader.get("/v1/policy").json()
    (adopted,) = reading.events(api.reader, type="policy.adopted.v1")
    assert policy["digest"] == adopted["data"]["digest"]
    assert "[rca]" in policy["text"]
