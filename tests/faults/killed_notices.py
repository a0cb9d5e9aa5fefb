"""Processes that tell people and are killed: `python -m tests.faults.killed_notices MODULE...`.

It forks them. The first one only notes every line of these modules that it runs through. Each
further one brings to its end what the one before it left, reports an incident, and is killed with
SIGKILL before one of these lines, in the thread that runs it. The last one is not killed. Standard
input has the ledger's settings, with the channel; each line of the output is a line of the program,
as "sender.py:99".

What the first one imported is imported before the others are forked, and left alone by garbage
collections: this is most of what a process of so short a life would cost.
"""

import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple
from uuid import UUID

from consumers.container.ledger import Ledger, open_ledger
from consumers.notify import sender
from ledger.domain.incident.commands import Report
from ledger.settings import Settings
from ledger.vocabulary import Severity
from tests.harness.commands import report_incident

CHANNEL = "risk-manager"
BEGUN = datetime(2026, 3, 1, 12, tzinfo=UTC)
APART = 2 * sender.CLAIMED_FOR
_FAULT = 3


class Lived(NamedTuple):
    """What a process that was not killed ran through: lines, and the modules that it has."""

    lines: list[str]
    modules: list[str]


class Tracing:
    """Collects lines of modules in the order of their first run, once it is `armed`.

    The process is killed before `at`.
    """

    def __init__(self, modules: Iterable[str], at: str) -> None:
        self.armed = False
        self.lines: dict[str, None] = {}
        self._files = {import_module(name).__file__ for name in modules}
        self._at = at

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """For `sys.settrace` and `threading.settrace`."""
        if frame.f_code.co_filename not in self._files:
            return None
        if self.armed and event == "line":
            line = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            if line == self._at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.lines.setdefault(line)
        return self.trace


def tell(ledger: Ledger) -> None:
    """What the loops of a process do, until nothing is left."""
    begun = True
    while begun:
        ledger.sealer.seal()
        requested = ledger.followers["notices"].catch_up()
        ledger.sealer.seal()
        ledger.followers["clock"].catch_up()
        begun = ledger.sender.send_due() or requested


def live(settings: Settings, modules: Iterable[str], number: int, at: str) -> Lived:
    """One process."""
    tracing = Tracing(modules, at)
    threading.settrace(tracing.trace)
    sys.settrace(tracing.trace)
    now = BEGUN + number * APART + timedelta(seconds=1)
    with closing(open_ledger(settings, clock=lambda: now)) as ledger:
        tell(ledger)
        report = Report(title=f"Killed at {at}", system="chat", severity=Severity.CRITICAL)
        request = report_incident(incident=UUID(int=number + 1), report=report)
        ledger.executor.execute(request, ledger.services.context())
        tracing.armed = True
        tell(ledger)
        tracing.armed = False
        ledger.sender.tries.finish()
    return Lived(list(tracing.lines), list(sys.modules))


def forked(settings: Settings, modules: Iterable[str], number: int, at: str) -> Lived | None:
    """What a process of its own came to; None where it was killed."""
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        status = _FAULT
        try:
            os.write(write, json.dumps(live(settings, modules, number, at)).encode())
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as said:
        lived = said.read()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code not in {0, -signal.SIGKILL}:
        raise AssertionError(f"{at}: the process ended with {code}")
    return None if code else Lived(*json.loads(lived))


def main(modules: Iterable[str]) -> None:
    """One after the other."""
    settings = Settings.model_validate_json(sys.stdin.read())
    lived = forked(settings, modules, 0, "")
    if lived is None:
        raise AssertionError("the first process was killed, and should not be")
    for name in lived.modules:
        import_module(name)
    gc.freeze()
    for number, at in enumerate(lived.lines, start=1):
        if forked(settings, modules, number, at) is None:
            sys.stdout.write(f"{at}\n")
    forked(settings, modules, len(lived.lines) + 1, "")


if __name__ == "__main__":
    main(sys.argv[1:])
