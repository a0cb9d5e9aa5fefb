"""Lists over HTTP, in pages and on the command line: filters, search, order, CSV and JSON Lines."""

import csv
import io
import json
from collections.abc import Iterator
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.e2e import reading
from tests.e2e.browser import Document
from tests.e2e.hostile import alert, encoded, webhook
from tests.e2e.reading import Json
from tests.e2e.served import Served, served, wrong_fields
from tests.harness.process import until
from tests.harness.strangers import Peer

FORMULA = '=HYPERLINK("http://evil.example","open")'
COUNT = 30
LISTS = ("incidents", "rca", "counts", "reviews", "alerts", "quarantine")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("exports") / "data") as api:
        for number in range(COUNT):
            told = api.report(
                f"Answers of model {number} are late" if number else FORMULA,
                system=f"system-{number % 3}",
                description=f'He said "no",\r\nline {number}, part{number}end',
                detected_at=f"2026-{3 + number % 3:02}-{1 + number % 28:02}T04:05:06Z",
            )
            if number % 3 == 0:
                api.command(told["id"], "assign", {"owner": "Ada Lovelace"}).raise_for_status()
        api.source.post("/v1/signals/alertmanager", content=encoded(webhook(alert("one"))))
        for body in (b"not json", b"nor this", b"not json", b"none"):
            api.source.post("/v1/signals/alertmanager", content=body)
        reading.settled(api.reader)
        yield api


def exported(api: Served, path: str, **params: Any) -> httpx.Response:
    return api.reader.get(f"/v1/{path}", params=params).raise_for_status()


def table(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))


def items(api: Served, path: str, **params: Any) -> list[Json]:
    return list(exported(api, path, limit=1_000, **params).json()["items"])


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_exported_whole_in_both_formats(api: Served, path: str) -> None:
    reading.settled(api.reader)
    as_json = items(api, path)
    assert as_json
    lines = exported(api, path, format="jsonl")
    assert "application/x-ndjson" == lines.headers["content-type"]
    assert [each["id" if "id" in each else "month"] for each in as_json] == [
        each["id" if "id" in each else "month"] for each in map(json.loads, lines.text.splitlines())
    ]
    as_csv = exported(api, path, format="csv")
    assert as_csv.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert f'filename="{path}.csv"' in as_csv.headers["content-disposition"]
    assert as_csv.content.endswith(b"\r\n")
    assert len(as_json) == len(table(as_csv))


def test_accept_asks_for_a_format_as_well(api: Served) -> None:
    for accept, kind in (
        ("text/csv", "text/csv"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/html,*/*;q=0.8", "application/json"),
    ):
        answer = api.reader.get("/v1/incidents", headers={"Accept": accept})
        assert kind == answer.headers["content-type"].partition(";")[0], accept
        assert "Accept" in answer.headers["vary"], accept


def test_a_formula_is_a_text_in_csv_and_unchanged_in_json_lines(api: Served) -> None:
    [row] = table(exported(api, "incidents", q="hyperlink evil", format="csv"))
    assert (f"'{FORMULA}", 'He said "no",\r\nline 0, part0end') == (
        row["title"],
        row["description"],
    )
    line = exported(api, "incidents", q="hyperlink evil", format="jsonl").text
    assert FORMULA == json.loads(line)["title"]


@pytest.mark.parametrize(
    ("params", "matches"),
    [
        ({"owner": "Ada Lovelace"}, lambda each: each["owner"] == "Ada Lovelace"),
        ({"owner": "none"}, lambda each: each["owner"] is None),
        ({"owner": "Nobody of this name"}, lambda each: False),
        ({"from": "2026-04-01"}, lambda each: each["detected_at"] >= "2026-04"),
        (
            {"from": "2026-04-01", "to": "2026-04-30"},
            lambda each: each["month"] == "2026-04",
        ),
        (
            {"to": "2026-03-04T05:05:06+01:00"},
            lambda each: each["detected_at"] <= "2026-03-04T04:05:06.000000Z",
        ),
        ({"q": "MODEL late"}, lambda each: "late" in each["title"]),
        ({"q": "Line part7END"}, lambda each: each["description"].endswith("part7end")),
    ],
)
def test_filters_are_the_same_in_a_page_of_json_and_in_a_file(
    api: Served, params: dict[str, str], matches: Any
) -> None:
    expected = {each["id"] for each in items(api, "incidents") if matches(each)}
    assert expected == {each["id"] for each in items(api, "incidents", **params)}
    assert expected == {
        each["id"] for each in table(exported(api, "incidents", format="csv", **params))
    }
    clocks = {each["id"] for each in items(api, "rca", **params)}
    assert expected == clocks


def test_a_file_keeps_the_order_and_the_limit(api: Served) -> None:
    for sort in ("title", "-title", "owner", "-severity"):
        expected = [each["id"] for each in items(api, "incidents", sort=sort)]
        found = table(exported(api, "incidents", sort=sort, format="csv"))
        assert expected == [each["id"] for each in found]
        few = table(exported(api, "incidents", sort=sort, format="csv", limit=4))
        assert expected[:4] == [each["id"] for each in few]


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("incidents", {"ownr": "Ada"}, "ownr"),
        ("incidents", {"q": "***"}, "q"),
        ("incidents", {"from": "tomorrow"}, "from"),
        ("incidents", {"to": "2026-11-29T10:00:00"}, "to"),
        ("incidents", {"format": "xml"}, "format"),
        ("incidents", {"format": "csv", "sort": "colour"}, "sort"),
        ("incidents", {"format": "csv", "cursor": "x"}, "cursor"),
        ("rca", {"sort": "colour"}, "sort"),
        ("alerts", {"sort": "colour"}, "sort"),
        ("reviews", {"sort": "colour"}, "sort"),
        ("counts", {"sort": "colour"}, "sort"),
        ("quarantine", {"owner": "Ada"}, "owner"),
        ("quarantine", {"sort": "colour"}, "sort"),
        ("quarantine", {"format": "csv", "sort": "colour"}, "sort"),
    ],
)
def test_what_is_asked_wrongly_is_refused_by_name(
    api: Served, path: str, params: dict[str, str], field: str
) -> None:
    assert [field] == wrong_fields(api.reader.get(f"/v1/{path}", params=params))


@pytest.mark.parametrize(
    ("path", "sorts"),
    [
        ("counts", ("month", "system", "count", "near_misses")),
        ("quarantine", ("arrived_at", "last_seen_at", "source", "seen", "size")),
    ],
)
def test_counts_and_quarantine_are_sorted_and_their_files_likewise(
    api: Served, path: str, sorts: tuple[str, ...]
) -> None:
    usual = items(api, path)
    for sort in (prefix + name for name in sorts for prefix in ("", "-")):
        key = itemgetter(sort.removeprefix("-"))
        expected = sorted(usual, key=key, reverse=sort.startswith("-"))
        assert expected == items(api, path, sort=sort), sort
        lines = exported(api, path, sort=sort, format="jsonl").text.splitlines()
        assert expected == [json.loads(line) for line in lines], sort


def test_the_quarantine_is_filtered_by_source_in_api_and_page(api: Served) -> None:
    usual = items(api, "quarantine")
    source = usual[0]["source"]
    assert usual == items(api, "quarantine", source=source)
    assert [] == items(api, "quarantine", source="another")
    page = Document(api.reader.get("/quarantine?source=another&sort=seen").text)
    assert "Nothing open" in page.text
    assert "Only those of" in page.text
    assert "/quarantine?state=open&sort=seen" in page.attributes("a", "href")
    page = Document(api.reader.get(f"/quarantine?source={source}&sort=-size").text)
    files = [str(link) for link in page.attributes("a", "href") if "format=csv" in str(link)]
    [query] = [parse_qs(urlsplit(link).query) for link in files]
    given = {"state": "open", "source": source, "sort": "-size", "format": "csv"}
    assert given == {name: value for name, [value] in query.items()}


def test_a_timeline_is_exported(api: Served) -> None:
    [first, *_] = items(api, "incidents", owner="Ada Lovelace")
    path = f"incidents/{first['reference']}/timeline"
    types = [each["type"] for each in items(api, path)]
    assert types == [each["type"] for each in table(exported(api, path, format="csv"))]


def test_a_page_says_which_filters_are_set_and_clears_them_one_by_one(api: Served) -> None:
    set_filters = "owner=none&q=model+late&sort=title"
    page = Document(api.reader.get(f"/?{set_filters}").raise_for_status().text)
    links = [str(link) for link in page.attributes("a", "href")]
    assert "Owner: none" in page.text
    assert "Words: model late" in page.text
    assert {"/?q=model+late&sort=title", "/?owner=none&sort=title"} <= set(links)
    [as_csv] = [link for link in links if "format=csv" in link]
    asked = {name: value for name, [value] in parse_qs(urlsplit(as_csv).query).items()}
    expected = {"owner": "none", "q": "model late", "sort": "title", "format": "csv"}
    assert expected == asked
    rows = table(api.reader.get(as_csv).raise_for_status())
    assert [
        each["id"] for each in items(api, "incidents", owner="none", q="model late", sort="title")
    ] == [each["id"] for each in rows]


def test_an_empty_result_says_which_filters_are_set(api: Served) -> None:
    page = Document(api.reader.get("/?q=nothing&severity=critical").raise_for_status().text)
    words = " ".join(page.text.split())
    assert "Filters that are set: Severity Critical" in words
    assert "Words nothing" in words


@pytest.mark.parametrize("path", ["/", "/rca", "/alerts", "/reviews", "/counts", "/quarantine"])
def test_every_sorted_column_of_a_page_leads_to_both_orders(api: Served, path: str) -> None:
    page = Document(api.reader.get(path).raise_for_status().text)
    sorts = [str(link) for link in page.attributes("a", "href") if "sort=" in str(link)]
    links = [link for link in sorts if not link.startswith("/v1/")]
    assert len(links) >= 4
    for link in links:
        assert 200 == api.reader.get(link).status_code, link


def test_a_reader_that_leaves_ends_the_export(api: Served) -> None:
    token = api.reader.headers["Authorization"]
    asked = (
        f"GET /v1/incidents?format=csv HTTP/1.1\r\nHost: ledger\r\nAuthorization: {token}\r\n\r\n"
    ).encode()
    for number in range(20):
        peer = Peer(api.server.port, receives=4_096)
        peer.send(asked * 3)
        peer.skip(number * 500)
        (Peer.reset if number % 2 else Peer.close)(peer)
    until(
        lambda: reading.metric(api.reader, "airledger_http_connections") <= 3,
        "those that left are counted out",
    )
