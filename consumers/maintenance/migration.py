"""An embedded ledger moves to PostgreSQL, and can be killed at any line: there is never a fork.

1. Everything appended is sealed, and in the transaction of that seal the old file is marked: it
   takes no write from then on, whoever has it open.
2. In one transaction of the new store, under its writers' lock: every row is copied, the copy is
   audited against the signed checkpoint, signing key and checkpoint are put in their new place.
3. After its commit the mark says that the ledger arrived, and in the same transaction the old file
   is emptied of texts and of names of persons. Then it is written anew, so that no trace is left.

Before that commit the old file can be taken back (`give_up`), under the same lock; after it, never.
"""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
import structlog

from consumers.container.progress import ProgressCallback
from consumers.container.release_key import open_release_key
from consumers.maintenance.migration_target import Target
from ledger.errors import Conflict, Fork, Invalid, SettingsError, Unavailable
from ledger.policy.times import time_text
from ledger.sealing import KeptCheckpoint, Sealer, open_signer, place_signer
from ledger.settings import Settings
from ledger.store.port import LogState, LogTransaction
from ledger.store.postgres import PostgresArrival, PostgresStore
from ledger.store.sqlite import Leaving, SQLiteLogTransaction, SQLiteStore
from ledger.store.table_catalogue import ALL_TABLES, EVENTS, WholeTable
from ledger.transparency.dsse import EnvelopeSigner
from ledger.transparency.keys import Signer, parse_verifier, to_base64
from ledger.transparency.notes import open_checkpoint
from ledger.transparency.tree import root_at

log = structlog.get_logger(__name__)

VIEWS = "views.db"


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger that moved; `root` is base64, as in a checkpoint.

    `already` says that it had before; `rows` are those of each table, as far as copied now.
    `scrubbed`: no text and no name of a person is left in the old directory, not even a trace.
    """

    origin: str
    vkey: str
    size: int
    root: str
    events: int
    to: str
    key_file: str
    already: bool
    rows: dict[str, int]
    scrubbed: bool = True


class Migration:
    """The move of the ledger in `file` to the store that the settings name.

    `old` are settings under which that ledger is the embedded one.
    """

    def __init__(self, file: Path, settings: Settings, now: Callable[[], datetime]) -> None:
        """Raises SettingsError for settings that name no such store, or no ledger to move."""
        self._target = Target(settings)
        self._views = settings.views_path if settings.views_embedded else None
        self.old = _embedded(file, settings)
        self._file = self.old.ledger_path
        if not self._file.exists():
            raise SettingsError(
                f"There is no ledger at {self._file}.", remedy="Name its data directory."
            )
        self._now = now

    def run(self, step: ProgressCallback, check: Callable[[], None]) -> Migrated:
        """Moves it, or completes its move. `check` audits the old ledger, and raises if it is bad.

        Raises Conflict where the target is not free, SettingsError, Fork, Unavailable.
        """
        with closing(SQLiteStore(self._file)) as old:
            state, signer = self._begun(old)
            leaving = old.leaving()
            if leaving is not None and leaving.done is not None:
                scrubbed = self._empty(old, step)
                return self._result(state, None, leaving.to, scrubbed=scrubbed)
            with closing(PostgresStore(self._target.url)) as new:
                if leaving is None:
                    with new.arriving() as arrival:
                        self._require_room(arrival, old, state, signer)
                        database = arrival.database()
                    check()
                    state = self._leave(old, signer, database)
                with new.arriving() as arrival:
                    rows = self._arrive(old, arrival, state, signer, step)
            scrubbed = self._empty(old, step)
            return self._result(state, rows, self._target.to, scrubbed=scrubbed)

    def give_up(self) -> bool:
        """Takes a ledger back that did not arrive; False for one that was not moving.

        Raises Conflict where it arrived.
        """
        with closing(SQLiteStore(self._file)) as old:
            leaving = old.leaving()
            if leaving is None:
                return False
            state, _ = self._begun(old)
            with (
                closing(PostgresStore(self._target.url)) as new,
                new.arriving() as arrival,  # its lock is held until the old file is free again
            ):
                self._target.require_same(leaving, arrival.database())
                there = arrival.state()
                if leaving.done is not None or (
                    there is not None and there.vkey == state.vkey and there.size
                ):
                    raise Conflict(
                        f"The ledger arrived in {leaving.to}, and is there to stay.",
                        remedy="Point store.url there; airledger migrate without --give-up "
                        "completes the move.",
                    )
                old.stay()
            return True

    def _begun(self, old: SQLiteStore) -> tuple[LogState, Signer]:
        state = old.log_state()
        if state is None:
            raise SettingsError(
                f"The ledger of {self._file} has no log yet, so there is nothing to move.",
                remedy="Begin with an empty ledger on PostgreSQL: airledger log init.",
            )
        path = self.old.key_path
        signer = open_signer(path, origin=self.old.log.origin, create=False)
        if str(signer.verifier) != state.vkey:
            raise SettingsError(
                f"The key in {path} is not that of the ledger in {self._file}: its log is "
                f"{state.origin}.",
                remedy="Put the log's own signing key there.",
            )
        return state, signer

    def _leave(self, old: SQLiteStore, signer: Signer, database: str) -> LogState:
        """Seals what is there and marks the file, both in one transaction."""

        def mark(log: LogTransaction, state: LogState) -> None:
            if not isinstance(log, SQLiteLogTransaction):
                raise TypeError("an embedded ledger is in SQLite")
            log.leave(
                Leaving(
                    to=self._target.to,
                    database=database,
                    at=time_text(self._now()),
                    size=state.size,
                    root=open_checkpoint(state.checkpoint, signer.verifier).root,
                )
            )

        return Sealer(old, signer, KeptCheckpoint(self.old.key_path)).seal(mark)

    def _arrive(
        self,
        old: SQLiteStore,
        arrival: PostgresArrival,
        state: LogState,
        signer: Signer,
        step: ProgressCallback,
    ) -> dict[str, int] | None:
        """Copies everything and puts the key in its place; None where it was there already."""
        leaving = old.leaving()
        if leaving is None:
            raise Conflict("The move was given up meanwhile.", remedy="Run it again to begin anew.")
        self._target.require_same(leaving, arrival.database())
        if self._target.holds(arrival, state, leaving):
            return None
        self._require_room(arrival, old, state, signer)
        rows: dict[str, int] = {}
        for table in ALL_TABLES:
            copying = partial(_copying, step, table, state.size)
            rows[table.name] = arrival.copy_rows(table, old.rows(table), copying)
        arrival.adopt_log(state)
        self._target.require_sound(arrival, state, step)
        place_signer(self._target.key_path, signer)
        self._target.place_release_key(self._release_key())
        KeptCheckpoint(self._target.key_path).write(state.checkpoint)
        return rows

    def _empty(self, old: SQLiteStore, step: ProgressCallback) -> bool:
        """Marks the old file as left for good, and empties it; whether no trace is left there."""
        old.mark_arrived(self._now())
        step("Emptying the old file", 0, 0)
        try:
            scrubbed = old.scrub(whole=True)
        except Unavailable as error:
            log.warning("not_scrubbed", reason=str(error))
            scrubbed = False
        return self._remove_views() and scrubbed

    def _remove_views(self) -> bool:
        """Removes the old directory's read models, whose index has the words of texts."""
        path = self._file.with_name(VIEWS)
        if self._views is not None and self._views.absolute() == path.absolute():
            return True  # those of the ledger in its new place
        try:
            for name in (VIEWS, f"{VIEWS}-wal", f"{VIEWS}-shm"):
                path.with_name(name).unlink(missing_ok=True)
        except OSError as error:
            log.warning("views_not_removed", reason=str(error))
            return False
        return True

    def _release_key(self) -> EnvelopeSigner | None:
        """The key that statements about releases were signed with; None where none ever was."""
        return open_release_key(self.old) if self.old.release_key_path.exists() else None

    def _require_room(
        self, arrival: PostgresArrival, old: SQLiteStore, state: LogState, signer: Signer
    ) -> None:
        """Raises where the target, or the place of the key, is not free for this ledger."""
        self._target.require_free(arrival, state)
        path = self._target.key_path
        if path.exists():
            place_signer(path, signer)
        self._target.require_release_key(self._release_key())
        kept = KeptCheckpoint(path)
        if (note := kept.read()) is None:
            return
        try:
            signed = open_checkpoint(note, signer.verifier)
        except Invalid as error:
            raise SettingsError(
                f"The checkpoint {kept.path} is not of this log: {error.message}",
                remedy="Name a log.key_file with nothing beside it.",
            ) from error
        if signed.size > old.size() or (
            signed.size <= state.size and root_at(signed.size, old.tile) != signed.root
        ):
            raise Fork(
                f"{kept.path} says that {signed.size} events of this log were signed, and the "
                f"ledger of {self._file} has {old.size()}, or others.",
                remedy="It went on elsewhere: move that ledger, or see airledger store repair.",
            )

    def _result(
        self, state: LogState, rows: dict[str, int] | None, to: str, *, scrubbed: bool
    ) -> Migrated:
        signed = open_checkpoint(state.checkpoint, parse_verifier(state.vkey))
        return Migrated(
            origin=state.origin,
            vkey=state.vkey,
            size=state.size,
            root=to_base64(signed.root),
            events=state.size,
            to=to,
            key_file=str(self._target.key_path),
            already=rows is None,
            rows=rows or {},
            scrubbed=scrubbed,
        )


def _embedded(file: Path, settings: Settings) -> Settings:
    """The settings of the ledger in a directory or file.

    Its key is beside it, or was taken to its new place already.
    """
    data_dir, name = (file, "ledger.db") if file.is_dir() else (file.parent, file.name)
    key_file = None if (data_dir / "log.key").exists() else settings.log.key_file
    return settings.model_copy(
        update={
            "data_dir": data_dir,
            "store": settings.store.model_copy(update={"url": name}),
            "log": settings.log.model_copy(update={"key_file": key_file}),
            "releases": settings.releases.model_copy(update={"key_file": None}),
        }
    )


def _copying(step: ProgressCallback, table: WholeTable, events: int, done: int) -> None:
    step(f"Copying {table.name}", done, events if table is EVENTS else 0)
