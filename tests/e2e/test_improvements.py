"""Improvements are proposed, decided and listed: by command, over HTTP, by form and by program."""

from datetime import UTC, datetime, timedelta

from tests.e2e import reading
from tests.e2e.publishing import event
from tests.e2e.test_acting_pages import hidden
from tests.e2e.test_systems import World, world

__all__ = ["world"]

ASK = {"title": "Ask first", "system": "chat", "improvement_kind": "risk"}
DUE = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)


def listed(world: World, **filters: str) -> dict[str, str]:
    """The status of each by its title."""
    reading.settled(world.api)
    answer = world.api.get("/v1/improvements", params=filters).raise_for_status()
    return {each["title"]: each["status"] for each in answer.json()["items"]}


def test_an_improvement_goes_through_every_door(world: World) -> None:
    first = world.api.post("/v1/improvements", json=ASK)
    assert 201 == first.status_code, first.text
    world.host.done(
        "improvement",
        "propose",
        "By hand",
        "--system",
        "chat",
        *("--improvement-kind", "corrective", "--cause", "audit", "--cause-ref", "Finding 4"),
    )
    asked = {**ASK, "title": "By a program", "improvement_kind": "drift"}
    assert 0 == world.send(event("p1", "airledger.improvement.propose", subject="1", data=asked))
    form = world.browser.get("/improvements/new")
    assert form.is_success, form.text
    typed = {**ASK, "title": "By form", "system": "search", **hidden(form.text)}
    assert world.browser.post("/improvements", data=typed).status_code in {200, 303}
    titles = {"Ask first", "By hand", "By a program", "By form"}
    assert dict.fromkeys(titles, "proposed") == listed(world)
    assert {"By form"} == set(listed(world, system="search"))
    assert {"By hand"} == set(listed(world, cause="audit"))
    assert {"By a program"} == set(listed(world, improvement_kind="drift"))
    assert "4 improvements wait for a decision" in world.browser.get("/improvements").text


def test_it_is_accepted_or_rejected_once_and_its_page_says_by_whom(world: World) -> None:
    ref = world.api.post("/v1/improvements", json=ASK).json()["reference"]
    other = world.api.post("/v1/improvements", json={**ASK, "title": "Other"}).json()["reference"]
    world.host.done(
        "improvement",
        "accept",
        ref,
        "Ada Lovelace",
        DUE.isoformat(),
        *("--success", "No complaint in 90 days."),
    )
    refused = world.api.post(f"/v1/improvements/{ref}/reject", json={"reason": "Late."})
    assert (409, "improvement_decided") == (refused.status_code, refused.json()["rule"])
    sent = event("r1", "airledger.improvement.reject", subject=other, data={"reason": "Done."})
    assert 0 == world.send(sent)
    assert {"Ask first": "accepted", "Other": "rejected"} == listed(world)
    assert {"Ask first"} == set(listed(world, status="accepted"))
    page = world.browser.get(f"/improvements/{ref}").text
    for said in ("Proposed for chat (risk", "Ada Lovelace", "No complaint in 90 days."):
        assert said in page
    assert "wait for a decision" not in world.browser.get("/improvements").text
    timeline = world.host.done("improvement", "timeline", other).text
    assert "Rejected: Done." in timeline
