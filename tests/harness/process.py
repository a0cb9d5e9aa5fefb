"""One program of the rig: started, watched through its log file, stalled and ended by its id."""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

LISTENING = re.compile(r'msg="Listening on" address=(\S+)')


class NotReached(AssertionError):
    """A condition was not met by its deadline."""


def until(condition: Callable[[], bool], what: str, *, within: float = 10.0) -> None:
    """Return as soon as the condition holds; NotReached after `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise NotReached(f"not within {within:g} s: {what}")
        time.sleep(0.01)


class Process:
    """A child process whose output is appended to `log`, kept over restarts."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None
        self._started_at = 0

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self, command: Sequence[str | Path]) -> None:
        if self.running:
            raise RuntimeError(f"{self.log.stem} runs already: stop it first")
        with self.log.open("ab") as output:
            self._started_at = output.tell()
            self._child = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def address(self, *, within: float = 10.0) -> str:
        """The host:port that this start of it says it listens on (it was given port 0)."""
        self.until(lambda: bool(self._addresses()), "it listens", within=within)
        return self._addresses()[0]

    def until(self, condition: Callable[[], bool], what: str, *, within: float = 10.0) -> None:
        """`until`, but at once an error, with the end of the log, when the process is gone."""

        def met() -> bool:
            if not self.running:
                raise NotReached(f"{self.log.stem} ended while waiting until {what}\n{self.tail()}")
            return condition()

        try:
            until(met, what, within=within)
        except NotReached as missed:
            missed.add_note(self.tail())
            raise

    def lines(self) -> list[str]:
        """What it said, over all its starts."""
        return self.log.read_text("utf-8", "replace").splitlines()

    def tail(self, count: int = 20) -> str:
        return "\n".join([f"-- the end of {self.log}", *self.lines()[-count:]])

    def pause(self) -> None:
        """SIGSTOP: the process stalls, its connections stay open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self, *, within: float = 10.0) -> None:
        """SIGTERM, and SIGKILL when that is not obeyed in time; nothing if it does not run."""
        if self._child is None:
            return
        if self.running:
            self._child.send_signal(signal.SIGCONT)
            self._child.terminate()
        try:
            self._child.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL: nothing is saved."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._child is None or not self.running:
            raise RuntimeError(f"{self.log.stem} does not run")
        self._child.send_signal(number)

    def _addresses(self) -> list[str]:
        with self.log.open("rb") as output:
            output.seek(self._started_at)
            return LISTENING.findall(output.read().decode("utf-8", "replace"))
