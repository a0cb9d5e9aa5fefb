"""The trends of some months over HTTP and as a page, from real commands."""

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.reading import Json
from tests.e2e.served import Served, problem, served, wrong_fields
from tests.e2e.server import add_token

MONTH, BEFORE = "2026-03", "2026-02"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trends") / "data"


@pytest.fixture(scope="module")
def token(data: Path) -> str:
    return add_token(data, "rita", Scope.READ)


@pytest.fixture(scope="module")
def api(data: Path, token: str) -> Iterator[Served]:
    """Six incidents of March, two of them withdrawn, and one of February."""
    with served(data) as api:
        one, two, three, waived, dismissed, merged = (
            api.report(
                f"Incident {n}",
                system="chat" if n < 3 else "search",
                severity="high",
                detected_at=f"{MONTH}-03T10:00:00Z",
            )["id"]
            for n in range(6)
        )
        api.report("Before", system="chat", detected_at=f"{BEFORE}-03T10:00:00Z")
        for ref, hour in ((one, 11), (two, 13)):
            done(api, ref, "contain", action="Off", at=f"{MONTH}-03T{hour}:00:00Z")
        done(api, three, "contain", action="Off", at=f"{MONTH}-03T09:00:00Z")
        done(api, waived, "waive", step="contain", reason="It ended by itself")
        done(api, one, "resolve", reason="It is over", at=f"{MONTH}-03T12:00:00Z")
        done(api, one, "assign", owner="grace.hopper")
        done(api, one, "classify", category="infra_error", severity="low")
        done(api, dismissed, "dismiss", reason="A false alarm")
        done(api, merged, "merge", into=two, reason="The same")
        reading.settled(api.reader)
        yield api


def done(api: Served, ref: str, name: str, **body: str) -> None:
    answer = api.command(ref, name, dict(body))
    assert 200 == answer.status_code, answer.text


def trends(api: Served, **params: str) -> Json:
    found: Json = api.reader.get("/v1/trends", params=params).raise_for_status().json()
    return found


def times(recorded: int, pending: int, waived: int, invalid: int, *of: float | None) -> Json:
    median, p90 = of
    return {
        "recorded": recorded,
        "pending": pending,
        "not_applicable": waived,
        "invalid": invalid,
        "median_seconds": median,
        "p90_seconds": p90,
    }


def test_times_are_of_what_was_recorded_and_a_skipped_step_is_no_zero(api: Served) -> None:
    found = trends(api, month=MONTH)
    assert times(2, 0, 1, 1, 3600, 3 * 3600) == found["contain"]
    assert times(1, 3, 0, 0, 7200, 7200) == found["resolve"]
    assert times(0, 4, 0, 0, None, None) == found["rca"]


def test_counts_and_shares_leave_out_what_was_dismissed_and_merged(api: Served) -> None:
    found = trends(api, month=MONTH)
    assert (4, 1, 1) == (found["incidents"], found["dismissed"], found["merged"])
    assert (1 / 6, 1 / 6) == (found["dismissed_share"], found["merged_share"])
    assert [("chat", 3, 3), ("search", 1, 1)] == [
        (each["system"], each["incidents"], each["rca_overdue"]) for each in found["systems"]
    ]
    assert [("high", 3), ("low", 1)] == [
        (each["value"], each["incidents"]) for each in found["severities"]
    ]
    assert [(None, 3), ("infra_error", 1)] == [
        (each["value"], each["incidents"]) for each in found["categories"]
    ]
    assert [(None, 3), ("grace.hopper", 1)] == [
        (each["owner"], each["overdue"]) for each in found["late"]
    ]


def test_a_range_has_every_month_of_it_and_a_system_its_own(api: Served) -> None:
    found = trends(api, **{"from": "2025-12", "to": MONTH, "system": "chat"})
    assert [("2025-12", 0), ("2026-01", 0), (BEFORE, 1), (MONTH, 3)] == [
        (each["month"], each["incidents"]) for each in found["months"]
    ]
    assert 6 == len(trends(api)["months"])


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"month": "2026-13"}, "month"),
        ({"from": "March"}, "from"),
        ({"from": "2026-04", "to": "2026-03"}, "from"),
        ({"from": "1990-01", "to": "2026-03"}, "from"),
        ({"month": MONTH, "to": MONTH}, "month"),
    ],
)
def test_a_range_that_is_none_is_refused_by_name(
    api: Served, params: dict[str, str], field: str
) -> None:
    answer = api.reader.get("/v1/trends", params=params)
    assert [field] == wrong_fields(answer)
    assert problem(answer, 422)["errors"][0]["message"]


def test_the_page_has_a_table_for_each_chart_and_links_to_the_register(
    api: Served, token: str
) -> None:
    with logged_in(api.server, token) as browser:
        page = unescape(browser.get(f"/trends?month={MONTH}").raise_for_status().text)
        for what in (
            '<figure class="chart" data-chart="bars"',
            'data-label="Median" data-value="1.0000">1 h',
            f'href="/?month={MONTH}&system=chat&near_miss=false&"',
            f'href="/?month={MONTH}&status=dismissed&"',
            "/rca?state=breached&system=chat",
            "uPlot.iife.min.js",
            f'<input name="from" value="{MONTH}" list="known-from"',
            f"From: <bdi>{MONTH}</bdi>",
        ):
            assert what in page, what
        for end in ("from", "to"):
            assert f'name="{end}" value="{MONTH}" list="known-{end}"' in page
        assert 422 == browser.get("/trends?from=x").status_code
        first = f"{int(MONTH[:4]) - 1}-02"
        several = unescape(browser.get(f"/trends?from={first}&to={MONTH}").text)
        assert f'href="/?from={first}-01&to={MONTH}-' in several
        empty = browser.get("/trends?month=2001-01").raise_for_status().text
        assert "No incident was detected in these months" in empty
        script = page[page.index("/static/trends.js") :].partition('"')[0]
        assert 200 == browser.get(script).status_code
