"""A machine's clock that a test sets under a running program, by libfaketime."""

from datetime import timedelta
from pathlib import Path

from tests.components import require


class MachineClock:
    """The clock of every process that is started with `environment`; its file is in `directory`.

    The clocks that count time passed are left alone, as they are on a machine whose clock is set.
    """

    def __init__(self, directory: Path) -> None:
        self._file = directory / "machine-clock"
        self._library = require("faketime")
        self.set_off(timedelta())

    def set_off(self, by: timedelta) -> None:
        """So far from the true time from now on."""
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{by.total_seconds():+.0f}s\n", "ascii")
        beside.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that has this clock."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
