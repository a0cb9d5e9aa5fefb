"""The clients of docs/how-to/publish-to-kafka.md, run as they stand there."""

import re
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from infra.kafka.jars import jars
from ledger.vocabulary import Scope, SourceKind
from tests.components import require
from tests.docs.pages import ROOT
from tests.kafka.intake_harness import IntakeHarness

pytestmark = pytest.mark.component("kafka")
PAGE = ROOT / "docs/how-to/publish-to-kafka.md"


def client(language: str, harness: IntakeHarness) -> str:
    """The page's client in a language, for a test's broker and topic."""
    [code] = re.findall(
        rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert "kafka1:9092" in code
    return (
        str(code)
        .replace("kafka1:9092", ",".join(harness.topics.servers))
        .replace("airledger.signals", harness.topics.signals.name)
    )


def opened(harness: IntakeHarness) -> list[tuple[str, str]]:
    """Title and system of every incident."""
    return [(each.title, each.system) for each in harness.events("incident.detected.v1")]


async def run(*command: str | Path) -> None:
    process = await create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    said, _ = await process.communicate()
    assert 0 == process.returncode, said.decode(errors="replace")


async def test_the_client_in_python_publishes_a_signal(
    harness: IntakeHarness, tmp_path: Path
) -> None:
    harness.register("deploy", SourceKind.CLOUDEVENTS, Scope.OPERATE)
    (tmp_path / "publish.py").write_text(client("python", harness), "utf-8")

    await run(sys.executable, tmp_path / "publish.py")
    await harness.take_all(1)

    assert [("The safety gate failed", "support-assistant")] == opened(harness)
    assert [] == harness.quarantine()


async def test_the_client_in_java_publishes_a_signal(
    harness: IntakeHarness, tmp_path: Path
) -> None:
    require("javac")
    harness.register("deploy", SourceKind.CLOUDEVENTS, Scope.OPERATE)
    (tmp_path / "Publish.java").write_text(client("java", harness), "utf-8")

    await run("java", "-cp", f"{jars()}/*", tmp_path / "Publish.java")
    await harness.take_all(1)

    assert [("Answers leak addresses", "support-assistant")] == opened(harness)
    assert [] == harness.quarantine()
