"""An improvement tells of the incident that caused it: who may not read that reads neither."""

from itertools import product
from typing import Any, NamedTuple

import httpx
import pytest

from consumers.access.readers import WITHHELD
from tests.e2e import reading
from tests.e2e.test_restricted import OTHER, World, sent, world
from tests.harness.process import until

__all__ = ["world"]

SECRET = "okapisecret"


class Caused(NamedTuple):
    """What a restricted incident caused: an improvement by its analysis, another by a person."""

    incident: str
    own: str
    typed: str
    risk: str


@pytest.fixture(scope="module")
def caused(world: World) -> Caused:
    """The incident is restricted after its analysis was completed."""
    by = world.manager
    sent(by, "improvements", {"title": "aaa", "improvement_kind": "risk"})
    incident = str(sent(by, "incidents", {"title": "A plain one", "system": OTHER})["reference"])
    body = {"summary": "s", "root_cause": "r", "actions": [f"{SECRET} action of the analysis"]}
    sent(by, f"incidents/{incident}/rca/complete", body)

    def arrived() -> list[dict[str, Any]]:
        reading.settled(by)
        items = by.get("/v1/improvements", params={"cause": "incident"}).json()["items"]
        return [each for each in items if SECRET in each["title"]]

    until(lambda: bool(arrived()), "the action is proposed")
    own = str(arrived()[0]["reference"])
    typed = sent(
        by,
        "improvements",
        {
            "title": f"{SECRET} typed",
            "action": f"{SECRET} to do",
            "system": OTHER,
            "improvement_kind": "risk",
            "cause": "incident",
            "cause_ref": incident.lower(),
        },
    )
    typed_ref = str(typed["reference"])
    due = {"owner": "manages", "due": "2099-01-01T00:00:00Z", "success": f"{SECRET} is gone"}
    sent(by, f"improvements/{typed_ref}/accept", due)
    risk = sent(
        by,
        "risks",
        {"title": "It leaks", "system": OTHER, "category": "privacy", "owner": "manages"},
    )
    risk_ref = str(risk["reference"])
    for each in (own, typed_ref):
        sent(by, f"risks/{risk_ref}/link-improvement", {"improvement": each})
    sent(by, f"risks/{risk_ref}/link-incident", {"incident": incident})
    sent(by, f"incidents/{incident}/restrict", {"reason": "A person is named in it"})
    reading.settled(by)
    return Caused(incident, own, typed_ref, risk_ref)


def shown_to(api: httpx.Client, browser: httpx.Client, of: Caused) -> dict[str, str]:
    """All that somebody sees of them, by where."""
    found = {}
    ones = tuple(f"improvements/{ref}" for ref in (of.own, of.typed))
    paths = (
        "improvements",
        "improvements?sort=title",
        "improvements/board",
        "risks",
        f"risks/{of.risk}",
        f"risks/{of.risk}/timeline",
        "risks/above-tolerance",
        *ones,
        *(f"{each}/timeline" for each in ones),
    )
    for path in paths:
        found[f"API {path}"] = api.get(f"/v1/{path}").raise_for_status().text
    for path, form in product(("improvements", f"{ones[1]}/timeline"), ("csv", "jsonl")):
        answer = api.get(f"/v1/{path}", params={"format": form}).raise_for_status()
        found[f"{form} {path}"] = answer.text
    pages = ("improvements", "improvements?sort=-title", "risks", f"risks/{of.risk}", *ones)
    for path in (*pages, "risk-report", "today", "governance", "log"):
        found[f"page {path}"] = browser.get(f"/{path}").raise_for_status().text
    return found


def test_who_may_not_read_the_incident_reads_no_word_of_what_it_caused(
    world: World, caused: Caused
) -> None:
    shown = shown_to(world.reader, world.page_of_reader, caused)
    assert [] == [name for name, text in shown.items() if SECRET in text]
    for place in ("API improvements", "API improvements/board", f"page risks/{caused.risk}"):
        assert WITHHELD in shown[place], place
    for words in (
        ("improvements",),
        ("improvement", "board"),
        ("improvement", "show", caused.typed),
        ("improvement", "timeline", caused.typed),
    ):
        assert SECRET not in world.remote.done(*words).text, words


def test_who_may_read_the_incident_reads_them_and_that_is_on_record(
    world: World, caused: Caused
) -> None:
    shown = shown_to(world.manager, world.page_of_manager, caused)
    for place in (
        "API improvements",
        "csv improvements",
        f"API improvements/{caused.typed}/timeline",
        f"page risks/{caused.risk}",
        f"page improvements/{caused.own}",
    ):
        assert SECRET in shown[place], place
    reads = world.admin.get("/v1/reads").raise_for_status().json()["items"]
    kinds = {(each["kind"], each["subject"]) for each in reads}
    assert ("list", "improvements") in kinds
    assert ("timeline", caused.incident) in kinds


def test_texts_of_it_are_withheld_by_their_ids(world: World, caused: Caused) -> None:
    subject = world.manager.get(f"/v1/improvements/{caused.typed}").json()["id"]
    given = {"subject": f"improvement/{subject}"}
    events = world.auditor.get("/v1/events", params=given).raise_for_status().text
    ids = sorted({part.split('"')[0] for part in events.split('{"text":"')[1:]})
    assert ids
    found = world.auditor.get("/v1/texts", params={"id": ids}).raise_for_status().json()["items"]
    assert {"withheld"} == {each["state"] for each in found}


def test_its_words_have_no_place_in_an_order(world: World, caused: Caused) -> None:
    """They sort as an empty title does, wherever their own would stand."""

    def first(by: httpx.Client, sort: str) -> set[str]:
        answer = by.get("/v1/improvements", params={"sort": sort}).raise_for_status()
        return {each["reference"] for each in answer.json()["items"][:2]}

    assert {caused.own, caused.typed} == first(world.reader, "title")
    assert {caused.own, caused.typed} != first(world.manager, "title")
    for sort in ("action", "-success"):
        world.reader.get("/v1/improvements", params={"sort": sort}).raise_for_status()


def test_what_is_restricted_no_more_is_read_again(world: World, caused: Caused) -> None:
    path = f"/v1/improvements/{caused.own}"
    assert SECRET not in world.reader.get(path).text
    sent(world.manager, f"incidents/{caused.incident}/unrestrict", {"reason": "Names are gone"})
    reading.settled(world.manager)
    assert SECRET in world.reader.get(path).text
    sent(world.manager, f"incidents/{caused.incident}/restrict", {"reason": "They are not"})
    reading.settled(world.manager)
