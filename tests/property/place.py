"""Where a property test lets a year pass: one store, a clock that only steps move, read models."""

from datetime import datetime
from itertools import count
from pathlib import Path
from uuid import UUID

from consumers.container.ledger import Ledger
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.sealing import KeptCheckpoint, Sealer, open_signer
from ledger.settings import Settings
from projections.catalogue import PROJECTIONS
from projections.engine import rebuild
from tests.harness.homes import store_of


class Place:
    """A store with what seals and shows it; its hosts are those of the test."""

    def __init__(self, directory: Path, now: datetime) -> None:
        self.now = now
        self.directory = directory
        self._ids = count(1)
        self.store = store_of(directory)
        signer = open_signer(directory / "log.key", origin="place", create=True)
        self.sealer = Sealer(self.store, signer, KeptCheckpoint(directory / "log.key"))
        self.sealer.start()
        self.ledger = Ledger(Settings(data_dir=directory), self.store, clock=self.clock)
        self.projector, self.views = self.ledger.projector, self.ledger.views

    def clock(self) -> datetime:
        return self.now

    def new_id(self) -> str:
        return str(UUID(int=next(self._ids)))

    def log(self) -> list[Recorded]:
        """Every event, in log order."""
        entries = self.store.read(0, 1_000_000, sealed=False)
        return [CODEC.decode(entry.stored, entry.leaf) for entry in entries]

    def rebuild(self) -> None:
        """Builds every read model anew."""
        until = self.sealer.seal().size
        for projection in PROJECTIONS:
            rebuild(self.projector, self.views, projection, until=until)
