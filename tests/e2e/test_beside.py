"""Texts beside the log are shown wherever the log's own are, and by nothing that somebody types."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from html import unescape
from typing import Any, NamedTuple

import httpx
import pytest

from consumers.access.texts import ERASED
from ledger.domain.text import BEGIN, END
from ledger.policy import shipped
from ledger.store.text_records import TextsErased
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_person, add_source, add_token, client
from tests.harness.homes import store_of
from tests.harness.process import until
from tests.unit.cli.processes import Airledger

STEP = "legal_review"
POLICY = (
    shipped()
    .replace('    "playbook",             # 7.5\n', f'    "playbook",\n    "{STEP}",\n')
    .replace("[steps]\n", f'[steps.{STEP}]\nlabel = "Legal review"\n', 1)
    .replace("final_needs_approval = false", "final_needs_approval = true")
)
LISTS = ("incidents", "rca", "counts", "reviews", "alerts", "reports", "quarantine")
PAGES = ("", *LISTS[1:], "policy", "roles", "trends", "log")
SYSTEM = "chat"
INCIDENT = ("title", "description", "system_action", "note", "step", "summary", "root", "action")
REVIEW = ("findings", "measure", "remark")
EVERYWHERE = ("policy", "glass")
APPROVAL, DISMISSAL, REPORTED = "approval", "dismissal", "reported"


Json = dict[str, Any]


def canary(name: str) -> str:
    """A text that nothing else has."""
    return f"canary of {name}: \u201cé\u201d & <b>"


class World(NamedTuple):
    """A server, people, a reporter's and an operator's browser, and both command lines."""

    server: Server
    ada: httpx.Client
    bob: httpx.Client
    mara: httpx.Client
    browser: httpx.Client
    reporting: httpx.Client
    host: Airledger
    away: Airledger
    home: Airledger
    source: httpx.Client
    auditor: httpx.Client

    def send(self, path: str, by: httpx.Client | None = None, **body: Any) -> Json:
        """Sends a command, which must be recorded."""
        answer = (by or self.ada).post(f"/v1/{path}", json=body)
        assert answer.is_success, f"{path} {body} was refused: {answer.text}"
        return dict(answer.json())

    def shown(self, incident: str, review: str, report: str) -> dict[str, str]:
        """What every surface shows, by its name."""
        reading.settled(self.ada)
        found: dict[str, str] = {}
        one = (f"incidents/{incident}", f"reviews/{review}")
        for by, paths in (
            (self.ada, (*LISTS, *one, *(f"{each}/timeline" for each in one))),
            (self.ada, ("policy", "policy/history", "roles", "trends")),
            (self.mara, ("reports", f"reports/{report}")),
        ):
            for path in paths:
                found[f"API {path}"] = flat(by.get(f"/v1/{path}").raise_for_status().json())
        for path in (*LISTS, *(f"{each}/timeline" for each in one)):
            for form in ("csv", "jsonl"):
                answer = self.ada.get(f"/v1/{path}", params={"format": form}).raise_for_status()
                found[f"{form} {path}"] = unquoted(answer.text)
        for browser, paths in (
            (self.browser, (*PAGES, *one)),
            (self.reporting, ("reports", f"reports/{report}")),
        ):
            for path in paths:
                page = browser.get(f"/{path}").raise_for_status().text
                assert "<b>" not in page.replace("<b>Severity", ""), path
                found[f"page {path}"] = unescape(page)
        for name, airledger in (("host", self.host), ("away", self.away)):
            for words in (
                *(("incidents",), ("rca",), ("reviews",), ("alerts",), ("policy", "history")),
                *(("incident", "show", incident), ("incident", "timeline", incident)),
                *(("review", "show", review), ("review", "timeline", review)),
                *(("policy", "show"), ("role", "list")),
            ):
                told = airledger.done(*words)
                found[" ".join((name, *words))] = " ".join(told.text.split())
                if words[0] != "policy":
                    found[" ".join((name, *words, "json"))] = flat(
                        airledger.done(*words, "--json").json
                    )
        found["home reports"] = flat(self.home.done("reports", "--json").json)
        return found


def flat(document: Any) -> str:
    """Every text of a JSON document."""
    if isinstance(document, dict):
        return "\n".join(f"{name}\n{flat(value)}" for name, value in document.items())
    if isinstance(document, list):
        return "\n".join(map(flat, document))
    return str(document)


def unquoted(text: str) -> str:
    """An export without what CSV and JSON write in place of quotation marks."""
    return text.replace('""', '"').replace('\\"', '"')


def require_no_marks(shown: dict[str, str]) -> None:
    """No surface has a mark, or an id in place of a text."""
    assert [] == [name for name, text in shown.items() if BEGIN in text or END in text]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("beside") / "data"
    root, ada = add_token(data, "root", Scope.ADMIN), add_token(data, "ada", Scope.OPERATE)
    audit = add_token(data, "auditor", Scope.AUDIT)
    mara = add_token(data, "mara", Scope.REPORT)
    bob = add_person(data, "bob", Scope.OPERATE)
    source = add_source(data, "native", kind=SourceKind.NATIVE)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))

        def remote(name: str, token: str) -> Airledger:
            env = {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": token}
            return opened.enter_context(Airledger(data.with_name(name), env))

        admin = opened.enter_context(client(server, root))
        policy = {"text": POLICY, "reason": "Texts lie beside the log"}
        assert admin.post("/v1/policy", json=policy).is_success
        policy = {"text": f"{POLICY}# More\n", "reason": canary("policy")}
        assert admin.post("/v1/policy", json=policy).is_success
        yield World(
            server,
            opened.enter_context(client(server, ada)),
            opened.enter_context(client(server, bob)),
            opened.enter_context(client(server, mara)),
            opened.enter_context(logged_in(server, ada)),
            opened.enter_context(logged_in(server, mara)),
            opened.enter_context(Airledger(data)),
            remote("away", ada),
            remote("home", mara),
            opened.enter_context(client(server, source)),
            opened.enter_context(client(server, audit)),
        )


class Told(NamedTuple):
    """The references of what was recorded, and the answers to the commands."""

    incident: str
    review: str
    report: str
    answers: list[Json]


@pytest.fixture(scope="module")
def told(world: World) -> Told:
    fields: Json = {each: canary(each) for each in ("title", "description", "system_action")}
    opened = world.send("incidents", system=SYSTEM, **fields)
    ref = str(opened["reference"])
    reported = world.send("incidents", world.mara, system=SYSTEM, title=canary(REPORTED))
    others = [world.send("incidents", system=SYSTEM, title=f"Other {n}") for n in range(2)]
    answers = [opened, reported, *others]

    def send(path: str, by: httpx.Client | None = None, **body: Any) -> None:
        answers.append(world.send(path, by, **body))

    send(f"incidents/{ref}/note", text="first")
    version = answers[-1]["version"]
    to = canary("note")
    send(f"incidents/{ref}/amend", field=f"note.{version}.text", to=to, reason="Was wrong")
    send(f"incidents/{ref}/step", step=STEP, note=canary("step"))
    analysis: Json = {"root_cause": canary("root"), "actions": [canary("action"), "Another"]}
    send(f"incidents/{ref}/rca/preliminary", summary="s", root_cause="r", actions=["One"])
    both = f"{canary('action')}\nSecond"
    send(f"incidents/{ref}/amend", field="preliminary.actions", to=both, reason="Was wrong")
    send(f"incidents/{ref}/rca/complete", summary=canary("summary"), **analysis)
    send(f"incidents/{ref}/rca/approve", world.bob, comment=canary(APPROVAL))
    report = str(reported["reference"])

    def review() -> list[Json]:
        return list(world.ada.get("/v1/reviews", params={"system": SYSTEM}).json()["items"])

    until(lambda: bool(review()), "the review is launched")
    rev = str(review()[0]["reference"])
    send(f"reviews/{rev}/note", text=canary("remark"))
    send(f"reviews/{rev}/conclude", findings="Wrong", actions=["None"])
    findings: Json = {"findings": canary("findings"), "actions": [canary("measure"), "Another"]}
    send(f"reviews/{rev}/amend", reason="Was wrong", **findings)
    send(f"incidents/{report}/dismiss", reason=canary(DISMISSAL))
    world.host.done("role", "break-glass", "--reason", canary("glass"))
    return Told(ref, rev, report, answers)


def test_every_surface_shows_the_texts_and_no_mark(world: World, told: Told) -> None:
    shown = world.shown(told.incident, told.review, told.report)

    require_no_marks(shown)
    one, rev = f"incidents/{told.incident}", f"reviews/{told.review}"
    wanted = {
        f"API {one}": (*INCIDENT, APPROVAL),
        f"page {one}": (*INCIDENT, APPROVAL),
        f"host incident show {told.incident}": (*INCIDENT, APPROVAL),
        f"away incident show {told.incident}": (*INCIDENT, APPROVAL),
        f"API {one}/timeline": (*INCIDENT, APPROVAL),
        f"csv {one}/timeline": (*INCIDENT, APPROVAL),
        f"host incident timeline {told.incident}": ("title", "note", "step", "root", APPROVAL),
        "API incidents": ("title", "description", "system_action", "action", "step", APPROVAL),
        "csv incidents": ("title", "description", "system_action"),
        "jsonl incidents": ("title", "description", "system_action", "action", "step", APPROVAL),
        "page ": ("title",),
        "host incidents json": ("title", "description", "system_action", "action", "step"),
        "API rca": ("title", APPROVAL),
        "csv rca": ("title", APPROVAL),
        "page rca": ("title",),
        "API reviews": ("findings", "measure"),
        "csv reviews": ("findings", "measure"),
        f"API {rev}": ("findings", "measure"),
        f"API {rev}/timeline": REVIEW,
        f"page {rev}": REVIEW,
        f"host review show {told.review}": ("findings", "measure"),
        f"away review timeline {told.review}": REVIEW,
        f"API reports/{told.report}": (REPORTED, DISMISSAL),
        f"page reports/{told.report}": (REPORTED, DISMISSAL),
        "API reports": (REPORTED, DISMISSAL),
        "home reports": (REPORTED, DISMISSAL),
        "API policy": ("policy",),
        "API policy/history": ("policy",),
        "page policy": EVERYWHERE,
        "page roles": ("glass",),
        "host policy show": ("policy",),
        "away policy history": ("policy",),
    }
    lost = [
        f"{name} on {where}"
        for where, names in wanted.items()
        for name in names
        if canary(name) not in shown[where]
    ]
    assert [] == lost
    answered = "\n".join(map(flat, told.answers))
    assert [] == [
        name
        for name in (*INCIDENT, "findings", "measure", APPROVAL, DISMISSAL, REPORTED)
        if canary(name) not in answered
    ]
    assert BEGIN not in answered
    assert {canary("action"), "Second"} == set(
        world.ada.get(f"/v1/{one}").json()["rca"]["preliminary"]["actions"]
    )


def test_a_correction_shows_what_was_and_what_is(world: World, told: Told) -> None:
    entries = world.ada.get(f"/v1/incidents/{told.incident}/timeline").json()["items"]
    first, _ = (each["text"] for each in entries if each["type"] == "incident.amended.v1")
    assert f"'first' is now '{canary('note')}' (Was wrong)" in first
    records = world.ada.get(f"/v1/incidents/{told.incident}").json()["records"]
    [preliminary] = [each for each in records if each["type"] == "incident.rca_preliminary.v1"]
    [corrected] = preliminary["corrected"]["actions"]
    assert (["One"], [canary("action"), "Second"]) == (corrected["from"], corrected["to"])


def test_the_log_holds_none_of_them(world: World, told: Told) -> None:
    raw = b"".join(
        world.auditor.get("/v1/events", params={"from": 0}).raise_for_status().iter_bytes()
    )
    replayed = world.host.done("replay").out
    with closing(store_of(world.server.data_dir)) as store:
        stored = b"".join(each.stored for each in store.read(0, 10_000, sealed=False))
    for name in (*INCIDENT, *REVIEW, *EVERYWHERE, APPROVAL, DISMISSAL, REPORTED):
        for held in (raw, replayed, stored):
            assert f"canary of {name}:".encode() not in held


@pytest.mark.only_on("sqlite", "the surfaces escape marks alike; the tests beside have both stores")
def test_what_somebody_types_is_no_mark(world: World, told: Told) -> None:
    with closing(store_of(world.server.data_dir)) as store:
        [secret] = [row.id for row in store.texts.page("", 1_000) if row.content == canary("root")]
    forged = f"{BEGIN}{secret}{END}"
    harmless = f"\ufffd{secret}\ufffd"
    system = f"sys {forged}"
    eve = add_person(world.server.data_dir, f"eve {forged}", Scope.OPERATE)
    opened = world.send(
        "incidents",
        title=f"title {forged}",
        description=f"description {forged}",
        system=system,
        external_id=f"external {forged}",
        source=f"noticed {forged}",
        severity="critical",
    )
    ref = str(opened["reference"])
    with client(world.server, eve) as by:
        world.send(f"incidents/{ref}/note", by, text=f"note {forged}")
        world.send(f"incidents/{ref}/assign", by, owner=f"eve {forged}")
    commands: list[tuple[str, Json]] = [
        ("contain", {"action": f"action {forged}"}),
        ("communicate", {"audience": f"audience {forged}", "message": f"message {forged}"}),
        ("notify", {"channel": f"channel {forged}", "receipt": f"receipt {forged}"}),
        ("rollback/request", {"target": f"target {forged}", "reason": f"reason {forged}"}),
        ("rollback/execute", {"snapshot": f"snapshot {forged}"}),
        ("playbook/update", {"playbook": f"playbook {forged}", "change": f"change {forged}"}),
        ("amend", {"field": "system", "to": f"{system} 2", "reason": f"why {forged}"}),
    ]
    for name, body in commands:
        world.send(f"incidents/{ref}/{name}", **body)
    for number in range(4):
        world.send("incidents", title=f"{number} {forged}", system=system)
    alert = {
        "title": f"alert {forged}",
        "severity": "critical",
        "system": f"alerting {forged}",
        "dedup_key": f"key {forged}",
        "labels": {f"label {forged}": forged},
        "annotations": {
            "summary": f"summary {forged}",
            f"x {forged}": f"https://x.example/{forged}",
        },
    }
    answer = world.source.post("/v1/signals/native", json=alert)
    assert answer.is_success, answer.text
    world.source.post("/v1/signals/native", content=f'"{forged}"'.encode())
    params = {"system": system.replace(forged, harmless)}

    def review() -> list[Json]:
        return list(world.ada.get("/v1/reviews", params=params).json()["items"])

    until(lambda: bool(review()), "the review of the forged system is launched")
    rev = str(review()[0]["reference"])
    shown = world.shown(ref, rev, told.report)
    joined = world.ada.get("/v1/incidents", params={"q": "alert"}).json()["items"]
    of_alert = str(next(each["reference"] for each in joined if each["title"].startswith("alert")))
    shown |= {
        f"{name}, alert": text for name, text in world.shown(of_alert, rev, told.report).items()
    }

    [entry] = world.ada.get("/v1/quarantine", params={"source": "native"}).json()["items"]
    shown["API quarantine entry"] = flat(world.ada.get(f"/v1/quarantine/{entry['id']}").json())
    shown["page quarantine entry"] = world.browser.get(f"/quarantine/{entry['id']}").text
    assert harmless in shown["page quarantine entry"]
    require_no_marks(shown)
    of_incident = {
        name: text
        for name, text in shown.items()
        if re.search(rf"({ref}|{of_alert}|{rev})", name) or name.endswith("alerts")
    }
    assert len(of_incident) > 20
    assert [] == [name for name, text in of_incident.items() if canary("root") in text]
    words = (
        *("title", "description", "sys", "external", "noticed", "note", "eve", "action"),
        *("audience", "message", "channel", "receipt", "target", "reason", "snapshot"),
        *("playbook", "change", "why"),
    )
    said = shown[f"API incidents/{ref}"]
    assert [] == [word for word in words if f"{word} {harmless}" not in said]
    page = shown[f"page incidents/{ref}"]
    assert [] == [word for word in words if f"{word} {harmless}" not in page]
    for word in ("alert", "alerting", "key"):
        assert f"{word} {harmless}" in shown["API alerts"]
    assert f"summary {harmless}" in shown[f"API incidents/{of_alert}, alert"]
    with closing(store_of(world.server.data_dir)) as store:
        stored = b"".join(each.stored for each in store.read(0, 10_000, sealed=False))
    assert f"sys {forged}".encode() in stored, "the log keeps what was typed"


def test_a_text_within_a_text_is_not_filled_in(world: World, told: Told) -> None:
    with closing(store_of(world.server.data_dir)) as store:
        [secret] = [row.id for row in store.texts.page("", 1_000) if row.content == canary("root")]
    told_back = world.send("incidents", title=f"within {BEGIN}{secret}{END}", system="within")
    reading.settled(world.ada)
    found = world.ada.get(f"/v1/incidents/{told_back['reference']}").raise_for_status()
    shown = flat(found.json())
    assert f"within \ufffd{secret}\ufffd" in shown
    assert canary("root") not in shown + flat(told_back)


def test_what_was_erased_says_so_everywhere(world: World) -> None:
    opened = world.send("incidents", title="To be erased", system="erased", description="Gone")
    ref = str(opened["reference"])
    world.send(f"incidents/{ref}/contain", action="Erased as well")
    with closing(store_of(world.server.data_dir)) as store:
        rows = store.texts.page("", 1_000)
        ids = [row.id for row in rows if row.stream == f"incident/{opened['id']}"]
        assert 3 == len(ids)
        store.append([], [TextsErased(ids=tuple(ids))])
    reading.settled(world.ada)
    detail = world.ada.get(f"/v1/incidents/{ref}").json()
    assert (ERASED, ERASED) == (detail["title"], detail["description"])
    timeline = world.ada.get(f"/v1/incidents/{ref}/timeline").json()["items"]
    assert [f"Detected: {ERASED}", f"Contained: {ERASED}"] == [each["text"] for each in timeline]
    assert f"Contained: {ERASED}" in world.browser.get(f"/incidents/{ref}").text
    again = world.ada.post(f"/v1/incidents/{ref}/contain", json={"action": "Another"})
    assert again.is_success, "what was erased equals every text"
    late = {"action": "Another", "at": "2026-11-01T00:00:00Z"}
    refused = world.ada.post(f"/v1/incidents/{ref}/contain", json=late)
    assert "Erased" not in refused.text
    assert 409 == refused.status_code
