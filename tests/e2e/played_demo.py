"""`airledger demo` as people start it, and a demo that was played to its end."""

import json
import os
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.e2e.server import Server
from tests.harness import forks
from tests.harness.process import until

PLAYED_WITHIN_SECONDS = 60
"""A few seconds on a machine that does nothing else."""


Item = dict[str, Any]


class Demo(NamedTuple):
    """A demo that was played: its server, what it said, and a client that may read."""

    server: Server
    said: str
    api: httpx.Client
    directory: Path
    loaded_before: datetime

    def items(self, name: str, **params: str) -> list[Item]:
        answer = self.api.get(f"/v1/{name}", params={"limit": 1_000, **params})
        found: list[Item] = answer.raise_for_status().json()["items"]
        return found

    def events(self, kind: str, subject: str | None = None) -> list[Item]:
        params = {"type": kind} | ({"subject": subject} if subject else {})
        answer = self.api.get("/v1/events", params=params).raise_for_status()
        return [json.loads(line) for line in answer.text.splitlines()]

    def titled(self, title: str) -> Item:
        (found,) = [each for each in self.items("incidents") if title in each["title"]]
        return found

    def history(self, title: str) -> list[str]:
        """The types of an incident's events, in log order."""
        answer = self.api.get(f"/v1/incidents/{self.titled(title)['id']}/timeline")
        return [each["type"] for each in answer.raise_for_status().json()["items"]]

    @property
    def month(self) -> str:
        """The calendar month before that of the play."""
        return (self.loaded_before.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def said(server: Server) -> str:
    until(
        lambda: "Ctrl-C ends" in server.log,
        "the demo says how to go on",
        within=PLAYED_WITHIN_SECONDS,
    )
    return server.log


def named(log: str, name: str) -> str:
    found = re.search(rf"^{name} +(\S+)", log, re.MULTILINE)
    assert found is not None, log
    return found[1]


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return forks.run(command, environment(), within=PLAYED_WITHIN_SECONDS)


def environment() -> dict[str, str]:
    root = Path(__file__).resolve().parents[2]
    return {**os.environ, "PYTHONPATH": str(root)}
