"""The script of pipelines against a server: every command, and what ends in 3."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.components import require
from tests.e2e.pipeline_script import GO, NO_ANSWER, NO_GO, SCRIPT, UNDECIDED, Pipeline
from tests.e2e.releases import METRICS, MODEL, SYSTEM, Team, path, team

ODD = "Größe 'A' \"B\" & C\\D 100%"
"""The name of a system that a shell, a URL and JSON each write in another way."""

pytestmark = pytest.mark.only_on("sqlite", "what a script sends and reads is alike on both")


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team(tmp_path_factory.mktemp("team")) as found:
        yield found


@pytest.fixture(params=["dash", "bash", "busybox"])
def job(request: pytest.FixtureRequest, at_work: Team, tmp_path: Path) -> Pipeline:
    return Pipeline(
        url=at_work.server.url, token=at_work.token, directory=tmp_path, shell=request.param
    )


@pytest.fixture
def in_dash(at_work: Team, tmp_path: Path) -> Pipeline:
    return Pipeline(url=at_work.server.url, token=at_work.token, directory=tmp_path)


def _propose(job: Pipeline, version: str, system: str = SYSTEM, *more: str) -> None:
    artefact = f"model:support-llm@sha256:{MODEL}"
    words = (system, version, "--class", "major", "--artefact", artefact, "--author", "emil")
    assert "proposed" in job.done("propose", *words, *more)


def test_it_is_clean_by_shellcheck() -> None:
    words = [str(require("shellcheck")), "--severity=style", str(SCRIPT)]
    checked = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (0, "") == (checked.returncode, checked.stdout)


def test_a_release_is_proposed_evaluated_checked_deployed_and_taken_back(
    job: Pipeline, at_work: Team
) -> None:
    version = f"1.0-{job.shell}"
    _propose(job, version)
    status, said = job.check(SYSTEM, version)
    assert (UNDECIDED, "undecided: ") == (status, said[:11])
    measured = [
        {
            "system": SYSTEM,
            "metric": metric,
            "value": 99 if metric == "harmful output rate" else value,
            "unit": unit,
            "n": 400,
            "until": datetime.now(UTC).isoformat(),
            "purpose": "evaluation",
            "release": version,
        }
        for metric, (value, unit) in METRICS.items()
    ]
    (job.directory / "evaluation of tonight.json").write_text(json.dumps(measured))
    job.done("evaluate", "evaluation of tonight.json")
    status, said = job.check(SYSTEM, version, "--environment", "production")
    assert NO_GO == status
    assert "no-go: safety: " in said
    job.done("evaluate", json.dumps(measured[0]))
    job.done("deploy", SYSTEM, version, "--mode", "canary", "--traffic", "5", "--digest", MODEL)
    state = at_work.pipeline.get(path(version)).json()["state"]
    assert ("canary", False) == (state["deployed"], state["approved"])
    job.done("roll-back", SYSTEM, version, "--reason", 'It says "no"')
    assert at_work.pipeline.get(path(version)).json()["state"]["rolled_back"]


def test_names_with_spaces_quotes_and_umlauts_arrive_as_they_are(
    job: Pipeline, at_work: Team
) -> None:
    version = f"1.0-{job.shell}+ü"
    summary = 'Zwei\nZeilen,\teine "Größe" und C:\\neu'
    _propose(job, version, ODD, "--environment", "staging", "--summary", summary)
    status, said = job.check(ODD, version, "--environment=staging")
    assert UNDECIDED == status, said
    card = job.directory / "Karte 'für' \"alle\" {a,b} [1-3].md"
    card.write_text(f"# Größe von {job.shell}\n", encoding="utf-8")
    job.done("attach", ODD, version, "model_card", card.name, "--environment", "staging")
    [proposed] = [
        each
        for each in at_work.pipeline.get("/v1/releases?limit=1000").json()["items"]
        if each["version"] == version
    ]
    state = at_work.pipeline.get(f"/v1/releases/{proposed['id']}").json()["state"]
    assert (ODD, "staging", summary) == (state["system"], state["environment"], state["summary"])
    [attached] = state["attached"]
    filed = at_work.pipeline.get(f"/v1/evidence/{attached['evidence']}").json()["state"]
    assert (card.name, "text/markdown") == (filed["title"], filed["media_type"])
    assert (
        card.read_bytes()
        == at_work.pipeline.get(f"/v1/evidence/{attached['evidence']}/content").content
    )


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--wait",),
        ("one",),
        ("one", "two", "three"),
        ("one", ""),
        ("one", "two", "--digest"),
        ("one", "two", "--digest", ""),
        ("one", "two", "--no-such-option", "x"),
        ("one", "two", "--wait", "long"),
        ("one", "two", "--wait", "-1"),
        ("one", "two", "--environment", "../evil"),
        ("one", "two"),
        (SYSTEM, "never proposed"),
        (SYSTEM, "../../policy"),
    ],
    ids=" ".join,
)
def test_wrong_usage_and_an_unknown_release_are_no_answer(
    in_dash: Pipeline, words: tuple[str, ...]
) -> None:
    status, said = in_dash.check(*words)
    assert NO_ANSWER == status
    assert said.startswith("airledger-release: ")


@pytest.mark.parametrize(
    "url",
    ["", "ledger", "file:///etc/passwd", "http://", "http://127.0.0.1:9", "http://a b", "http://]"],
)
def test_without_a_server_there_is_no_answer(in_dash: Pipeline, url: str) -> None:
    other = Pipeline(url=url, token=in_dash.token, directory=in_dash.directory, shell=in_dash.shell)
    for words in (("check", SYSTEM, "1"), ("evaluate", "{}"), ("deploy", SYSTEM, "1")):
        assert NO_ANSWER == other.run(*words).returncode


@pytest.mark.parametrize("token", ["", "w" * 32, 'x"\nurl = "http://evil', "ü" * 32])
def test_with_a_wrong_token_there_is_no_answer(in_dash: Pipeline, token: str) -> None:
    other = Pipeline(url=in_dash.url, token=token, directory=in_dash.directory, shell=in_dash.shell)
    for words in (("check", SYSTEM, "1"), ("evaluate", "{}"), ("deploy", SYSTEM, "1")):
        assert NO_ANSWER == other.run(*words).returncode


def test_what_is_no_ledger_gives_no_answer(in_dash: Pipeline) -> None:
    with _balancer(in_dash.url, refuses=10**6, status=200) as url:
        other = Pipeline(
            url=url, token=in_dash.token, directory=in_dash.directory, shell=in_dash.shell
        )
        status, said = other.check(SYSTEM, "1")
    assert NO_ANSWER == status
    assert "no outcome" in said


def test_a_refusal_says_its_rule(in_dash: Pipeline) -> None:
    ended = in_dash.run("propose", SYSTEM, "9", "--class", "minor", "--artefact", "model:a")
    assert 1 == ended.returncode
    assert "minor" in ended.stderr
    ended = in_dash.run("attach", SYSTEM, "9", "model_card", "no such file")
    assert (NO_ANSWER, "no such file") == (ended.returncode, ended.stderr.split(": ")[1][:12])


def test_a_system_may_have_a_slash_in_its_name(in_dash: Pipeline) -> None:
    _propose(in_dash, "1.0", "shop/returns")
    assert UNDECIDED == in_dash.check("shop/returns", "1.0")[0]
    in_dash.done("deploy", "shop/returns", "1.0", "--mode", "shadow")


def test_no_list_of_processes_shows_the_token(job: Pipeline, tmp_path: Path) -> None:
    words = tmp_path / "words"
    programs = tmp_path / "programs"
    programs.mkdir()
    noting = programs / "curl"
    noting.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{words}"\nPATH=${{PATH#*:}}\nexec curl "$@"\n'
    )
    noting.chmod(0o700)
    environment = {"PATH": f"{programs}:{job.environment['PATH']}"}
    noted = Pipeline(
        url=job.url, token=job.token, directory=job.directory, shell=job.shell, more=environment
    )
    _propose(noted, f"ps-{job.shell}")
    assert UNDECIDED == noted.check(SYSTEM, f"ps-{job.shell}")[0]
    assert "--config" in words.read_text()
    assert job.token not in words.read_text()


def test_failures_that_pass_are_tried_again(in_dash: Pipeline) -> None:
    version = f"again-{in_dash.shell}"
    with _balancer(in_dash.url, refuses=1) as url:
        patient = Pipeline(
            url=url,
            token=in_dash.token,
            directory=in_dash.directory,
            shell=in_dash.shell,
            more={"AIRLEDGER_RETRIES": "3"},
        )
        _propose(patient, version)
    with _balancer(in_dash.url, refuses=1) as url:
        hasty = Pipeline(
            url=url, token=in_dash.token, directory=in_dash.directory, shell=in_dash.shell
        )
        assert NO_ANSWER == hasty.check(SYSTEM, version)[0]
        assert UNDECIDED == hasty.check(SYSTEM, version)[0]


def test_a_check_waits_while_it_is_undecided(job: Pipeline, at_work: Team) -> None:
    version = f"waits-{job.shell}"
    waiting = Pipeline(
        url=job.url,
        token=job.token,
        directory=job.directory,
        shell=job.shell,
        more={"AIRLEDGER_POLL": "1"},
    )
    _propose(job, version)
    assert UNDECIDED == waiting.check(SYSTEM, version, "--wait", "1")[0]
    started = waiting.start("check", SYSTEM, version, "--wait", "100")
    at_work.evaluate(version, harmful_output_rate=0.9)
    said, _ = started.communicate(timeout=60)
    assert (NO_GO, "no-go: ") == (started.returncode, said[:7])


def test_a_release_that_went_through_all_gates_is_go(job: Pipeline, at_work: Team) -> None:
    version = f"go-{job.shell}"
    at_work.go(version)
    status, said = job.check(SYSTEM, version, "--digest", f"sha256:{MODEL}")
    assert (GO, "go: Decided go at ") == (status, said[:18])
    assert NO_GO == job.check(SYSTEM, version, "--digest", "ab" * 32)[0]
    assert NO_ANSWER == job.check(SYSTEM, version, "--rollback", "INC-0")[0]


@contextmanager
def _balancer(behind: str, *, refuses: int, status: int = 503) -> Iterator[str]:
    """A load balancer: it refuses so many requests, and passes on the others."""
    left = [refuses]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["content-length"])))

        def _answer(self, body: bytes) -> None:
            if left[0]:
                left[0] -= 1
                self._send(status, {"retry-after": "0"}, b"<html>no server</html>")
                return
            headers = {
                name: value for name, value in self.headers.items() if name.lower() != "host"
            }
            answer = httpx.request(self.command, behind + self.path, headers=headers, content=body)
            kept = {
                name: value for name, value in answer.headers.items() if name[:9] == "airledger"
            }
            self._send(answer.status_code, kept, answer.content)

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
