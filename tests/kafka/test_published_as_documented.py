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
from tests.kafka.desk import Desk

pytestmark = pytest.mark.component("kafka")
PAGE = ROOT / "docs/how-to/publish-to-kafka.md"


def client(language: str, desk: Desk) -> str:
    """The page's client in a language, for a test's broker and topic."""
    [code] = re.findall(
        rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert "kafka1:9092" in code
    return (
        str(code)
        .replace("kafka1:9092", ",".join(desk.topics.servers))
        .replace("airledger.signals", desk.topics.signals.name)
    )


def opened(desk: Desk) -> list[tuple[str, str]]:
    """Title and system of every incident."""
    return [(each.title, each.system) for each in desk.events("incident.detected.v1")]


async def run(*command: str | Path) -> None:
    process = await create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    said, _ = await process.communicate()
    assert 0 == process.returncode, said.decode(errors="replace")


async def test_the_client_in_python_publishes_a_signal(desk: Desk, tmp_path: Path) -> None:
    desk.register("deploy", SourceKind.CLOUDEVENTS, Scope.OPERATE)
    (tmp_path / "publish.py").write_text(client("python", desk), "utf-8")

    await run(sys.executable, tmp_path / "publish.py")
    await desk.take_all(1)

    assert [("The safety gate failed", "support-assistant")] == opened(desk)
    assert [] == desk.quarantine()


async def test_the_client_in_java_publishes_a_signal(desk: Desk, tmp_path: Path) -> None:
    require("javac")
    desk.register("deploy", SourceKind.CLOUDEVENTS, Scope.OPERATE)
    (tmp_path / "Publish.java").write_text(client("java", desk), "utf-8")

    await run("java", "-cp", f"{jars()}/*", tmp_path / "Publish.java")
    await desk.take_all(1)

    assert [("Answers leak addresses", "support-assistant")] == opened(desk)
    assert [] == desk.quarantine()
