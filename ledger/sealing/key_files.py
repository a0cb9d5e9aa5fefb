"""What a sealer keeps outside the store: its signing key, and the last checkpoint it signed.

A store restored from an older copy contradicts that checkpoint, and is not sealed on.
"""

import secrets
from pathlib import Path

from ledger.errors import SettingsError
from ledger.sealing.private_files import create_private, replace_private
from ledger.transparency.keys import Signer, generate, parse_signer


def open_signer(path: Path, *, origin: str | None, create: bool) -> Signer:
    """The signing key in a file, mode 0600; made there when `create`. Raises SettingsError."""
    if not path.exists():
        if not create:
            raise SettingsError(
                f"The signing key {path} is missing, and the log was begun with one.",
                remedy="Put the key's backup there; without it this log cannot be sealed on.",
            )
        name = origin or f"airledger/{secrets.token_hex(8)}"
        _create(path, generate(name).export() + "\n")
    try:
        signer = parse_signer(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The signing key {path} cannot be read: {error}.", remedy="Make it readable."
        ) from error
    if origin is not None and signer.name != origin:
        raise SettingsError(
            f"log.origin is {origin!r}, but the key in {path} is of {signer.name!r}.",
            remedy="Leave log.origin out, or name the right log.key_file.",
        )
    return signer


def place_signer(path: Path, signer: Signer) -> None:
    """Puts a signing key into a file, durably; where it is already, nothing is done.

    Raises SettingsError where another key is, which is never overwritten.
    """
    if not path.exists():
        _create(path, signer.export() + "\n")
    there = open_signer(path, origin=None, create=False)
    if there != signer:
        raise SettingsError(
            f"{path} holds another signing key, of {there.name!r}.",
            remedy="Name a log.key_file that is not there yet; no key is ever overwritten.",
        )


def _create(path: Path, text: str) -> None:
    """Whole or not at all; where two processes create it at once, the first one's stays."""
    try:
        create_private(path, text.encode())
    except OSError as error:
        raise SettingsError(
            f"The signing key {path} cannot be written: {error}.",
            remedy="Make its directory writable, or name another log.key_file.",
        ) from error


class KeptCheckpoint:
    """The last signed checkpoint, in a file beside the key: on disk before it is published."""

    def __init__(self, key_path: Path) -> None:
        self.path = key_path.with_suffix(".checkpoint")

    def read(self) -> bytes | None:
        """The checkpoint, None before the first. Raises OSError."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, checkpoint: bytes) -> None:
        """Replaces it, durably. Raises OSError."""
        replace_private(self.path, checkpoint)
