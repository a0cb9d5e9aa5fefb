"""Every word that a command takes is found again: in the page, in `show` and in the API.

In both forms: where free text stands in the event, and where it lies beside the log.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from html import escape, unescape
from typing import Any

import pytest

from consumers.commands.fields import fields_of
from consumers.text_safety import escape_controls
from ledger.domain.catalogue import KINDS, STREAMS
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.text import BEGIN, END, free_texts
from ledger.policy import shipped
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_person, add_source, add_token, client
from tests.e2e.word_streams import STEP, Body, World, reported, stream_for
from tests.e2e.word_values import OF_KIND, Filled, filled
from tests.harness.homes import store_of
from tests.harness.texts import beside_only
from tests.unit.cli.processes import Airledger

pytestmark = pytest.mark.only_on("sqlite", "what is read is alike; test_records has both stores")

MOST_EVENTS = 10_000
COMMANDS = [(of.kind, name) for of in STREAMS for name in of.commands]
POLICY = (
    shipped()
    .replace('    "playbook",             # 7.5\n', f'    "playbook",\n    "{STEP}",\n')
    .replace("[steps]\n", f'[steps.{STEP}]\nlabel = "Legal review"\n', 1)
    .replace("final_needs_approval = false", "final_needs_approval = true")
)
INLINE = beside_only(policy=POLICY)
"""What persons write stands in the events."""
WORD = re.compile(r"[a-z_]+-[0-9a-f]{12}")


@pytest.fixture(scope="module", params=["in the event", "beside the log"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    beside = request.param == "beside the log"
    data = tmp_path_factory.mktemp("words") / "data"
    scopes = {"ada": Scope.OPERATE, "root": Scope.ADMIN}
    tokens = {name: add_token(data, name, scope) for name, scope in scopes.items()}
    bob_himself = add_person(data, "bob", Scope.OPERATE)
    with (
        Server(data) as server,
        client(server, tokens["ada"]) as ada,
        client(server, bob_himself) as bob,
        client(server, tokens["root"]) as admin,
        logged_in(server, tokens["ada"]) as browser,
        Airledger(data) as airledger,
    ):
        policy = {"text": POLICY if beside else INLINE, "reason": "A step more"}
        assert admin.post("/v1/policy", json=policy).is_success
        for name in ("ada", "bob"):  # they read what is restricted
            role = {"person": name, "role": "risk_manager"}
            assert admin.post("/v1/roles/grant", json=role).is_success
        signs = {"person": "bob", "role": "product_owner"}
        assert admin.post("/v1/roles/grant", json=signs).is_success
        yield World(server, ada, bob, browser, airledger, beside)


def commanded(world: World, kind: str, name: str) -> tuple[str, dict[str, Filled], Body]:
    """Sends a command with every field filled: the stream, the words, and the answer."""
    of = KINDS[kind].commands[name]
    value_of = OF_KIND.get(kind, filled)
    ref = None if of.opens else stream_for(world, kind, name)
    words = {
        field.name: found
        for field in fields_of(of.body)
        if (found := value_of(world, name, field)) is not None
    }
    body = {field: found.value for field, found in words.items()}
    by = world.bob if of.needs_person else world.ada
    path = f"/v1/{KINDS[kind].plural}"
    if (kind, name) == ("system", "dependency/remove"):
        world.send(f"{path}/{ref}/dependency/add", body)
    if (kind, name) == ("risk", "unlink"):
        world.send(f"{path}/{ref}/link-incident", {"incident": body["incident"]})
    if (kind, name) == ("release", "detach"):
        attached = {key: body[key] for key in ("requirement", "evidence")}
        world.send(f"{path}/{ref}/attach", attached)
    if (kind, name) == ("release", "withdraw-sign-off"):
        world.send(f"{path}/{ref}/sign-off", {"role": body["role"]}, by)
    if (kind, name) == ("system", "alias/remove"):
        world.send(f"{path}/{ref}/alias/add", body)
    answer = world.send(path if ref is None else f"{path}/{ref}/{name}", body, by)
    return ref or str(answer["reference"]), words, answer


def readers(world: World, kind: str, ref: str) -> dict[str, str]:
    """What the page, `show` and the API say of a stream, by where."""
    of = KINDS[kind]
    reading.settled(world.ada)
    api = world.ada.get(f"/v1/{of.plural}/{ref}").raise_for_status().json()
    timeline = world.ada.get(f"/v1/{of.plural}/{ref}/timeline").raise_for_status().json()["items"]
    page = world.browser.get(f"/{of.plural}/{ref}").raise_for_status().text
    assert "<script>alert" not in page
    shown = world.airledger.done(of.kind, "show", ref).text
    entries = world.airledger.done(of.kind, "timeline", ref).text
    assert "\x1b" not in shown + entries + page
    marks = {character for character in (BEGIN, END) if character in shown + entries + page}
    assert not marks | {each for each in (BEGIN, END) if each in flat(api) + flat(timeline)}
    if of is INCIDENT:
        return {"page": unescape(page), "show": shown, "api": flat(api), "timeline": flat(timeline)}
    return {
        "page": unescape(page),
        "show": shown + entries,
        "api": flat(api) + flat(timeline),
        "timeline": flat(timeline) + entries,
    }


def flat(document: Any) -> str:
    """Every text of a JSON document, with controls written out as the other readers do."""
    if isinstance(document, dict):
        return "\n".join(f"{name}\n{flat(value)}" for name, value in document.items())
    if isinstance(document, list):
        return "\n".join(map(flat, document))
    return escape_controls(str(document))


@pytest.mark.parametrize(("kind", "name"), COMMANDS, ids=["-".join(each) for each in COMMANDS])
def test_every_word_of_a_command_is_found_in_page_show_api_and_timeline(
    world: World, kind: str, name: str
) -> None:
    ref, words, _ = commanded(world, kind, name)

    lost = [
        f"{field} in {where}"
        for where, said in readers(world, kind, ref).items()
        for field, found in words.items()
        if not any(escape_controls(text) in said for text in found.shown)
    ]
    assert [] == lost
    free = {each for event in KINDS[kind].events for each in free_texts(event)}
    texts = [text for field, found in words.items() if field in free for text in found.shown]
    canaries = {found[0] for text in texts if (found := WORD.search(text))}
    with closing(store_of(world.server.data_dir)) as store:
        stored = b"".join(each.stored for each in store.read(0, MOST_EVENTS, sealed=False))
    held = {canary for canary in canaries if canary.encode() in stored}
    assert (set() if world.beside else canaries) == held


@pytest.mark.parametrize("name", [name for name in INCIDENT.commands if name != "report"])
def test_a_command_answers_with_the_view_that_is_shown(world: World, name: str) -> None:
    ref, _, answer = commanded(world, "incident", name)
    reading.settled(world.ada)
    shown = world.ada.get(f"/v1/incidents/{ref}").json()
    assert shown["version"] == answer["version"]
    assert shown["records"] == answer["records"]
    assert shown["context"] == answer["context"]


def test_links_that_alerts_bring_are_safe_links_in_page_show_and_api(world: World) -> None:
    token = add_source(world.server.data_dir, "native", kind=SourceKind.NATIVE)
    annotations = {
        "runbook_url": "https://wiki.example/runbook?a=1&b=2",
        "evil": "javascript:alert(1)",
        "summary": "<b>full</b>\x1b[31m",
    }
    signal = {
        "title": "The queue is full",
        "severity": "critical",
        "system": "queues",
        "url": "http://rules.example/1",
        "annotations": annotations,
    }
    with client(world.server, token) as sends:
        assert sends.post("/v1/signals/native", json=signal).is_success
    reading.settled(world.ada)
    [incident] = world.ada.get("/v1/incidents", params={"system": "queues"}).json()["items"]

    ref = incident["reference"]
    [context] = world.ada.get(f"/v1/incidents/{ref}").json()["context"]
    page = world.browser.get(f"/incidents/{ref}").text
    shown = world.airledger.done("incident", "show", ref).text
    links = ["https://wiki.example/runbook?a=1&b=2", "http://rules.example/1"]
    assert links == [link["url"] for link in context["links"]]
    for link in links:
        assert f'<a href="{escape(link)}" rel="noopener noreferrer nofollow">' in page
        assert link in shown
    assert 'href="javascript' not in page
    assert "&lt;b&gt;full&lt;/b&gt;\\x1b[31m" in page
    assert "<b>full</b>\\x1b[31m" in shown


def test_texts_of_the_greatest_length_are_whole_everywhere(world: World) -> None:
    ref = reported(world)
    longest = "".join(f"{number:05d}\n" for number in range(1_600))[:9_990] + "<b>\x07 end"
    world.send(f"/v1/incidents/{ref}/note", {"text": longest})
    again = longest.replace("end", "END")
    amendment = {"field": "note.text", "to": again, "reason": "Louder"}
    world.send(f"/v1/incidents/{ref}/amend", amendment)
    reading.settled(world.ada)

    [record] = [
        each
        for each in world.ada.get(f"/v1/incidents/{ref}").json()["records"]
        if each["type"] == "incident.noted.v1"
    ]
    assert (again, longest) == (record["fields"]["text"], record["corrected"]["text"][0]["from"])
    page = unescape(world.browser.get(f"/incidents/{ref}").text)
    assert "<del>" in page
    assert escape_controls(longest) in page
    assert escape_controls(again) in page
    shown = world.airledger.done("incident", "show", ref).text
    assert all(f"{number:05d}" in shown for number in range(1_600))
    assert "<b>\\x07 END" in shown
    assert "<b>\\x07 end" in shown
