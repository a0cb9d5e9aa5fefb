"""The pages, from a real server, in a real browser and without one."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.browser import Document, log_in_link, only_our_scripts
from tests.e2e.driving import document_at
from tests.e2e.register_pages import (
    HOSTILE,
    HOSTILE_LABEL,
    IN_A_BROWSER,
    SECRET,
    STORM,
    World,
    shown,
)
from tests.e2e.server import Server, add_token, client
from tests.harness.process import until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with shown(tmp_path_factory.mktemp("pages") / "data") as world:
        yield world


@IN_A_BROWSER
@pytest.mark.component("chromium")
def test_the_log_in_link_shows_the_register(world: World) -> None:
    page = document_at(log_in_link(world.server.url, world.reader))
    assert page.title == "Register · airledger"
    assert SECRET in page.text
    assert "ada.lovelace" in page.text
    assert set(page.attributes("a", "href")) >= {
        f"/incidents/{reference}" for reference in world.references.values()
    }


@IN_A_BROWSER
@pytest.mark.component("chromium")
def test_an_incident_shows_its_steps_and_timeline(world: World) -> None:
    reference = world.references["worked on"]
    page = document_at(log_in_link(world.server.url, world.reader, f"/incidents/{reference}"))
    leaf = reference.removeprefix("INC-")
    assert page.title == f"{reference} · {SECRET} · airledger"
    for words in (
        f"Detected: {SECRET}",
        "Contained: Model taken offline",
        "incident.contained.v1",
        "Next: Communicate",
        f"leaf {leaf}",
        "due in 23 h",
    ):
        assert words in page.text
    assert f"/v1/events?from={leaf}&to={leaf}" in page.attributes("a", "href")
    assert "https://tickets.example/7" in page.attributes("a", "href")
    assert ["step"] == page.attributes("li", "aria-current")


@IN_A_BROWSER
@pytest.mark.component("chromium")
@pytest.mark.parametrize("path", ["/", "/incidents/{hostile}", "/incidents/{storm}"])
def test_hostile_texts_stay_text(world: World, path: str) -> None:
    page = document_at(log_in_link(world.server.url, world.reader, path.format(**world.references)))
    assert "owned" != page.title
    assert only_our_scripts(page)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"iframe", "b"}
    assert all(source.startswith("/static/") for source in page.attributes("img", "src"))
    assert not [link for link in page.attributes("a", "href") if link.startswith("javascript")]
    assert (HOSTILE_LABEL if "storm" in path else HOSTILE) in page.text


def test_a_storm_is_told_once(world: World) -> None:
    page = Document(world.get(f"/incidents/{world.references['storm']}", world.reader).text)
    assert f"{STORM} alerts joined" in page.text
    assert f"Alerts linked {STORM}" in page.text


def test_style_and_script_are_open_and_come_from_here_alone(world: World) -> None:
    page = Document(world.get("/", world.reader).text)
    links = page.attributes("link", "href") + page.attributes("img", "src")
    assert links
    for link in links:
        assert 200 == world.get(link).status_code
    assert 404 == world.get("/static/..%2fpages.py").status_code
    assert 404 == world.get("/static/pages.py").status_code


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("severity=critical", {"worked on", "storm"}),
        ("severity=critical&system=serving", {"storm"}),
        ("system=&status=&severity=&category=&month=", {"worked on", "storm", "hostile"}),
        ("status=closed", set()),
        ("month=2026-01&sort=detected_at", {"storm"}),
    ],
)
def test_the_register_is_narrowed_as_asked(world: World, query: str, found: set[str]) -> None:
    page = Document(world.get(f"/?{query}", world.reader).text)
    named = {link for link in page.attributes("a", "href") if link.startswith("/incidents/")}
    assert {f"/incidents/{world.references[name]}" for name in found} == named
    assert found or "No incident matches" in page.text


def test_the_register_is_read_page_by_page_in_the_order_asked_for(world: World) -> None:
    path: str | None = "/?sort=reference&limit=1"
    seen: list[str] = []
    while path is not None:
        page = Document(world.get(path, world.reader).text)
        seen += [a for a in dict.fromkeys(page.attributes("a", "href")) if "/incidents/" in a]
        following = [each["href"] for tag, each in page.tags if each.get("rel") == "next"]
        path = following[0] if following else None
    by_leaf = sorted(world.references.values(), key=lambda ref: int(ref.removeprefix("INC-")))
    assert [f"/incidents/{reference}" for reference in by_leaf] == seen


@pytest.mark.parametrize(
    "query",
    [
        "severity=awful",
        "month=2026-13",
        "limit=0",
        "limit=1001",
        "sort=colour",
        "cursor=x",
        "limit=²",
    ],
)
def test_what_cannot_be_asked_is_a_page_that_names_the_field(world: World, query: str) -> None:
    answer = world.get(f"/?{query}", world.reader)
    page = Document(answer.text)
    assert 422 == answer.status_code
    assert query.partition("=")[0] in page.text
    assert "To the register" in page.text


def test_an_unknown_incident_is_a_page_too(world: World) -> None:
    for ref in ("INC-0", "INC-99999", "nonsense", HOSTILE.replace("/", "")):
        answer = world.get(f"/incidents/{ref}", world.reader)
        assert (404, "Not found · airledger") == (answer.status_code, Document(answer.text).title)


def test_quarantine_shows_why_and_how_often(world: World) -> None:
    with client(world.server, world.source) as sender:
        for _ in range(2):
            sender.post("/v1/signals/alertmanager", content=b"<b>no JSON</b>")
    page = Document(world.get("/quarantine", world.reader).text)
    assert "The body is not JSON" in page.text
    assert "2\u00d7" in page.text
    assert (
        "Nothing dismissed"
        in Document(world.get("/quarantine?state=dismissed", world.reader).text).text
    )
    assert 422 == world.get("/quarantine?state=lost", world.reader).status_code


def test_the_log_page_shows_the_signed_checkpoint(world: World) -> None:
    def is_shown() -> bool:
        """False while the sealer adds what was recorded last between the two requests."""
        checkpoint = world.get("/log/checkpoint").text
        page = Document(world.get("/log", world.reader).text)
        return " ".join(checkpoint.split()) in page.text

    until(is_shown, "the checkpoint on its page")
    page = Document(world.get("/log", world.reader).text)
    assert world.get("/log/vkey").text.strip() in page.text
    assert f"airledger verify --url {world.server.url}" in page.text


def test_an_empty_register_says_how_to_begin(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        token = add_token(tmp_path / "data")
        with httpx.Client(base_url=server.url, follow_redirects=True) as visitor:
            answer = visitor.post("/login", data={"token": token})
    page = Document(answer.text)
    assert "No incidents yet" in page.text
    assert "airledger source add my-alertmanager --kind alertmanager" in page.text
    assert f"{server.url}/v1/signals/alertmanager" in page.text
