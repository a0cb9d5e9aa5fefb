"""Processes that tell people and are killed: `python -m tests.faults.killed_notices URL`, forking.

The first one only notes every line of the traced modules that it runs through. Each further one
brings to its end what the one before it left, reports an incident, and is killed with SIGKILL
before one of these lines, in the thread that runs it. The last one is not killed. Standard input
has the ledger's settings; each line of the output is a line of the program, as "sender.py:99".
"""

import json
import os
import signal
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

from consumers.container.ledger import Ledger, open_ledger
from consumers.notify import Sender, channels, sender, tries
from consumers.reactor import follower, notices
from ledger.domain.incident.commands import Report
from ledger.execute import sending
from ledger.settings import Settings, WebhookChannel
from ledger.vocabulary import Severity
from tests.harness.commands import report_incident

CHANNEL = "risk-manager"
BEGUN = datetime(2026, 3, 1, 12, tzinfo=UTC)
APART = 2 * sender.CLAIMED_FOR
TRACED = {each.__file__ for each in (notices, follower, sender, tries, channels, sending)}
_FAULT = 3


class Tracing:
    """Collects the lines of the traced modules in the order of their first run, once it is `armed`.

    The process is killed before `at`.
    """

    def __init__(self, at: str) -> None:
        self.armed = False
        self.lines: dict[str, None] = {}
        self._at = at

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """For `sys.settrace` and `threading.settrace`."""
        if frame.f_code.co_filename not in TRACED:
            return None
        if self.armed and event == "line":
            line = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            if line == self._at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.lines.setdefault(line)
        return self.trace


def tell(ledger: Ledger, by: Sender) -> None:
    """What the loops of a process do, until nothing is left."""
    begun = True
    while begun:
        ledger.sealer.seal()
        requested = ledger.followers["notices"].catch_up()
        ledger.sealer.seal()
        ledger.followers["clock"].catch_up()
        begun = by.send_due() or requested


def live(settings: Settings, url: str, number: int, at: str) -> list[str]:
    """One process; the lines that it ran through."""
    tracing = Tracing(at)
    threading.settrace(tracing.trace)
    sys.settrace(tracing.trace)
    now = BEGUN + number * APART + timedelta(seconds=1)
    with closing(open_ledger(settings, clock=lambda: now)) as ledger:
        told = {CHANNEL: WebhookChannel(kind="webhook", url=url, secret="secret")}
        by = Sender(ledger.services, told, public_url=None)
        tell(ledger, by)
        report = Report(title=f"Killed at {at}", system="chat", severity=Severity.CRITICAL)
        request = report_incident(incident=UUID(int=number + 1), report=report)
        ledger.executor.execute(request, ledger.services.context())
        tracing.armed = True
        tell(ledger, by)
        tracing.armed = False
        by.tries.finish()
    return list(tracing.lines)


def forked(settings: Settings, url: str, number: int, at: str) -> list[str] | None:
    """What a process of its own came to; None where it was killed."""
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        status = _FAULT
        try:
            os.write(write, json.dumps(live(settings, url, number, at)).encode())
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as said:
        lines = said.read()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code not in {0, -signal.SIGKILL}:
        raise AssertionError(f"{at}: the process ended with {code}")
    return None if code else list(json.loads(lines))


def main(url: str) -> None:
    """One after the other."""
    settings = Settings.model_validate_json(sys.stdin.read())
    lines = forked(settings, url, 0, "")
    for number, at in enumerate(lines or (), start=1):
        if forked(settings, url, number, at) is None:
            sys.stdout.write(f"{at}\n")
    forked(settings, url, len(lines or ()) + 1, "")


if __name__ == "__main__":
    main(sys.argv[1])
