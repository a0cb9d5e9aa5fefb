"""Evidence through every door: filed with its content, approved by a person, read as it was."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.policy import shipped
from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_person, add_token, client, complaints
from tests.harness.homes import environment
from tests.harness.process import until
from tests.harness.strangers import resident_bytes
from tests.unit.cards.test_cards import HUGGING_FACE
from tests.unit.cli.processes import Airledger

MIB = 1024 * 1024
PART = os.urandom(64 * 1024)
CONTENT = b"%PDF-1.7 " + PART * 20
DIGEST = hashlib.sha256(CONTENT).hexdigest()
DPIA = {"kind": "dpia", "title": "DPIA of the chat", "system": "chat", "release": "2.4.0"}
PDF = {"Content-Type": "application/pdf"}
UPLOAD = "/v1/evidence/content"


class World(NamedTuple):
    """A server; an operator by a token, a person of a role, and the command line there."""

    server: Server
    api: httpx.Client
    lead: httpx.Client
    remote: Airledger

    def filed(self, content: bytes = CONTENT, **changes: str) -> dict[str, Any]:
        """New evidence with its content."""
        answer = self.api.post(UPLOAD, params=DPIA | changes, content=content, headers=PDF)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def files(self) -> list[Path]:
        """Every file of the store of content."""
        return [path for path in (self.server.data_dir / "evidence").rglob("*") if path.is_file()]

    def stored(self, digest: str) -> list[Path]:
        """The files of a content."""
        return [path for path in self.files() if path.parent.name == digest]

    def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        lines = self.api.get("/metrics").raise_for_status().text.splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


@pytest.fixture
def anew() -> bool:
    """Whether Python is started for the server, whose memory is measured then."""
    return False


@pytest.fixture
def world(tmp_path: Path, anew: bool) -> Iterator[World]:
    data = tmp_path / "data"
    admin = add_token(data, "root", Scope.ADMIN)
    token, lead = add_token(data, "ada", Scope.OPERATE), add_person(data, "lea", Scope.OPERATE)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data, anew=anew))
        root = opened.enter_context(client(server, admin))
        granted = {"person": "lea", "role": "governance_lead"}
        root.post("/v1/roles/grant", json=granted).raise_for_status()
        env = {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": token}
        yield World(
            server,
            opened.enter_context(client(server, token)),
            opened.enter_context(client(server, lead)),
            opened.enter_context(Airledger(tmp_path / "elsewhere", env)),
        )


def random_parts(count: int) -> Iterator[bytes]:
    """So many MiB that nothing compresses."""
    part = os.urandom(MIB)
    for number in range(count):
        yield number.to_bytes(8, "big") + part[8:]


def broken_off(api: httpx.Client, path: str) -> int:
    """How much arrived of an answer that breaks off."""
    got = 0
    with api.stream("GET", path) as answer:
        parts = answer.iter_raw()
        try:
            for part in parts:
                got += len(part)
        except httpx.RemoteProtocolError:
            return got
    raise AssertionError(f"{path} did not break off")


def test_a_document_is_filed_once_approved_by_a_person_and_read_as_it_was(world: World) -> None:
    filed = world.filed()
    ref, state = filed["reference"], filed["state"]
    told = (state["digest"], state["size"], state["media_type"], state["release"])
    assert (DIGEST, len(CONTENT), "application/pdf", "2.4.0") == told
    again = world.api.post(UPLOAD, params=DPIA, content=CONTENT, headers=PDF)
    assert ("0", filed["id"]) == (again.headers["Airledger-Recorded"], again.json()["id"])

    approval = {"role": "governance_lead", "conditions": ["Test Swiss German."]}
    by_token = world.api.post(f"/v1/evidence/{ref}/approve", json=approval)
    assert (403, "person_needed") == (by_token.status_code, by_token.json()["rule"])
    other = world.lead.post(f"/v1/evidence/{ref}/approve", json={"role": "risk_manager"})
    assert (409, "evidence_role_not_held") == (other.status_code, other.json()["rule"])
    world.lead.post(f"/v1/evidence/{ref}/approve", json=approval).raise_for_status()
    reading.settled(world.api)
    [row] = world.api.get("/v1/evidence", params={"digest": DIGEST}).json()["items"]
    assert (None, "filed") == (row["approved"], row["status"])
    done = world.lead.post(f"/v1/evidence/{ref}/approve", json={"role": "governance_lead"})
    [decision] = done.raise_for_status().json()["state"]["decisions"]
    assert ("governance_lead", "2.4.0", []) == (
        decision["role"],
        decision["release"],
        decision["conditions"],
    )
    reading.settled(world.api)
    [row] = world.api.get("/v1/evidence", params={"system": "chat"}).json()["items"]
    assert "governance_lead" == row["approved"]

    read = world.api.get(f"/v1/evidence/{ref}/content").raise_for_status()
    assert CONTENT == read.content
    headers = ("content-type", "content-disposition", "x-content-type-options", "content-length")
    assert (
        "application/pdf",
        f'attachment; filename="{ref}.pdf"',
        "nosniff",
        str(len(CONTENT)),
    ) == tuple(read.headers[each] for each in headers)


def test_the_command_line_files_and_reads_here_and_at_a_server(
    world: World, tmp_path: Path
) -> None:
    document, copy = tmp_path / "card.md", tmp_path / "copy.md"
    document.write_bytes(b"# Model card\n" + PART)
    digest = hashlib.sha256(document.read_bytes()).hexdigest()
    host = Airledger(world.server.data_dir, environment(world.server.data_dir))
    with host:
        for by, system in ((world.remote, "chat"), (host, "rag")):
            words = ("--kind", "model_card", "--system", system, "--release", "1")
            filed = by.done("evidence", "file", str(document), *words, "--json").json
            state = filed["state"]
            assert (digest, "card.md", "text/markdown") == (
                state["digest"],
                state["title"],
                state["media_type"],
            )
            said = by.done("evidence", "file", str(document), *words).text
            assert f"{filed['reference']}: nothing to do" in said
            by.done("evidence", "content", filed["reference"], "--output", str(copy))
            assert document.read_bytes() == copy.read_bytes()
            wrong = by.run("evidence", "file", str(document), *words, "--digest", "0a" * 32)
            assert (1, True) == (wrong.status, "digest_differs" in wrong.err)
        elsewhere = ("--digest-only", "--url", "https://files.example/card")
        kept = host.done(
            "evidence", "file", str(document), "--kind", "other", *elsewhere, "--json"
        ).json
        assert (digest, document.stat().st_size) == (kept["state"]["digest"], kept["state"]["size"])
        missing = host.run("evidence", "content", kept["reference"])
        assert (1, True) == (missing.status, "kept elsewhere" in missing.err)
    assert 2 == len(world.stored(digest))


def test_what_is_filed_under_an_alias_is_the_system_s_own_and_has_its_content(
    world: World,
) -> None:
    named = {"system": "chat", "title": "Chat", "intended_purpose": "Answers."}
    world.api.post("/v1/systems", json=named).raise_for_status()
    aliased = world.api.post("/v1/systems/chat/alias/add", json={"alias": "bot"})
    aliased.raise_for_status()
    filed = world.filed(system="bot")
    assert "chat" == filed["state"]["system"]
    assert filed["id"] == world.filed()["id"]
    ref = filed["reference"]
    assert CONTENT == world.api.get(f"/v1/evidence/{ref}/content").raise_for_status().content
    assert 1 == len(world.stored(DIGEST))


def test_what_a_program_read_is_on_record_from_here_and_from_away(
    world: World, tmp_path: Path
) -> None:
    results = tmp_path / "results.json"
    results.write_text("{}")
    read = ("--tool", "ragas", "--values", "3", "--refused", "rows[2]: NaN", "--refused", "rows[4]")
    words = ("--kind", "other", "--system", "chat", *read, "--json")
    with Airledger(world.server.data_dir, environment(world.server.data_dir)) as host:
        for by, content in ((world.remote, "{}"), (host, "[]")):
            results.write_text(content)
            state = by.done("evidence", "file", str(results), *words).json["state"]
            assert ({"tool": "ragas", "values": 3}, ["rows[2]: NaN", "rows[4]"]) == (
                state["extracted"],
                state["refused"],
            )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "dpai"}, "Did you mean dpia"),
        ({"title": ""}, "title"),
        ({"valid_until": "soon"}, "valid_until"),
        ({"digest": "5" * 64}, "digest_differs"),
    ],
)
def test_what_is_refused_leaves_no_content(
    world: World, changes: dict[str, str], said: str
) -> None:
    answer = world.api.post(UPLOAD, params=DPIA | changes, content=CONTENT, headers=PDF)
    assert answer.status_code in {409, 422}
    assert said in answer.text
    assert [] == world.files()
    assert 404 == world.api.get(f"/v1/evidence/{DIGEST}/content").status_code


def test_an_empty_document_and_a_type_of_no_meaning_are_kept_as_they_are(world: World) -> None:
    filed = world.filed(b"")
    assert (0, hashlib.sha256().hexdigest()) == (filed["state"]["size"], filed["state"]["digest"])
    assert b"" == world.api.get(f"/v1/evidence/{filed['reference']}/content").content
    coded = {"Content-Encoding": "gzip"}
    assert 415 == world.api.post(UPLOAD, params=DPIA, content=b"x", headers=coded).status_code


@pytest.mark.parametrize("parts", [20, 1])
def test_a_changed_byte_in_the_store_breaks_the_read_off_and_is_said(
    world: World, parts: int
) -> None:
    content = PART * parts
    filed = world.filed(content)
    [file] = world.stored(filed["state"]["digest"])
    changed = bytearray(content)
    changed[100] ^= 1
    file.write_bytes(changed)
    path = f"/v1/evidence/{filed['reference']}/content"
    if parts == 1:
        answer = world.api.get(path)
        assert (500, "content_changed") == (answer.status_code, answer.json()["code"])
    else:
        assert broken_off(world.api, path) < len(content)
    assert 1 == world.metric("airledger_evidence_content_changed_total")
    [said] = [
        each for each in complaints(world.server) if each["event"] == "evidence_content_changed"
    ]
    assert filed["id"] == said["evidence"]
    said_here = world.remote.run("evidence", "content", filed["reference"])
    assert (1, True) == (said_here.status, "not" in said_here.err)
    world.filed(content)
    assert content == world.api.get(path).raise_for_status().content


def test_content_that_is_gone_is_said_and_the_ledger_is_usable_without(world: World) -> None:
    filed = world.filed()
    [file] = world.stored(DIGEST)
    file.unlink()
    answer = world.api.get(f"/v1/evidence/{filed['reference']}/content")
    assert (404, True) == (answer.status_code, "filed again" in answer.json()["remedy"])
    assert world.api.get(f"/v1/evidence/{filed['reference']}").is_success
    assert CONTENT == world.api.get(f"/v1/evidence/{world.filed()['reference']}/content").content


def test_a_killed_upload_leaves_nothing_under_a_digest(world: World) -> None:
    arriving = world.server.data_dir / "evidence" / "incoming"

    def endless() -> Iterator[bytes]:
        for sent, part in enumerate(random_parts(400)):
            yield part
            if sent == 60:
                until(lambda: any(arriving.glob("*")), "a part of the content is stored")
                world.server.kill()

    with pytest.raises(httpx.TransportError):
        world.api.post(UPLOAD, params=DPIA, content=endless(), headers=PDF)
    left = world.files()
    assert {"incoming"} == {path.parent.name for path in left}
    world.server.restart()
    assert CONTENT == world.api.get(f"/v1/evidence/{world.filed()['reference']}/content").content
    for path in left:
        os.utime(path, (1_700_000_000, 1_700_000_000))
    world.filed(b"another")
    assert set() == {path.parent.name for path in world.files()} & {"incoming"}


@pytest.mark.slow
@pytest.mark.only_on("sqlite", "the memory is that of the server's process")
@pytest.mark.parametrize("anew", [True])
def test_200_mib_are_stored_and_read_in_flat_memory(world: World) -> None:
    world.filed()
    world.api.get(f"/v1/evidence/{world.filed()['reference']}/content")
    before = resident_bytes(world.server.pid, "VmRSS")
    answer = world.api.post(
        UPLOAD, params=DPIA, content=random_parts(200), headers=PDF, timeout=120
    )
    assert answer.status_code == 201, answer.text
    filed = answer.json()
    assert 200 * MIB == filed["state"]["size"]
    actual = hashlib.sha256()
    with world.api.stream("GET", f"/v1/evidence/{filed['reference']}/content") as read:
        for part in read.iter_raw():
            actual.update(part)
    assert filed["state"]["digest"] == actual.hexdigest()
    assert resident_bytes(world.server.pid, "VmHWM") < before + 48 * MIB


def test_a_document_above_the_limit_is_refused_and_not_kept(tmp_path: Path) -> None:
    data = tmp_path / "data"
    token = add_token(data, "ada", Scope.OPERATE)
    with (
        Server(data, env={"AIRLEDGER_EVIDENCE__MOST_BYTES": str(MIB)}) as server,
        client(server, token) as api,
    ):
        answer = api.post(UPLOAD, params=DPIA, content=random_parts(3), headers=PDF)
        assert (409, "evidence_too_large") == (answer.status_code, answer.json()["rule"])
        assert [] == [path for path in (data / "evidence").rglob("*") if path.is_file()]
        assert api.post(UPLOAD, params=DPIA, content=b"less", headers=PDF).is_success


def test_content_of_a_restricted_system_is_read_by_its_roles_alone(world: World) -> None:
    with client(world.server, add_token(world.server.data_dir, "boss", Scope.ADMIN)) as admin:
        text = shipped().replace("restricted_systems = []", 'restricted_systems = ["chat"]')
        adopted = admin.post("/v1/policy", json={"text": text, "reason": "Restricted."})
        adopted.raise_for_status()
    ref = world.filed()["reference"]
    answer = world.api.get(f"/v1/evidence/{ref}/content")
    assert (403, "content_withheld") == (answer.status_code, answer.json()["rule"])
    assert CONTENT == world.lead.get(f"/v1/evidence/{ref}/content").raise_for_status().content
    other = world.filed(system="rag")["reference"]
    assert world.api.get(f"/v1/evidence/{other}/content").is_success


def test_the_pages_list_and_show_it_and_have_its_forms(world: World) -> None:
    filed = world.filed(title="<script>alert(1)</script>")
    reading.settled(world.api)
    token = add_token(world.server.data_dir, "eve", Scope.OPERATE)
    with logged_in(world.server, token) as browser:
        rows = browser.get("/evidence").raise_for_status().text
        page = browser.get(f"/evidence/{filed['reference']}").raise_for_status().text
        new = browser.get("/evidence/new").raise_for_status().text
    assert filed["reference"] in rows
    assert "<script>alert" not in rows + page
    assert '<option value="dpia"' in new


def verdict_of(by: httpx.Client, ref: str) -> tuple[str, list[str]]:
    """Whether evidence is complete, and what it lacks."""
    found = by.get(f"/v1/evidence/{ref}/completeness").raise_for_status().json()
    return found["verdict"], [gap["words"] for gap in found["gaps"]]


def test_a_card_is_complete_by_what_is_in_it_and_a_pdf_by_what_a_person_says(
    world: World, tmp_path: Path
) -> None:
    card, words = tmp_path / "README.md", ("--kind", "model_card", "--system", "chat")
    card.write_text(HUGGING_FACE.replace("license: apache-2.0\n", ""))
    lacks = world.remote.done("evidence", "file", str(card), *words, "--json").json["reference"]
    assert ("incomplete", ["license"]) == verdict_of(world.api, lacks)
    said = world.remote.run("evidence", "completeness", lacks)
    assert (1, "Incomplete. 1 item is missing.\n  license: It is not there.\n") == (
        said.status,
        said.text,
    )
    card.write_text(HUGGING_FACE)
    whole = world.remote.done("evidence", "file", str(card), *words, "--json").json["reference"]
    assert ("complete", []) == verdict_of(world.api, whole)
    assert "Complete." in world.remote.done("evidence", "completeness", whole).text
    pdf = world.filed(kind="model_card")["reference"]
    assert ("undecided", []) == verdict_of(world.api, pdf)
    statement = {"statement": "It has all that the policy lists."}
    world.lead.post(f"/v1/evidence/{pdf}/attest", json=statement).raise_for_status()
    assert ("complete", []) == verdict_of(world.api, pdf)
    world.filed(kind="model_card", release="2.5.0")
    assert ("undecided", []) == verdict_of(world.api, pdf)
    assert ("undecided", []) == verdict_of(world.api, world.filed(kind="tra")["reference"])
    token = add_token(world.server.data_dir, "eve", Scope.READ)
    with logged_in(world.server, token) as browser:
        page = browser.get(f"/evidence/{lacks}").raise_for_status().text
    assert "1 item is missing." in page
    assert f"/v1/evidence/{lacks}/content" in page


def test_a_pack_is_complete_with_evidence_or_an_approval_for_each_part(world: World) -> None:
    digests = [world.filed(name.encode(), kind="other")["state"]["digest"] for name in "abc"]
    parts = {
        name: {"digest": digest}
        for name, digest in zip(("quality", "fairness", "safety"), digests, strict=True)
    }
    reading.settled(world.api)

    def pack(**changes: Any) -> str:
        manifest = json.dumps({"parts": parts | changes})
        described = DPIA | {"kind": "evaluation_pack"}
        types = {"Content-Type": "application/json"}
        filed = world.api.post(UPLOAD, params=described, content=manifest.encode(), headers=types)
        return str(filed.raise_for_status().json()["reference"])

    assert ("incomplete", ["robustness"]) == verdict_of(world.api, pack())
    unknown = pack(robustness={"digest": "5" * 64})
    assert ("incomplete", ["robustness"]) == verdict_of(world.api, unknown)
    without = pack(robustness={"not_applicable": "It only answers in house."})
    assert ("undecided", []) == verdict_of(world.api, without)
    approval = {"role": "governance_lead"}
    world.lead.post(f"/v1/evidence/{without}/approve", json=approval).raise_for_status()
    assert ("complete", []) == verdict_of(world.api, without)
    [row] = world.api.get("/v1/evidence", params={"digest": digests[0]}).json()["items"]
    gone = {"reason": "The wrong model."}
    world.api.post(f"/v1/evidence/{row['reference']}/withdraw", json=gone).raise_for_status()
    reading.settled(world.api)
    assert ("incomplete", ["quality"]) == verdict_of(world.api, without)


def test_erased_evidence_keeps_its_digest_and_nothing_else(world: World) -> None:
    filed, other = world.filed(title="Mara's DPIA"), world.filed(system="rag")
    ref = filed["reference"]
    erased = {"evidence": ref, "reason": "request"}
    assert 403 == world.api.post("/v1/erasures", json=erased).status_code
    with client(world.server, add_token(world.server.data_dir, "boss", Scope.ADMIN)) as admin:
        done = admin.post("/v1/erasures", json=erased).raise_for_status().json()
    assert (True, True) == (done["recorded"], done["done"])
    answer = world.api.get(f"/v1/evidence/{ref}/content")
    assert (404, "not_found") == (answer.status_code, answer.json()["code"])
    state = world.api.get(f"/v1/evidence/{ref}").json()["state"]
    assert ("[erased]", DIGEST) == (state["title"], state["digest"])
    assert CONTENT == world.api.get(f"/v1/evidence/{other['reference']}/content").content
    host = Airledger(world.server.data_dir, environment(world.server.data_dir))
    with host:
        again = host.done("erase", "--evidence", ref, "--reason", "request").text
        assert "Nothing to do" in again
        erased_here = ("erase", "--evidence", other["reference"], "--reason", "request")
        assert "Erased." in host.done(*erased_here).text
    assert [] == world.stored(DIGEST)
