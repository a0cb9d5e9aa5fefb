"""The risk manager's pages, over a real server: what they say and where they lead."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.browser import Document, only_our_scripts
from tests.e2e.report_pages import PAGES, World, cookie, missing, named, shown
from tests.e2e.reported import BEFORE, HOSTILE_SYSTEM, LONG, MONTH, SCRIPT
from tests.e2e.served import SOURCE, served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.only_on("sqlite", "pages are alike; the queries below them are tried on both"),
]

INC_OR_ENTRY = re.compile("INC-|/v1/quarantine/")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with shown(tmp_path_factory.mktemp("reports") / "data") as world:
        yield world


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_which_it_is_and_leads_to_the_others(world: World, path: str) -> None:
    page = world.get(path)
    assert {*PAGES, "/", "/log"} <= set(page.attributes("a", "href"))
    current = [
        each["href"]
        for tag, each in page.tags
        if tag == "a" and each.get("aria-current") == "page" and each["href"] in {*PAGES, "/"}
    ]
    assert path == current[0]
    assert {path} == set(current)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("token", [None, "x" * 32])
def test_without_a_valid_token_a_page_is_401_and_the_form(
    world: World, path: str, token: str | None
) -> None:
    headers = cookie(world.url, token) if token else {}
    answer = httpx.get(f"{world.url}{path}?limit=7", headers=headers)
    page = Document(answer.text)
    assert (401, "Log in \u00b7 airledger") == (answer.status_code, page.title)
    assert f"{path}?limit=7" in page.attributes("input", "value")
    assert "INC-" not in page.text


@pytest.mark.parametrize("path", PAGES)
def test_a_publishers_token_opens_no_page(world: World, path: str) -> None:
    bearer = world.told.api.source.headers["Authorization"]
    assert 403 == httpx.get(f"{world.url}{path}", headers={"Authorization": bearer}).status_code


@pytest.mark.parametrize("path", PAGES)
def test_every_page_keeps_browsers_strict_and_runs_nothing(world: World, path: str) -> None:
    answer = httpx.get(f"{world.url}{path}", headers=cookie(world.url, world.reader))
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    page = Document(answer.text)
    assert not {"style", "iframe", "b"} & {tag for tag, _ in page.tags}
    assert only_our_scripts(page)
    assert [] == [name for _, each in page.tags for name in each if name[:2] in {"on", "st"}]
    assert "airledger" == page.title.rpartition(" ")[2]


def test_every_link_of_these_pages_leads_somewhere(world: World) -> None:
    links = {link for path in PAGES for link in world.get(path).attributes("a", "href")} - {"#main"}
    incidents = sorted(link for link in links if link.startswith("/incidents/"))
    with httpx.Client(base_url=world.url, headers=cookie(world.url, world.reader)) as reader:
        for link in {*links.difference(incidents), *incidents[:3]}:
            assert link.startswith("/"), link
            assert 200 == reader.get(link).status_code, link


def test_hostile_texts_are_shown_as_they_are(world: World) -> None:
    shown = HOSTILE_SYSTEM.replace("\u202e", "\\u202e")
    page = world.get("/rca?limit=1000")
    assert [] == missing(page, SCRIPT, LONG, shown)
    assert [] == missing(world.get("/alerts"), SCRIPT)
    assert [] == missing(world.get("/counts"), shown)
    of_it = httpx.QueryParams({"system": HOSTILE_SYSTEM})
    assert set(world.told.hostile) == named(world.get(f"/rca?{of_it}"))


def test_a_count_stands_against_its_threshold_in_words(world: World) -> None:
    def told(system: str) -> Document:
        return world.get(f"/counts?month={MONTH}&system={system}")

    crossed, fell, near = told("crossed"), told("fell"), told("near")
    assert [] == missing(crossed, "5 of 3", "Crossed On", "Review launched")
    assert [] == missing(fell, "2 of 3", "Crossed, fell back since", "The review stays.")
    assert [] == missing(near, "3 of 3", "Not crossed", "1 more would cross it.")
    assert set(world.told.crossed) == named(crossed)
    assert set(world.told.fell[:2]) == named(fell)
    assert f"/reviews?month={MONTH}&system=crossed" in crossed.attributes("a", "href")
    assert "Review launched" not in near.text


def test_the_counts_say_what_the_threshold_means(world: World) -> None:
    page = world.get("/counts")
    assert [] == missing(
        page, "More than 3 incidents of one system", "3 do not cross it, 4 do", "(UTC)"
    )
    assert "the policy in force" in page.text
    months = [value[:7] for value in page.attributes("time", "datetime")]
    assert sorted(months, reverse=True) == months
    assert {MONTH, BEFORE} <= set(months)


def test_a_review_names_the_leaf_that_crossed_and_what_came_since(world: World) -> None:
    page = world.get("/reviews?system=crossed")
    (review,) = world.told.api.reader.get("/v1/reviews?system=crossed").json()["items"]
    leaf = review["leaf"]
    assert f"/v1/events?from={leaf}&to={leaf}" in page.attributes("a", "href")
    assert [] == missing(page, "more than 3", "5 count now", "Still more than 3.")
    assert set(world.told.crossed) == named(page)
    fell = world.get(f"/reviews?system=fell&month={MONTH}")
    assert [] == missing(fell, "2 count now", "Fell back to 3 or fewer: the review stays.")
    assert set(world.told.fell) == named(fell)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("on_track", "due in 21 h"),
        ("at_risk", "due in 2 h"),
        ("breached", "overdue by 3 h"),
        ("met", "19 h to spare"),
        ("met_late", "by 15 h"),
        ("cancelled", "None owed"),
    ],
)
def test_a_clock_is_found_by_its_state_and_says_what_is_left(
    world: World, state: str, words: str
) -> None:
    page = world.get(f"/rca?system=clocks&state={state}")
    assert {world.told.clocks[state]} == named(page)
    assert [] == missing(page, words, "All 6", "1 breached 1 at risk 1 on track")


def test_the_verdict_when_due_stands_beside_the_verdict_now(world: World) -> None:
    late = world.get("/rca?system=clocks&state=met_late")
    assert [] == missing(late, "Met late", "Not complete", "completed")
    met = world.get("/rca?system=clocks&state=met")
    assert [] == missing(met, ["19", "h", "to", "spare", "Complete"][0], "Complete")


def test_what_is_owed_comes_first_and_the_earliest_due_before_all(world: World) -> None:
    page = world.get("/rca?system=clocks")
    order = [link.rpartition("/")[2] for link in page.attributes("a", "href") if "INC-" in link]
    states = ("breached", "at_risk", "on_track", "met_late", "met", "cancelled")
    assert [world.told.clocks[state] for state in states] == list(dict.fromkeys(order))


def test_the_registers_figures_lead_to_the_clocks_that_they_count(world: World) -> None:
    links = world.get("/").attributes("a", "href")
    for state in ("breached", "at_risk"):
        link = f"/rca?state={state}&status=open"
        assert link in links
        figure = world.told.api.reader.get(f"/v1/rca?state={state}&limit=1000").json()["items"]
        assert {each["reference"] for each in figure} == named(world.get(link))


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("state=stale", {"Heard once"}),
        ("state=firing", {SCRIPT}),
        ("state=resolved", {"alert over", "alert unseen"}),
        ("system=quiet", {"Heard once"}),
        (f"system=over&source={SOURCE}", {"alert over"}),
        ("source=nobody", set()),
    ],
)
def test_alerts_are_narrowed_as_asked(world: World, query: str, titles: set[str]) -> None:
    page = world.get(f"/alerts?{query}")
    known = {"Heard once", SCRIPT, "alert over", "alert unseen"}
    assert titles == {title for title in known if title in page.text}
    assert titles or "No alert matches" in page.text


def test_an_alert_that_went_silent_is_told_in_words(world: World) -> None:
    page = world.get("/alerts?state=stale")
    assert [] == missing(page, "Not heard of", "Whether it goes on is unknown since", "for 36 h")


def test_an_incident_leads_to_its_alerts_month_review_and_clock(world: World) -> None:
    stormy = world.told.stormy
    assert f"/alerts?incident={stormy}" in world.get(f"/incidents/{stormy}").attributes("a", "href")
    alerts = world.get(f"/alerts?incident={stormy}")
    assert ({stormy}, 3) == (named(alerts), alerts.text.count(SCRIPT))
    crossed = world.told.crossed[0]
    page = world.get(f"/incidents/{crossed}")
    month = f"month={MONTH}&system=crossed"
    links = set(page.attributes("a", "href"))
    assert {f"/counts?{month}", f"/reviews?{month}", f"/rca?incident={crossed}"} <= links
    assert {crossed} == named(world.get(f"/rca?incident={crossed}"))
    calm = world.get(f"/incidents/{world.told.near[0]}").attributes("a", "href")
    assert [] == [link for link in calm if link.startswith("/reviews?")]


@pytest.mark.parametrize(
    ("path", "size"),
    [("/rca", 9), ("/counts", 2), ("/reviews", 1), ("/alerts", 4), ("/quarantine", 2)],
)
def test_a_list_is_read_page_by_page_without_a_gap(world: World, path: str, size: int) -> None:
    def rows(page: Document) -> int:
        return sum(1 for tag, _ in page.tags if tag == "tr") - 1

    whole, seen, pages = rows(world.get(path)), 0, 0
    link: str | None = f"{path}?limit={size}"
    links: list[str] = []
    while link is not None:
        page = world.get(link)
        seen, pages = seen + rows(page), pages + 1
        assert seen <= whole
        links += [
            each for each in page.attributes("a", "href") if "INC-" in each or "/v1/q" in each
        ]
        following = [str(each["href"]) for _, each in page.tags if each.get("rel") == "next"]
        link = following[0] if following else None
    assert (whole, -(-whole // size)) == (seen, pages)
    assert {each for each in world.get(path).attributes("a", "href") if each in links} == set(links)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/rca?state=awful", "state"),
        ("/rca?status=lost", "status"),
        ("/counts?month=2026-13", "month"),
        ("/reviews?month=x", "month"),
        ("/alerts?state=met", "state"),
        ("/quarantine?state=lost", "state"),
        *((f"{path}?limit=0", "limit") for path in PAGES),
        *((f"{path}?cursor=bm9uZQ", "cursor") for path in PAGES),
    ],
)
def test_what_cannot_be_asked_is_a_page_that_names_the_field(
    world: World, path: str, field: str
) -> None:
    answer = httpx.get(f"{world.url}{path}", headers=cookie(world.url, world.reader))
    page = Document(answer.text)
    assert (422, "Invalid \u00b7 airledger") == (answer.status_code, page.title)
    assert f"{field} :" in page.text
    assert path.partition("?")[0] in page.attributes("a", "href")


@pytest.mark.parametrize("path", ["/rca", "/alerts"])
def test_an_unknown_incident_is_told(world: World, path: str) -> None:
    answer = httpx.get(
        f"{world.url}{path}?incident=INC-99999", headers=cookie(world.url, world.reader)
    )
    assert (404, True) == (answer.status_code, "INC-99999" in answer.text)


def test_quarantine_says_why_when_how_much_and_what_to_do(world: World) -> None:
    page = world.get("/quarantine")
    (entry, *_) = world.told.api.reader.get("/v1/quarantine?state=open").json()["items"]
    assert [] == missing(
        page,
        "The body is not JSON",
        "1\u00d7",
        "Bytes",
        "airledger quarantine retry ID",
        "airledger quarantine dismiss ID --reason R",
    )
    assert [] == missing(
        world.get(f"/quarantine/{entry['id']}"),
        "The body is not JSON",
        f"airledger quarantine retry {entry['id']}",
        f"airledger quarantine dismiss {entry['id']} --reason R",
    )


def test_an_empty_ledger_says_what_would_be_here(tmp_path: Path) -> None:
    with served(tmp_path / "data") as api:
        said = {path: Document(api.reader.get(path).text) for path in PAGES}
    for path, title in (
        ("/rca", "No root cause analysis yet"),
        ("/counts", "No month yet"),
        ("/reviews", "No review was launched yet"),
        ("/alerts", "No alert yet"),
        ("/quarantine", "Nothing open"),
    ):
        assert [] == missing(said[path], title)
        assert path == "/quarantine" or "This list shows" in said[path].text
