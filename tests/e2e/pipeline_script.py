"""The script of pipelines, run by a shell as a pipeline runs it."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.components import require
from tests.docs.pages import ROOT

PIPELINES = ROOT / "infra/pipelines"
SCRIPT = PIPELINES / "airledger-release"
GO, NO_GO, UNDECIDED, NO_ANSWER = range(4)
"""The exit statuses of `check`."""
APPLET = {"busybox": ("sh",)}
"""What the name of a program is followed by, where the shell is a part of it."""
ENDS_WITHIN_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A job of a pipeline: its shell, the server and token, and a directory of its own."""

    url: str
    token: str
    directory: Path
    shell: str = "dash"
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the job: nothing of this machine's but the path."""
        temporary = self.directory / "temporary"
        temporary.mkdir(exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "TMPDIR": str(temporary),
            "AIRLEDGER_URL": self.url,
            "AIRLEDGER_TOKEN": self.token,
            "AIRLEDGER_RETRIES": "0",
            **self.more,
        }

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """The script, running."""
        return subprocess.Popen(
            [str(require(self.shell)), *APPLET.get(self.shell, ()), str(SCRIPT), *words],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """The script, once it ended; it leaves nothing behind."""
        started = self.start(*words)
        out, errors = started.communicate(timeout=ENDS_WITHIN_SECONDS)
        assert [] == list((self.directory / "temporary").iterdir())
        return subprocess.CompletedProcess(words, started.returncode, out, errors)

    def done(self, *words: str) -> str:
        """What it said; it has to end with 0."""
        ended = self.run(*words)
        assert 0 == ended.returncode, ended.stderr
        return ended.stdout

    def check(self, *words: str) -> tuple[int, str]:
        """The exit status of a check, and all that it said."""
        ended = self.run("check", *words)
        return ended.returncode, ended.stdout + ended.stderr
