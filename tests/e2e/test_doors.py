"""Every command by every door, twice: for somebody whose role allows it, and for somebody without.

The policy enforces the RACI. What is allowed may still be refused by a rule of the incident; what
is not is refused by the name of the RACI's row, wherever it comes from.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
from aiokafka import ConsumerRecord

from consumers.commands.fields import CommandField, FieldKind, fields_of
from consumers.container.ledger import Ledger, open_ledger
from consumers.kafka.record_handlers import CommandHandler
from ledger.domain.catalogue import KINDS, STREAMS
from ledger.domain.command import Vocabulary
from ledger.policy import parse_guards, shipped
from ledger.store.side_records import PositionMove
from ledger.vocabulary import Scope, Severity, SourceKind
from tests.e2e.logging_in import browser
from tests.e2e.server import Server, add_source, add_token, client
from tests.e2e.test_acting_pages import hidden
from tests.e2e.test_login_links import secret_of
from tests.harness.homes import settings_of
from tests.harness.process import until
from tests.unit.cli.processes import Airledger

pytestmark = pytest.mark.only_on("sqlite", "the function is pure; its streams have tests on both")

ENFORCED = shipped().replace("enforce = false", "enforce = true")
GUARDS = parse_guards(ENFORCED)
COMMANDS = [(of.kind, name) for of in STREAMS for name in of.commands]
ROLES = tuple(GUARDS.role_labels)
Body = dict[str, Any]
DIGEST = "5" * 64


class World(NamedTuple):
    """A ledger, and at each door somebody with every role ("holder") and somebody without."""

    server: Server
    ledger: Ledger
    host: Airledger
    api: dict[str, httpx.Client]
    pages: dict[str, httpx.Client]
    senders: dict[str, httpx.Client]

    def reported(self, system: str = "chat") -> str:
        """The reference of a new incident of low severity."""
        report = {"title": "It broke", "system": system, "severity": "low"}
        answer = self.api["holder"].post("/v1/incidents", json=report).raise_for_status()
        return str(answer.json()["reference"])

    def stream(self, kind: str, name: str = "") -> str:
        """The reference of a new stream; what is open to all can be recorded on it."""
        if kind == "incident":
            return self.reported()
        system = f"s-{uuid4().hex[:8]}"
        if kind == "system":
            body = {"system": system, "title": "T", "intended_purpose": "P"}
            answer = self.api["holder"].post("/v1/systems", json=body).raise_for_status()
            return str(answer.json()["reference"])
        if kind == "evidence":
            body = {"kind": "other", "title": "T", "digest": DIGEST, "system": system}
            answer = self.api["holder"].post("/v1/evidence", json=body).raise_for_status()
            return str(answer.json()["reference"])
        if kind == "release":
            proposed: Body = {"system": system, "version": "1"}
            proposed |= {"change_class": "major", "artefacts": []}
            answer = self.api["holder"].post("/v1/releases", json=proposed).raise_for_status()
            return str(answer.json()["reference"])
        if kind == "improvement":
            body = {"title": "T", "system": system, "improvement_kind": "risk"}
            answer = self.api["holder"].post("/v1/improvements", json=body).raise_for_status()
            ref = str(answer.json()["reference"])
            agreed = {"owner": "Ada", "due": "2099-01-01T00:00:00Z"}
            steps: dict[str, Body] = {"accept": agreed, "done": {"what": "W"}}
            for step, sent in steps.items() if name == "recur" else ():
                path = f"/v1/improvements/{ref}/{step}"
                self.api["holder"].post(path, json=sent).raise_for_status()
            return ref
        if kind == "risk":
            body = {"title": "T", "system": system, "category": "other", "owner": "Ada"}
            answer = self.api["holder"].post("/v1/risks", json=body).raise_for_status()
            return str(answer.json()["reference"])
        if kind == "standard":
            body = {"standard": f"law_{uuid4().hex[:8]}", "title": "T", "standard_kind": "law"}
            answer = self.api["holder"].post("/v1/standards", json=body).raise_for_status()
            return str(answer.json()["reference"])
        if kind == "metric":
            now = datetime.now(UTC).isoformat()
            measured: Body = {"system": system, "metric": "p95", "value": 1, "until": now}
            answer = self.api["holder"].post("/v1/measurements", json=measured).raise_for_status()
            return str(answer.json()["reference"])
        for _ in range(4):
            self.reported(system)
        found: list[str] = []

        def launched() -> bool:
            params = {"system": system}
            items = self.api["holder"].get("/v1/reviews", params=params).json()["items"]
            found.extend(each["reference"] for each in items)
            return bool(found)

        until(launched, "the review is launched")
        return found[0]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("doors") / "data"
    tokens = {name: add_token(data, name, Scope.OPERATE) for name in ("holder", "other")}
    sources = {
        name: add_source(data, name, scope=Scope.OPERATE, kind=SourceKind.CLOUDEVENTS)
        for name in ("holder", "other")
    }
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        host = opened.enter_context(Airledger(data))
        host.done("session", "link", "Mara Holder", "--json")
        # The user of the operating system is known once he has recorded something.
        host.run("role", "grant", "holder", ROLES[0], env={"LOGNAME": "hands"})
        for role in ROLES:
            for holder in ("holder", "source/holder", "Mara Holder", "hands"):
                host.done("role", "grant", holder, role)
        policy = data.with_name("enforced.toml")
        policy.write_text(ENFORCED)
        host.done("policy", "adopt", str(policy), "--reason", "Enforced.")
        pages = {}
        for who, name in (("holder", "Mara Holder"), ("other", "Nora Other")):
            made = host.done("session", "link", name, "--scope", "operate", "--json")
            pages[who] = opened.enter_context(browser(server))
            pages[who].headers["Sec-Fetch-Site"] = "same-origin"
            sent = pages[who].post("/login", data={"token": secret_of(made)})
            assert 303 == sent.status_code, sent.text
        ledger = open_ledger(settings_of(data))
        opened.callback(ledger.close)
        api = {who: opened.enter_context(client(server, tokens[who])) for who in tokens}
        senders = {who: opened.enter_context(client(server, sources[who])) for who in sources}
        yield World(server, ledger, host, api, pages, senders)


def body_of(world: World, kind: str, name: str) -> Body:
    """The required fields of a command, each with a value of its type."""
    fields = fields_of(KINDS[kind].commands[name].body)
    body = {each.name: value(world, name, each) for each in fields if each.required}
    changes = {"system": {"title": "T"}, "release": {"summary": "S"}, "standard": {"title": "N"}}
    changed = changes.get(kind, {})
    return body | (changed if name == "amend" else OPTIONAL.get((kind, name), {}))


OPTIONAL = {
    ("control", "assess"): {"control": "roles"},
    ("risk", "treat"): {"due": "2099-01-01T00:00:00Z"},
    ("risk", "unlink"): {"system": "chat"},
}
"""Fields that a command does not always need."""
WORD_OF = {
    Vocabulary.CHANGE_CLASS: "major",
    Vocabulary.REQUIREMENT: "fairness",
    Vocabulary.ROLE: "product_owner",
    Vocabulary.RISK_CATEGORY: "other",
    Vocabulary.LIKELIHOOD: "rare",
    Vocabulary.IMPACT: "minor",
    Vocabulary.CONTROL: "oversight",
    Vocabulary.STANDARD: "eu_ai_act",
}
"""A word of each vocabulary that the policy has and other kinds than incidents take."""


def value(world: World, name: str, field: CommandField) -> Any:
    """A value of a field."""
    if (name, field.name) == ("amend", "field"):
        return "title"
    if field.names == "incident":
        return world.reported()
    if field.names in {"evidence", "improvement"}:
        return world.stream(field.names)
    if field.name == "digest":
        return DIGEST
    match field.kind:
        case FieldKind.CHOICE if field.vocabulary == Vocabulary.CATEGORY:
            return "infra_error"
        case FieldKind.CHOICE if field.vocabulary in WORD_OF:
            return WORD_OF[Vocabulary(field.vocabulary)]
        case FieldKind.CHOICE if field.vocabulary:
            return "playbook"  # a step, and a kind of evidence
        case FieldKind.CHOICE:
            return str(next(iter(field.choices or ())))
        case FieldKind.TIME if name in {"accept", "waive"}:
            return (datetime.now(UTC) + timedelta(days=1)).isoformat()
        case FieldKind.TIME:
            return datetime.now(UTC).isoformat()
        case FieldKind.NUMBER:
            return 1
        case FieldKind.URL:
            return "https://x.example/1"
        case FieldKind.TEXTS if field.name == "artefacts":
            return [f"code:app@sha256:{DIGEST}"]
        case FieldKind.TEXTS if field.name == "updates":
            return ["training:Course"]
        case FieldKind.TEXTS:
            return ["a"]
        case _:
            return "chat"


Send = Callable[[World, str, str, str, str | None, Body], str]
"""Sends a command of a kind by one door, for somebody, and says why it was refused, if it was."""


def by_http(world: World, who: str, kind: str, name: str, ref: str | None, body: Body) -> str:
    """As a program that calls the API."""
    path = f"/v1/{KINDS[kind].plural}"
    answer = world.api[who].post(path if ref is None else f"{path}/{ref}/{name}", json=body)
    if answer.is_success:
        return ""
    problem = answer.json()
    assert (problem["code"] == "forbidden") is (answer.status_code == 403)
    return str(problem["rule"])


def by_form(world: World, who: str, kind: str, name: str, ref: str | None, body: Body) -> str:
    """As a person in a browser."""
    path = f"/{KINDS[kind].plural}"
    page = world.pages[who]
    unseen = hidden(page.get("/incidents/new").raise_for_status().text) | {"_version": ""}
    typed = {key: "\n".join(each) if isinstance(each, list) else each for key, each in body.items()}
    typed |= {key: each[:16] for key, each in typed.items() if key in {"due", "at", "until"}}
    answer = page.post(path if ref is None else f"{path}/{ref}/{name}", data=typed | unseen)
    if answer.status_code == 303:
        return ""
    assert answer.status_code != 404, answer.text
    rules = [each for each in known_rules() if f"row {each!r}" in answer.text.replace("&#39;", "'")]
    if answer.status_code == 403:
        assert rules, answer.text
        return f"raci_{rules[0]}"
    return "another"


def known_rules() -> list[str]:
    """The names of the policy's rows."""
    return [row.name for row in GUARDS.raci]


def told(reason: str) -> str:
    """The rule that a reason in quarantine, or a complaint, names."""
    return reason.rpartition("(rule: ")[2].partition(")")[0]


def by_cloudevent(world: World, who: str, kind: str, name: str, ref: str | None, body: Body) -> str:
    """As a source, over HTTP."""
    own = str(uuid4())
    event = {
        "specversion": "1.0",
        "id": own,
        "source": "/ci",
        "type": f"airledger.{kind}.{name.replace('/', '.')}",
        "subject": ref or own,
        "data": body,
    }
    headers = {"content-type": "application/cloudevents+json"}
    sender = world.senders[who]
    answer = sender.post("/v1/signals/cloudevents", content=json.dumps(event), headers=headers)
    assert answer.is_success, answer.text
    if not answer.json()["quarantined"]:
        return ""
    return told(str(newest(world)["parts"][0]["reason"]))


def newest(world: World) -> Body:
    """The newest entry of the quarantine; empty where there is none."""
    found = world.api["holder"].get("/v1/quarantine", params={"limit": 1}).json()["items"]
    return dict(found[0]) if found else {}


def by_kafka(world: World, who: str, kind: str, name: str, ref: str | None, body: Body) -> str:
    """As a source, on the topic of commands; the handler is the broker's reader's own."""
    own = str(uuid4())
    headers = {
        "ce_specversion": "1.0",
        "ce_id": own,
        "ce_source": "/ci",
        "ce_type": f"airledger.{kind}.{name.replace('/', '.')}",
        "ce_subject": ref or own,
        "content-type": "application/json",
        "airledger-source": who,
    }
    content = json.dumps(body).encode()
    record: ConsumerRecord[bytes, bytes] = ConsumerRecord(
        topic="airledger.commands",
        partition=0,
        offset=0,
        timestamp=int(datetime.now(UTC).timestamp() * 1000),
        timestamp_type=0,
        key=None,
        value=content,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=len(content),
        headers=tuple((key, each.encode()) for key, each in headers.items()),
    )
    handler = CommandHandler(world.ledger.services)
    before = newest(world)
    asyncio.run(handler.process([record], PositionMove(follower=f"test-{own}", old=0, new=1)))
    after = newest(world)
    return "" if before == after else told(str(after["parts"][0]["reason"]))


def by_command_line(
    world: World, who: str, kind: str, name: str, ref: str | None, body: Body
) -> str:
    """On the ledger's own host, as a user of the operating system."""
    of = KINDS[kind].commands[name]
    words = [kind, *(of.words or name.replace("/", " ")).split(), *([ref] if ref else [])]
    for key, each in body.items():
        for one in each if isinstance(each, list) else [each]:
            words += [f"--{key.replace('_', '-')}", str(one)]
    user = {"holder": "hands", "other": "stranger"}[who]
    ended = world.host.run(*words, env={"LOGNAME": user})
    assert ended.status in {0, 1}, ended.err
    return "" if ended.status == 0 else told(ended.err)


DOORS: dict[str, Send] = {
    "http": by_http,
    "form": by_form,
    "cloudevent": by_cloudevent,
    "kafka": by_kafka,
    "command line": by_command_line,
}
PERSONS = {"form"}
"""The doors by which a person comes, and not a program."""


@pytest.mark.parametrize(("kind", "name"), COMMANDS, ids=["-".join(each) for each in COMMANDS])
@pytest.mark.parametrize("door", DOORS)
def test_a_command_is_allowed_by_its_role_and_refused_without_it(
    world: World, door: str, kind: str, name: str
) -> None:
    of = KINDS[kind].commands[name]
    send, body = DOORS[door], body_of(world, kind, name)
    ref = None if of.opens else world.stream(kind, name)
    row = GUARDS.row_for(f"{kind}/{name}", Severity.LOW if kind == "incident" else None)

    without = send(world, "other", kind, name, ref, body)
    with_role = send(world, "holder", kind, name, ref, body_of(world, kind, name))

    if of.needs_person and door not in PERSONS:
        assert ("person_needed", "person_needed") == (without, with_role)
        return
    assert (f"raci_{row.name}" if row else "") == without
    assert not with_role.startswith(("raci_", "scope_", "person_needed")), with_role
