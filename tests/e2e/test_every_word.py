"""Every word that a command takes is found again: in the page, in `show` and in the API.

In both forms: where free text stands in the event, and where it lies beside the log.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import escape, unescape
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from consumers.commands.fields import CommandField, FieldKind, fields_of
from consumers.text_safety import escape_controls
from ledger.domain.catalogue import KINDS, STREAMS
from ledger.domain.command import Vocabulary
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.text import BEGIN, END, free_texts
from ledger.policy import shipped
from ledger.policy.times import time_text
from ledger.vocabulary import RcaMark, Scope, SourceKind
from tests.e2e import reading
from tests.e2e.server import Server, add_person, add_source, add_token, client
from tests.e2e.test_acting_pages import logged_in
from tests.harness.homes import store_of
from tests.harness.process import until
from tests.harness.texts import beside_only
from tests.unit.cli.processes import Airledger

pytestmark = pytest.mark.only_on("sqlite", "what is read is alike; test_records has both stores")

MOST_EVENTS = 10_000
COMMANDS = [(of.kind, name) for of in STREAMS for name in of.commands]
HOSTILE = "<script>alert('{word}')</script> {word} \x1b[31m\u202e & “é”"
STEP = "legal_review"
POLICY = (
    shipped()
    .replace('    "playbook",             # 7.5\n', f'    "playbook",\n    "{STEP}",\n')
    .replace("[steps]\n", f'[steps.{STEP}]\nlabel = "Legal review"\n', 1)
    .replace("final_needs_approval = false", "final_needs_approval = true")
)
INLINE = beside_only(policy=POLICY)
"""What persons write stands in the events."""
WORD = re.compile(r"[a-z_]+-[0-9a-f]{12}")
ADDED: Mapping[str, str] = {"waive": "playbook", "step": STEP}
"""Commands that name a step, and the step that they name here."""

WORDS: Mapping[str, tuple[str, str]] = {
    "deployments": ("batch", "Batch"),
    "model_kinds": ("fine_tuned", "Fine-tuned"),
}
"""A word of the vocabulary of a field that takes several, and its label."""

Body = dict[str, Any]
RCA = ("rca/complete", {"summary": "s", "root_cause": "r"})
DONE: Sequence[tuple[str, Body]] = (
    ("contain", {"action": "a"}),
    ("communicate", {"audience": "a", "message": "m"}),
    ("classify", {"category": "infra_error", "severity": "low"}),
    ("ticket", {"url": "https://t.example/1"}),
    ("notify", {"channel": "c"}),
    ("playbook/update", {"playbook": "p", "change": "c"}),
    ("step", {"step": STEP, "note": "n"}),
    RCA,
)
BEFORE: Mapping[tuple[str, str], Sequence[tuple[str, Body]]] = {
    ("incident", "rca/approve"): (RCA,),
    ("incident", "near-miss/withdraw"): (("near-miss/declare", {"reason": "r"}),),
    ("incident", "reopen"): (("dismiss", {"reason": "r"}),),
    ("incident", "unrestrict"): (("restrict", {"reason": "r"}),),
    ("review", "amend"): (("conclude", {"findings": "f", "actions": ["a"]}),),
}
"""What has to be recorded before a command can be."""


class World(NamedTuple):
    """A server, two people who operate, a browser of one of them, and the command line.

    `beside`: what they write lies beside the log.
    """

    server: Server
    ada: httpx.Client
    bob: httpx.Client
    browser: httpx.Client
    airledger: Airledger
    beside: bool

    def send(self, path: str, body: Body, by: httpx.Client | None = None) -> Body:
        """Sends a command, which must be recorded."""
        answer = (by or self.ada).post(path, json=body)
        assert answer.is_success, f"{path} {body} was refused: {answer.text}"
        return dict(answer.json())


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


def opened(world: World, **fields: Any) -> Body:
    """A new incident."""
    return world.send("/v1/incidents", {"title": "T", "system": f"s-{uuid4().hex[:8]}", **fields})


def reported(world: World, **fields: Any) -> str:
    """The reference of a new incident."""
    return str(opened(world, **fields)["reference"])


def reviewed(world: World) -> str:
    """The reference of a new review."""
    system = f"s-{uuid4().hex[:8]}"
    for _ in range(4):
        reported(world, system=system)

    def found() -> list[Body]:
        params = {"system": system}
        return list(world.ada.get("/v1/reviews", params=params).json()["items"])

    until(lambda: bool(found()), "the review is launched")
    return str(found()[0]["reference"])


def overdue(world: World) -> str:
    """The reference of an incident whose RCA the clock marked as overdue, though it was in time."""
    now = datetime.now(UTC)
    ref = reported(world, detected_at=(now - timedelta(hours=30)).isoformat())

    def marked() -> bool:
        timeline = world.ada.get(f"/v1/incidents/{ref}/timeline").json()["items"]
        return any(each["type"] == "incident.rca_overdue.v1" for each in timeline)

    until(marked, "the RCA is marked overdue")
    made = RCA[1] | {"at": (now - timedelta(hours=20)).isoformat()}
    world.send(f"/v1/incidents/{ref}/rca/complete", made)
    return ref


def stream_for(world: World, kind: str, name: str) -> str:
    """A stream on which a command can be recorded."""
    if (kind, name) == ("incident", "rca/withdraw"):
        return overdue(world)
    if kind == "system":
        named = {"system": f"s-{uuid4().hex[:8]}", "title": "T", "intended_purpose": "P"}
        return str(world.send("/v1/systems", named)["reference"])
    if kind == "evidence":
        return evidence(world)
    if kind == "release":
        return release(world, name)
    if kind == "improvement":
        return improvement(world, name)
    if kind == "risk":
        return risk(world, name)
    if kind == "standard":
        return str(world.send("/v1/standards", standard())["reference"])
    if kind == "metric":
        now = time_text(datetime.now(UTC))
        body = {"system": f"s-{uuid4().hex[:8]}", "metric": "p95", "value": 1, "until": now}
        return str(world.send("/v1/measurements", body)["reference"])
    before = BEFORE.get((kind, name), DONE if name == "close" else ())
    ref = reviewed(world) if kind == "review" else reported(world)
    for command, body in before:
        world.send(f"/v1/{KINDS[kind].plural}/{ref}/{command}", body)
    if name == "close":
        world.send(f"/v1/incidents/{ref}/rca/approve", {}, by=world.bob)
    return ref


def evidence(world: World) -> str:
    """The reference of new evidence of the organisation."""
    digest = f"{uuid4().hex}{uuid4().hex}"
    named = {"kind": "dpia", "title": "T", "digest": digest}
    return str(world.send("/v1/evidence", named)["reference"])


def release(world: World, name: str) -> str:
    """The reference of a release on which a command can be recorded."""
    named = {
        "system": f"s-{uuid4().hex[:8]}",
        "version": "1.0",
        "change_class": "major",
        "artefacts": [f"prompt:triage@sha256:{'ab' * 32}"],
        "authors": ["Nobody"],
    }
    ref = str(world.send("/v1/releases", named)["reference"])
    if name in ("undeploy", "roll-back"):
        world.send(f"/v1/releases/{ref}/deploy", {})
    return ref


def standard() -> Body:
    """A standard that the policy has not."""
    return {"standard": f"law_{uuid4().hex[:12]}", "title": "T", "standard_kind": "law"}


def registered(world: World) -> str:
    """The name of a new system."""
    named = {"system": f"s-{uuid4().hex[:8]}", "title": "T", "intended_purpose": "P"}
    return str(world.send("/v1/systems", named)["state"]["system"])


def risk(world: World, name: str) -> str:
    """The reference of a risk on which a command can be recorded."""
    system = f"s-{uuid4().hex[:8]}"
    named = {"title": "T", "system": system, "category": "other", "owner": "Nobody"}
    ref = str(world.send("/v1/risks", named)["reference"])
    for command, body in BEFORE_OF_RISKS.get(name, ()):
        world.send(f"/v1/risks/{ref}/{command}", body)
    return ref


def improvement(world: World, name: str) -> str:
    """The reference of an improvement on which a command can be recorded."""
    asked = {"title": "T", "system": f"s-{uuid4().hex[:8]}", "improvement_kind": "risk"}
    ref = str(world.send("/v1/improvements", asked)["reference"])
    for command, body in BEFORE_OF_IMPROVEMENTS.get(name, ()):
        by = world.bob if command == "check" else world.ada
        world.send(f"/v1/improvements/{ref}/{command}", body, by)
    return ref


AGREED = ("accept", {"owner": "Nobody", "due": "2099-01-01T00:00:00Z"})
DID = ("done", {"what": "W"})
EFFECTIVE = ("check", {"result": "effective", "basis": "B"})
NOT_EFFECTIVE = ("check", {"result": "not_effective", "basis": "B"})
BEFORE_OF_IMPROVEMENTS: Mapping[str, Sequence[tuple[str, Body]]] = {
    "reschedule": (AGREED,),
    "done": (AGREED,),
    "check": (AGREED, DID),
    "act": (AGREED, DID, EFFECTIVE),
    "reopen": (AGREED, DID, NOT_EFFECTIVE),
    "recur": (AGREED, DID),
    "close": (AGREED,),
}
ASSESSED = {"level": "current", "likelihood": "rare", "impact": "minor", "rationale": "R"}
BEFORE_OF_RISKS: Mapping[str, Sequence[tuple[str, Body]]] = {
    "accept": (("assess", ASSESSED), ("request-acceptance", {"reason": "R"})),
    "withdraw-acceptance": (("request-acceptance", {"reason": "R"}),),
    "complete-treatment": (
        ("treat", {"treatment": "mitigate", "plan": "P", "due": "2099-01-01T00:00:00Z"}),
    ),
    "reopen": (("close", {"reason": "R"}),),
}


class Filled(NamedTuple):
    """A value for a field; each reader has to show one of the `shown` texts."""

    value: Any
    shown: Sequence[str]


FILED: Mapping[str, Filled] = {
    "digest": Filled("ab" * 32, ["ab" * 32]),
    "media_type": Filled("application/x-word", ["application/x-word"]),
    "size": Filled(48213, ["48213"]),
    "values": Filled(7812, ["7812"]),
}
"""The fields of evidence that take no text."""
MEASURED: Mapping[str, Filled] = {
    "value": Filled(47.125, ["47.125"]),
    "n": Filled(48213, ["48213"]),
    "unit": Filled("min", ["min"]),
    "evidence": Filled("ab" * 32, ["ab" * 32]),
    "mapping": Filled("cd" * 32, ["cd" * 32]),
    "since": Filled("2026-03-10T08:00:00Z", ["2026-03-10T08:00:00Z", "2026-03-10 08:00"]),
}
"""The fields of a measurement that take no text of one's own."""


REQUIREMENTS = {"waive": "fairness", "exclude": "robustness"}
"""The requirement of a command; evidence of these tests is for that of the DPIA."""


def of_release(world: World, command: str, field: CommandField) -> Filled | None:
    """The same of a release's command."""
    word = f"{field.name}-{uuid4().hex[:12]}"
    ahead = time_text(datetime.now(UTC) + timedelta(days=1))
    requirement = REQUIREMENTS.get(command, "impact_approved")
    artefact = f"code:app@sha256:{uuid4().hex * 2}"
    match command, field.name:
        case (_, "digest") if command != "deploy":
            return None  # that of what is signed
        case ("deploy", "system" | "version" | "environment") | ("propose", "incident"):
            return None  # of what was not proposed, and of an emergency
        case (_, "version" | "environment" | "to"):
            return Filled(word, [word])
        case (_, "digest"):
            return Filled("ab" * 32, ["ab" * 32])
        case (_, "change_class"):
            return Filled("major", ["major", "Major"])
        case (_, "artefacts"):
            return Filled([artefact], [artefact, artefact[-64:]])
        case (_, "authors"):
            return Filled([f"{word}-1", f"{word}-2"], [f"{word}-2"])
        case (_, "requirement"):
            return Filled(requirement, [requirement])
        case (_, "role"):
            return Filled("product_owner", ["product_owner", "Product Owner"])
        case (_, "traffic"):
            return Filled(12.5, ["12.5"])
        case (_, "until" | "due"):
            return Filled(
                ahead, [ahead, ahead[:16].replace("T", " "), ahead[:19].replace("T", " ")]
            )
        case _:
            return filled(world, command, field)


BY_METRIC: Mapping[str, Filled | None] = {
    "no_recurrence": None,
    "incident": None,
    "success_evidence": None,
    "success_metric": Filled("p95", ["p95"]),
    "target": Filled(47.125, ["47.125"]),
    "unit": Filled("s", ["s"]),
    "within_days": Filled(37, ["37 days"]),
}
"""An improvement is accepted by one criterion."""


def of_improvement(world: World, command: str, field: CommandField) -> Filled | None:
    """The same of an improvement's command."""
    if command == "accept" and field.name in BY_METRIC:
        return BY_METRIC[field.name]
    if field.kind is FieldKind.TIME:
        ahead = time_text(datetime.now(UTC) + timedelta(days=1))
        return Filled(ahead, [ahead, ahead[:16].replace("T", " "), ahead[:19].replace("T", " ")])
    if field.name == "updates":
        word = f"course-{uuid4().hex[:12]}"
        return Filled([f"training:{word}"], [word])
    if field.names == "metric":
        now = time_text(datetime.now(UTC))
        body = {"system": f"s-{uuid4().hex[:8]}", "metric": "p95", "value": 1, "until": now}
        other = world.send("/v1/measurements", body)
        return Filled(other["reference"], [other["reference"], other["id"]])
    return filled(world, command, field)


WORDS_OF_RISKS: Mapping[str, Filled] = {
    Vocabulary.RISK_CATEGORY: Filled("privacy", ["privacy", "Privacy"]),
    Vocabulary.LIKELIHOOD: Filled("likely", ["likely", "Likely"]),
    Vocabulary.IMPACT: Filled("major", ["major", "Major"]),
    Vocabulary.CONTROL: Filled("oversight", ["oversight"]),
}


def of_risk(world: World, command: str, field: CommandField) -> Filled | None:
    """The same of a risk's command."""
    if command == "unlink" and field.name in {"improvement", "control", "system"}:
        return None  # one link is removed at a time
    if field.vocabulary in WORDS_OF_RISKS:
        return WORDS_OF_RISKS[str(field.vocabulary)]
    if field.names == "improvement":
        asked = {"title": "T", "system": "chat", "improvement_kind": "risk"}
        other = world.send("/v1/improvements", asked)
        return Filled(other["reference"], [other["reference"], other["id"]])
    if field.kind is FieldKind.TIME:
        ahead = time_text(datetime.now(UTC) + timedelta(days=1))
        return Filled(ahead, [ahead, ahead[:16].replace("T", " "), ahead[:19].replace("T", " ")])
    return filled(world, command, field)


def of_standard(world: World, command: str, field: CommandField) -> Filled | None:
    """The same of a standard's command, or of a control's."""
    if field.vocabulary == Vocabulary.STANDARD:
        own = standard()["standard"]
        return Filled(own, [own])
    if field.vocabulary == Vocabulary.CONTROL:
        return Filled("oversight", ["oversight"])
    if field.name in {"system", "systems"}:
        system = registered(world)
        return Filled(system if field.name == "system" else [system], [system])
    if field.kind is FieldKind.TIME:
        ahead = time_text(datetime.now(UTC) + timedelta(days=1))
        return Filled(ahead, [ahead, ahead[:16].replace("T", " "), ahead[:19].replace("T", " ")])
    return filled(world, command, field)


def filled(world: World, command: str, field: CommandField) -> Filled | None:
    """A value of a field that nothing else has, where its type has one; None to leave it out."""
    word = f"{field.name}-{uuid4().hex[:12]}"
    text = HOSTILE.format(word=word)
    if (command, field.name) == ("amend", "field"):
        return Filled("title", ["title", "Title"])
    match field.kind:
        case FieldKind.CHOICE:
            return chosen(command, field)
        case _ if field.names == "release":
            return None  # it has to be decided go, which test_releases does
        case FieldKind.FLAG | FieldKind.YES_NO:
            return Filled(True, [field.name, field.name.replace("_", " ").capitalize()])
        case _ if command == "file" and field.name in FILED:
            return FILED[field.name]
        case _ if command == "record" and field.name in MEASURED:
            return MEASURED[field.name]
        case FieldKind.LABELS:
            return Filled({field.name: text}, [text])
        case FieldKind.TIME if command in {"file", "approve", "reject"}:
            written = "2099-03-10T08:00:00Z"
            return Filled(written, [written, written[:16].replace("T", " ")])
        case FieldKind.NUMBER:
            return Filled(1, ["iteration", "Iteration", "leaf", "Leaf"])
        case FieldKind.TEXTS if field.names == "evidence":
            filed = {"kind": "other", "title": "Filed", "digest": uuid4().hex * 2}
            other = world.send("/v1/evidence", filed)
            return Filled([other["reference"]], [other["id"]])
        case FieldKind.TEXTS if field.name in WORDS:
            return Filled([WORDS[field.name][0]], list(WORDS[field.name]))
        case FieldKind.TIME if (command, field.name) == ("accept", "due"):
            written = time_text(datetime.now(UTC) + timedelta(days=1))
            return Filled(written, [written, written[:19].replace("T", " ")])
        case FieldKind.TIME if field.name == "due":
            return None  # that of the mark in force
        case FieldKind.TIME:
            written = time_text(datetime.now(UTC))
            return Filled(written, [written, written[:19].replace("T", " ")])
        case FieldKind.URL:
            return Filled(f"https://x.example/{word}", [word])
        case FieldKind.TEXTS:
            return Filled([f"{text} 1", f"{text} 2"], [f"{text} 2"])
        case _ if field.names == "incident":
            other = opened(world)
            return Filled(other["reference"], [other["reference"], other["id"]])
        case _ if field.names == "evidence":
            newer = evidence(world)
            own = world.ada.get(f"/v1/evidence/{newer}").json()["id"]
            return Filled(newer, [newer, own])
        case _ if field.names or field.name == "system":
            return Filled(word, [word])
        case _:
            return Filled(text, [text])


def chosen(command: str, field: CommandField) -> Filled:
    """A word of a field's vocabulary, as it is stored and as its label."""
    if field.vocabulary in {Vocabulary.STEP, Vocabulary.ADDED_STEP}:
        step = ADDED[command]
        return Filled(step, [step, "Update playbook", "Legal review"])
    if field.vocabulary == Vocabulary.EVIDENCE_KIND:
        return Filled("dpia", ["dpia"])
    if field.vocabulary == Vocabulary.ROLE:
        return Filled("risk_manager", ["risk_manager", "Risk Manager"])
    if field.vocabulary:
        category = "safety_failure" if field.name == "secondary_category" else "data_breach"
        return Filled(category, [category, category.replace("_", " ").capitalize()])
    word = RcaMark.OVERDUE if field.choices is RcaMark else list(field.choices or ())[1]
    return Filled(str(word), [str(word), word.label])  # type: ignore[attr-defined]


OF_KIND = {
    "control": of_standard,
    "improvement": of_improvement,
    "release": of_release,
    "risk": of_risk,
    "standard": of_standard,
}
"""What gives values to the commands of a kind, where more than types matters."""


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
