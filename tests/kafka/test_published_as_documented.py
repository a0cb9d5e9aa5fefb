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
from tests.kafka.desk import Desk, eventually

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


async def run(*command: str | Path) -> None:
    process = await create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    said, _ = await process.communicate()
    assert 0 == process.returncode, said.decode(errors="replace")


async def test_the_clients_of_the_page_publish_signals(desk: Desk, tmp_path: Path) -> None:
    require("javac")
    desk.register("deploy", SourceKind.CLOUDEVENTS, Scope.OPERATE)
    (tmp_path / "publish.py").write_text(client("python", desk), "utf-8")
    (tmp_path / "Publish.java").write_text(client("java", desk), "utf-8")

    await run(sys.executable, tmp_path / "publish.py")
    await run("java", "-cp", f"{jars()}/*", tmp_path / "Publish.java")
    await desk.take_all(2)

    await eventually(lambda: 2 == len(desk.events("alert.fired.v1")), "both were taken")
    titles = {event.alert.title for event in desk.events("alert.fired.v1")}
    assert {"The safety gate failed", "Answers leak addresses"} == titles
    assert [] == desk.quarantine()
