"""The repair of a store that was restored from a copy older than what was signed."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import IO

import msgspec
from msgspec import UNSET, UnsetType

from consumers.commands.kept_bodies import bodies_with
from consumers.container.backends import open_store, require_key_file
from consumers.container.ledger import prepare_directory
from consumers.container.progress import ProgressCallback
from consumers.maintenance.text_repair import TextRepair, TextsRepaired
from ledger.errors import Invalid, Refused, SettingsError
from ledger.sealing import KeptCheckpoint, Repair, Sealer, open_signer
from ledger.settings import Settings
from ledger.store.port import Store
from ledger.transparency.keys import Signer, to_base64
from ledger.transparency.notes import Checkpoint, open_checkpoint


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """A store that is whole again; `root` is base64, as in a checkpoint.

    `put_back` events were missing, from leaf `first` on; `in_place` lines were there already, and
    `left_out` ones are behind everything that was signed. `texts` is what became of texts beside
    the log, where some were given.
    """

    origin: str
    size: int
    root: str
    first: int | None
    put_back: int
    in_place: int
    left_out: int
    texts: TextsRepaired | UnsetType = UNSET


def repair(
    settings: Settings,
    lines: IO[bytes],
    outside: bytes | None,
    step: ProgressCallback,
    texts: IO[bytes] | None = None,
) -> Repaired:
    """Puts the missing events of the store back from lines, which can be read twice, and seals.

    Then its missing texts from `texts`. `outside` is a signed checkpoint that was kept elsewhere.
    Without missing events no lines are needed. Raises Refused or Invalid for lines that are not the
    missing events, SettingsError, Fork, Unavailable.
    """
    require_key_file(settings)
    if settings.embedded:
        prepare_directory(settings)
    signer = open_signer(settings.key_path, origin=None, create=False)
    kept = KeptCheckpoint(settings.key_path)
    with closing(open_store(settings)) as store:
        signed = _signed(store, signer, kept, outside)
        repairing = Repair(store, signed, partial(bodies_with, store))
        missing = repairing.missing
        proven = repairing.prove(_told(lines, "Proving", step))
        if proven.beyond and not missing:
            raise _unproven(missing.start, kept)
        written = 0
        lines.seek(0)
        for written in repairing.write(lines, proven):
            step("Putting back", written, len(missing))
        state = Sealer(store, signer, kept).start()
        repaired = UNSET if texts is None else TextRepair(store).run(texts, step)
    sealed = open_checkpoint(state.checkpoint, signer.verifier)
    return Repaired(
        origin=state.origin,
        size=state.size,
        root=to_base64(sealed.root),
        first=missing.start if missing else None,
        put_back=written,
        in_place=proven.skipped,
        left_out=proven.beyond,
        texts=repaired,
    )


def _signed(
    store: Store, signer: Signer, kept: KeptCheckpoint, outside: bytes | None
) -> list[Checkpoint]:
    """All that the log's key is known to have signed: in the store, beside the key, elsewhere."""
    state = store.log_state()
    if state is not None and state.vkey != str(signer.verifier):
        raise SettingsError(
            f"The store's log is sealed with another key: {state.vkey}.",
            remedy="Name the log's own key in log.key_file.",
        )
    try:
        beside = kept.read()
    except OSError as error:
        raise SettingsError(
            f"The kept checkpoint {kept.path} cannot be read: {error.strerror}.",
            remedy="Make it readable.",
        ) from error
    found = []
    for name, note in (
        ("The checkpoint in the store", state.checkpoint if state else None),
        (f"The kept checkpoint {kept.path}", beside),
        ("The checkpoint of --checkpoint", outside),
    ):
        if note is None:
            continue
        try:
            found.append(open_checkpoint(note, signer.verifier))
        except Invalid as error:
            raise SettingsError(
                f"{name} is not this log's: {error.message}", remedy="Put the right one there."
            ) from error
    if not found:
        raise _unproven(0, kept)
    return found


def _unproven(first: int, kept: KeptCheckpoint) -> Refused:
    return Refused(
        "signed_root",
        f"Nothing proves the lines from leaf {first} on: neither the store nor {kept.path} has a "
        "signed checkpoint of so many events.",
        remedy="Nothing was written. Name one that was kept elsewhere with --checkpoint: /log/"
        "checkpoint of a day when the log was whole.",
    )


def _told(lines: IO[bytes], what: str, step: ProgressCallback) -> Iterator[bytes]:
    for number, text in enumerate(lines, start=1):
        if number % 1_000 == 0:
            step(what, number, 0)
        yield text
