"""The store that a ledger moves to: whether it is free for it, and then holds what was signed."""

from consumers.container.backends import require_key_file
from consumers.container.progress import ProgressCallback
from consumers.container.release_key import place_release_key
from ledger.errors import Conflict, Fork, SettingsError
from ledger.sealing import StoreLogReader
from ledger.settings import Settings
from ledger.settings.model import masked
from ledger.store.port import LogState
from ledger.store.postgres import PostgresArrival
from ledger.store.sqlite import Leaving
from ledger.transparency.audit import audit
from ledger.transparency.dsse import EnvelopeSigner
from ledger.transparency.tree import root_at


class Target:
    """The database that the settings name, and the file of the signing key there.

    `to` is its address without password.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises SettingsError for settings that name a file, or no place for the key."""
        if settings.embedded:
            raise SettingsError(
                f"store.url is {settings.store.url!r}, a file: a ledger moves to PostgreSQL.",
                remedy="Set store.url to postgresql://... and log.key_file to where the signing"
                " key is to be.",
            )
        require_key_file(settings)
        self.url = settings.store.url
        self.to = str(masked(self.url))
        self.key_path = settings.key_path
        self._settings = settings

    def place_release_key(self, signer: EnvelopeSigner | None) -> None:
        """Puts the key of statements where the settings name a file for it.

        Raises SettingsError where another key is.
        """
        if signer is not None and self._settings.releases.key_file is not None:
            place_release_key(self._settings, signer)

    def require_release_key(self, signer: EnvelopeSigner | None) -> None:
        """Raises SettingsError where another key of statements is in that file."""
        if (
            self._settings.releases.key_file is not None
            and self._settings.release_key_path.exists()
        ):
            self.place_release_key(signer)

    def require_same(self, leaving: Leaving, database: str) -> None:
        """Raises Conflict where the ledger is moving to another database."""
        if leaving.database != database and leaving.to != self.to:
            raise Conflict(
                f"This ledger is moving to {leaving.to}, and store.url names {self.to}.",
                remedy="Point store.url there; to go elsewhere, give that move up (--give-up).",
            )

    def require_free(self, arrival: PostgresArrival, state: LogState) -> None:
        """Raises Conflict where it holds anything but this log's beginning, SettingsError."""
        arrival.require_rights()
        there = arrival.state()
        if there is not None and there.vkey != state.vkey:
            raise self._another(f"the log {there.origin}, of {there.size} events")
        if (table := arrival.occupied()) is not None:
            raise self._another(f"rows in its table {table}")

    def holds(self, arrival: PostgresArrival, state: LogState, leaving: Leaving) -> bool:
        """Whether the ledger arrived before. Raises Conflict for another history of its log."""
        there = arrival.state()
        if there is None or there.vkey != state.vkey or not there.size >= leaving.size > 0:
            return False
        if root_at(leaving.size, arrival.tile) != leaving.root:
            raise self._another("another history of this log")
        return True

    def require_sound(
        self, arrival: PostgresArrival, state: LogState, step: ProgressCallback
    ) -> None:
        """The copy, read back, is what the checkpoint was signed for. Raises Fork."""
        found = audit(
            StoreLogReader(arrival),
            state.vkey,
            progress=lambda done, total: step("Verifying the copy", done, total),
        )
        if not found.ok or found.size != state.size:
            raise Fork(
                f"The copy in {self.to} is not what was signed: {' '.join(found.problems)}",
                remedy="Nothing was committed there. Look at disks and memory, and run it again.",
            )

    def _another(self, what: str) -> Conflict:
        return Conflict(
            f"{self.to} is not empty: it holds {what}.",
            remedy="Name a database of its own: createdb, then airledger store init, and no log "
            "init: the ledger brings its own log.",
        )
