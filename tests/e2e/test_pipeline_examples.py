"""The shipped examples for GitLab CI, GitHub Actions and Argo Rollouts, run as their vendors do."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.components import require
from tests.e2e.pipeline_script import GO, NO_GO, PIPELINES, SCRIPT, UNDECIDED
from tests.e2e.releases import METRICS, MODEL, PROMPT, SYSTEM, SYSTEM_CARD, Team, path, team
from tests.unit.cards.test_cards import HUGGING_FACE

pytestmark = pytest.mark.only_on("sqlite", "what a pipeline sends and reads is alike on both")

ENDS_WITHIN_SECONDS = 120


@pytest.fixture
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team(tmp_path_factory.mktemp("team")) as found:
        yield found


class Checkout:
    """The working directory of a job, with what the examples name."""

    def __init__(self, directory: Path, of: Team, version: str, harmful: float = 0.2) -> None:
        self._directory = directory
        self._of = of
        self._version = version
        shutil.copy(SCRIPT, directory / "airledger-release")
        (directory / "MODEL_CARD.md").write_text(f"{HUGGING_FACE}\nOf {version}.\n", "utf-8")
        card = SYSTEM_CARD + f"\nOf {version}.\n".encode()
        (directory / "SYSTEM_CARD.md").write_bytes(card)
        deploy = directory / "deploy.sh"
        deploy.write_text('#!/bin/sh\nprintf "%s\\n" "$1" >>deployed\n')
        deploy.chmod(0o700)
        measured = [
            {
                "system": SYSTEM,
                "metric": metric,
                "value": harmful if metric == "harmful output rate" else value,
                "unit": unit,
                "n": 400,
                "until": datetime.now(UTC).isoformat(),
                "purpose": "evaluation",
                "release": version,
            }
            for metric, (value, unit) in METRICS.items()
        ]
        (directory / "evaluation.json").write_text(json.dumps(measured))

    @property
    def deployed(self) -> list[str]:
        """The versions that the deploy script was given."""
        found = self._directory / "deployed"
        return found.read_text("utf-8").split() if found.exists() else []

    def run(self, words: list[str], lines: str, variables: Mapping[str, str]) -> int:
        """A job's lines in one shell; its exit status."""
        given = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._directory),
            "AIRLEDGER_URL": self._of.server.url,
            "AIRLEDGER_TOKEN": self._of.token,
            "AIRLEDGER_POLL": "1",
            **variables,
        }
        done = subprocess.run(
            [*words, lines],
            cwd=self._directory,
            env=given,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ENDS_WITHIN_SECONDS,
            check=False,
        )
        return done.returncode

    def settle_and_decide(self) -> None:
        """What people do meanwhile, until the decision."""
        of, version = self._of, self._version
        of.document(version)
        of.settled_check(version)
        of.sign(version)
        of.owner.post(f"{path(version)}/decide", json={"decision": "go"}).raise_for_status()


class GitLab(Checkout):
    """A runner: each line of a job's script in one shell that ends at the first that fails."""

    def job(self, name: str, *, within: str = "3000") -> int:
        """Runs a job of the example, for a pipeline of the tag; its exit status."""
        text = (PIPELINES / "gitlab-ci.yml").read_text("utf-8")
        config = yaml.safe_load(text)
        job = config[name]
        assert job["stage"] in config["stages"]
        assert {"extends", "stage", "script"} <= set(job)
        assert set(job) <= {"extends", "stage", "script", "timeout", "environment"}
        tag = {"CI_COMMIT_TAG": self._version, "GITLAB_USER_LOGIN": "emil"}
        variables = {
            key: tag.get(value.removeprefix("$"), value)
            for key, value in config["variables"].items()
        }
        lines = "\n".join(["set -e", *job["script"]]).replace("--wait 3000", f"--wait {within}")
        given = {**tag, **variables, "MODEL_DIGEST": MODEL}
        return self.run([str(require("dash")), "-c"], lines, given)


class Actions(Checkout):
    """A runner: each step by `bash -e`, as documented for a step without `shell`."""

    def job(self, name: str) -> int:
        """Runs the steps of a job of the example that run something; the exit status."""
        text = (PIPELINES / "github-workflow.yml").read_text("utf-8")
        job = yaml.safe_load(text)["jobs"][name]
        variables = {
            "SYSTEM": SYSTEM,
            "MODEL_DIGEST": MODEL,
            "GITHUB_REF_NAME": f"v{self._version}",
            "GITHUB_ACTOR": "emil",
        }
        for step in job["steps"]:
            if "run" in step:
                status = self.run([str(require("bash")), "-e", "-c"], step["run"], variables)
                if status != 0:
                    return status
        return 0


def test_a_pipeline_of_gitlab_proposes_waits_and_deploys(at_work: Team, tmp_path: Path) -> None:
    pipeline = GitLab(tmp_path, at_work, "3.0.0")
    assert 0 == pipeline.job("propose")
    assert UNDECIDED == pipeline.job("gate", within="1")
    assert UNDECIDED == pipeline.job("deploy")
    assert [] == pipeline.deployed
    pipeline.settle_and_decide()
    assert (GO, GO) == (pipeline.job("gate"), pipeline.job("deploy"))
    assert ["3.0.0"] == pipeline.deployed
    assert "full" == at_work.pipeline.get(path("3.0.0")).json()["state"]["deployed"]


def test_a_pipeline_of_gitlab_ends_at_a_no_go(at_work: Team, tmp_path: Path) -> None:
    pipeline = GitLab(tmp_path, at_work, "3.1.0", harmful=0.9)
    assert 0 == pipeline.job("propose")
    assert (NO_GO, NO_GO) == (pipeline.job("gate"), pipeline.job("deploy"))
    assert [] == pipeline.deployed


def test_a_workflow_of_github_proposes_and_deploys_what_was_decided(
    at_work: Team, tmp_path: Path
) -> None:
    workflow = Actions(tmp_path, at_work, "4.0.0")
    assert 0 == workflow.job("propose")
    assert UNDECIDED == workflow.job("deploy")
    workflow.settle_and_decide()
    assert 0 == workflow.job("deploy")
    assert ["4.0.0"] == workflow.deployed


def test_the_workflow_has_the_environment_whose_rule_holds_it_back() -> None:
    workflow = yaml.safe_load((PIPELINES / "github-workflow.yml").read_text("utf-8"))
    rule = (PIPELINES / "github.toml").read_text("utf-8")
    assert f'environment = "{workflow["jobs"]["deploy"]["environment"]}"' in rule
    assert "environment" not in workflow["jobs"]["propose"]


def test_a_rollout_goes_on_stops_or_pauses_by_the_outcome(at_work: Team) -> None:
    at_work.propose("5.0.0")
    assert "Inconclusive" == _analysed(at_work, f"{SYSTEM}@5.0.0", MODEL)
    at_work.evaluate("5.0.0", harmful_output_rate=0.9)
    assert "Failed" == _analysed(at_work, f"{SYSTEM}@5.0.0", MODEL)
    at_work.go("5.1.0")
    assert "Successful" == _analysed(at_work, f"{SYSTEM}@5.1.0", MODEL)
    assert "Successful" == _analysed(at_work, f"{SYSTEM}@5.1.0@production", PROMPT)
    assert "Failed" == _analysed(at_work, f"{SYSTEM}@5.1.0", "ab" * 32)
    assert "Error" == _analysed(at_work, f"{SYSTEM}@9.9.9", MODEL)
    assert "Error" == _analysed(at_work, f"{SYSTEM}@5.1.0", MODEL, token="wrong")


def _analysed(of: Team, release: str, digest: str, token: str = "") -> str:
    """The phase of a measurement, as the web provider of Argo Rollouts takes it.

    Source: Argo Rollouts, metricproviders/webmetric and utils/evaluate.
    """
    text = (PIPELINES / "argo-rollouts.yaml").read_text("utf-8")
    template, rollout = yaml.safe_load_all(text)
    secret = {"airledger": {"token": token or of.token}}
    given = {"release": release, "digest": digest}
    steps = rollout["spec"]["strategy"]["canary"]["steps"]
    analysis = steps[0]["analysis"]
    assert [template["metadata"]["name"]] == [
        each["templateName"] for each in analysis["templates"]
    ]
    assert set(given) == {each["name"] for each in analysis["args"]}
    for each in template["spec"]["args"]:
        if "valueFrom" in each:
            key = each["valueFrom"]["secretKeyRef"]
            given[each["name"]] = secret[key["name"]][key["key"]]
    [metric] = template["spec"]["metrics"]
    web = metric["provider"]["web"]
    headers = {each["key"]: _filled(each["value"], given) for each in web["headers"]}
    url = _filled(web["url"], given).replace("https://ledger.example", of.server.url)
    answer = httpx.get(url, headers=headers, timeout=web["timeoutSeconds"])
    if not answer.is_success:
        return "Error"
    result = _at(answer.json(), web["jsonPath"])
    return _phase(result, metric["successCondition"], metric["failureCondition"])


def _filled(text: str, args: Mapping[str, str]) -> str:
    return re.sub(r"\{\{\s*args\.([a-z-]+)\s*\}\}", lambda found: args[found[1]], text)


def _at(document: Any, expression: str) -> str:
    """A template of JSONPath with one member: `{$.member}`."""
    found = re.fullmatch(r"\{\$\.([a-z_]+)\}", expression)
    assert found is not None, expression
    return str(document[found[1]])


def _phase(result: str, success: str, failure: str) -> str:
    """With both conditions, neither is Inconclusive; a failure goes before a success."""
    if _holds(result, failure):
        return "Failed"
    return "Successful" if _holds(result, success) else "Inconclusive"


def _holds(result: str, condition: str) -> bool:
    found = re.fullmatch(r'result == "([^"]*)"', condition)
    assert found is not None, condition
    return result == found[1]
