"""A review is assigned, concluded, corrected and listed by state: over HTTP and with its forms."""

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.publishing import EVENTS, STRUCTURED, event
from tests.e2e.reading import Json
from tests.e2e.reported import eventually
from tests.e2e.served import Served, problem, served, wrong_fields
from tests.e2e.server import add_source, add_token, client
from tests.e2e.test_acting_pages import hidden, logged_in

MONTH = "2026-03"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reviews") / "data"


@pytest.fixture(scope="module")
def token(data: Path) -> str:
    """The token of somebody with a browser."""
    return add_token(data, "ada", Scope.OPERATE)


@pytest.fixture(scope="module")
def pipeline(data: Path) -> str:
    """The token of a program that sends CloudEvents."""
    return add_source(data, "ci", scope=Scope.OPERATE, kind=SourceKind.CLOUDEVENTS)


@pytest.fixture(scope="module")
def api(data: Path, token: str, pipeline: str) -> Iterator[Served]:
    with served(data) as api:
        yield api


def launched(api: Served, system: str) -> Json:
    """The review that the fourth incident of a system launched."""
    for number in range(4):
        api.report(f"Incident {number}", system=system, detected_at=f"{MONTH}-03T04:05:06Z")
    eventually(lambda: bool(listed(api, system=system)), f"the review of {system} is launched")
    [review] = listed(api, system=system)
    return review


def listed(api: Served, **filters: str) -> list[Json]:
    reading.settled(api.reader)
    found: list[Json] = (
        api.reader.get("/v1/reviews", params=filters).raise_for_status().json()["items"]
    )
    return found


def command(api: Served, ref: str, name: str, **body: object) -> Json:
    answer = api.operator.post(f"/v1/reviews/{ref}/{name}", json=body)
    assert 200 == answer.status_code, answer.text
    told: Json = answer.json()
    return told


def test_a_review_is_assigned_and_concluded_and_listed_by_state(api: Served) -> None:
    review = launched(api, "life")
    ref = review["reference"]
    assert ("open", f"REV-{review['launched_leaf']}", None, 1) == (
        review["state"],
        ref,
        review["owner"],
        review["version"],
    )
    due = reading.time_of(review["due_at"]) - reading.time_of(review["launched_at"])
    assert 14 == due.days
    assert ref in [each["reference"] for each in listed(api, state="open")]

    assigned = command(api, ref, "assign", owner="grace.hopper")
    assert ("assigned", "grace.hopper", 2) == (
        assigned["state"],
        assigned["owner"],
        assigned["version"],
    )
    assert [ref] == [each["reference"] for each in listed(api, state="assigned", system="life")]

    actions = ["Replace it", "Watch it"]
    concluded = command(api, ref, "conclude", findings="One switch.", actions=actions)
    assert ("concluded", "One switch.", actions, False) == tuple(
        concluded[name] for name in ("state", "findings", "actions", "late")
    )
    [row] = listed(api, state="concluded", system="life")
    assert concluded == row
    assert [] == listed(api, state="assigned", system="life")
    shown = api.reader.get(f"/v1/reviews/{ref}")
    assert ('"3"', concluded) == (shown.headers["etag"], shown.json())


def test_a_conclusion_is_corrected_by_an_event_and_refused_a_second_time(api: Served) -> None:
    ref = launched(api, "corrected")["reference"]
    refusal = api.operator.post(f"/v1/reviews/{ref}/amend", json={"reason": "x", "findings": "y"})
    assert "review_not_concluded" == problem(refusal, 409)["rule"]
    command(api, ref, "conclude", findings="One switch.")
    again = api.operator.post(f"/v1/reviews/{ref}/conclude", json={"findings": "Two."})
    assert "review_concluded" == problem(again, 409)["rule"]
    nothing = api.operator.post(f"/v1/reviews/{ref}/amend", json={"reason": "x"})
    assert ["findings"] == wrong_fields(nothing)
    amended = command(api, ref, "amend", reason="A second one", findings="Two switches.")
    assert "Two switches." == amended["findings"]
    told = api.reader.get(f"/v1/reviews/{ref}/timeline").json()["items"]
    assert ["review.launched.v1", "review.concluded.v1", "review.amended.v1"] == reading.types(told)
    assert "Concluded: One switch." == told[1]["text"]
    assert "Conclusion corrected (A second one): Two switches." == told[2]["text"]


def test_a_review_is_named_by_system_and_month_and_its_owner_by_name(api: Served) -> None:
    review = launched(api, "named")
    command(api, f"named:{MONTH}", "assign", owner="ada.lovelace")
    timeline = api.reader.get(f"/v1/reviews/{review['id']}/timeline").json()["items"]
    assert "Assigned to ada.lovelace" == timeline[-1]["text"]
    missing = api.reader.get("/v1/reviews/named:2026-04")
    assert "There is no review 'named:2026-04'." in problem(missing, 404)["detail"]


def test_a_cloudevent_commands_a_review(api: Served, pipeline: str) -> None:
    review = launched(api, "events")
    note = event("note-1", "airledger.review.note", data={"text": "Asked the vendor"})
    with client(api.server, pipeline) as sender:
        answer = sender.post(
            EVENTS, json={**note, "subject": review["reference"]}, headers=STRUCTURED
        )
    assert (202, 1) == (answer.status_code, answer.json()["recorded"]), answer.text
    told = reading.events(api.reader, subject=f"review/{review['id']}")
    assert ["review.launched.v1", "review.noted.v1"] == reading.types(told)


def test_a_reader_sees_no_form_and_may_not_command(api: Served) -> None:
    ref = launched(api, "read")["reference"]
    problem(api.reader.post(f"/v1/reviews/{ref}/assign", json={"owner": "x"}), 403)
    page = api.reader.get(f"/reviews/{ref}").raise_for_status().text
    assert '<form class="command"' not in page


def test_the_page_shows_what_is_due_and_its_forms_work(api: Served, token: str) -> None:
    ref = launched(api, "paged")["reference"]
    path = f"/reviews/{ref}"
    with logged_in(api.server, token) as browser:

        def send(name: str, **typed: str) -> str:
            unseen = hidden(browser.get(path).text)
            sent = browser.post(f"{path}/{name}", data={**unseen, **typed})
            assert 303 == sent.status_code, sent.text
            return unescape(browser.get(sent.headers["location"]).raise_for_status().text)

        first = browser.get(path).text
        assert "13 days 23 h left" in first
        assert "/amend" not in first
        send("assign", owner="grace.hopper")
        shown = send("conclude", findings="<b>One</b>", actions="Replace it\r\nWatch it")
        assert "<li><bdi>Replace it</bdi></li><li><bdi>Watch it</bdi></li>" in shown
        assert "concluded in time" in shown
        assert "/conclude" not in shown
        send("note", text="Told the board")
        rows = unescape(browser.get("/reviews?state=concluded&system=paged").text)
        assert (True, True) == (f'href="{path}"' in rows, "grace.hopper" in rows)
        assert ref not in browser.get("/reviews?state=open").text
