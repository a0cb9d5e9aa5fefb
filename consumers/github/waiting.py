"""Deployments that wait for a review, a file each: they outlive the process."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import structlog

from consumers.github.webhook import Waiting
from ledger.sealing.private_files import replace_private

log = structlog.get_logger(__name__)
_SUFFIX = ".json"


class WaitingList:
    """The files of a directory. For one process, and one thread at a time for each deployment."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory

    def add(self, waiting: Waiting) -> None:
        """Keeps a deployment, durably; one that is known stays as it is."""
        if not self._path(waiting).exists():
            self.keep(waiting)

    def keep(self, waiting: Waiting) -> None:
        """Keeps what is known of a deployment now."""
        replace_private(self._path(waiting), msgspec.json.encode(waiting))

    def forget(self, waiting: Waiting) -> None:
        """Removes a deployment that waits no more."""
        self._path(waiting).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[Waiting]:
        """Those that wait, the oldest first."""
        found = []
        for path in self._directory.glob(f"*{_SUFFIX}"):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=Waiting))
            except (OSError, msgspec.DecodeError) as error:
                log.warning("waiting_deployment_unreadable", path=str(path), error=str(error))
        return iter(sorted(found, key=lambda each: each.since))

    def _path(self, waiting: Waiting) -> Path:
        return self._directory / f"{waiting.run}-{waiting.deployment}{_SUFFIX}"
