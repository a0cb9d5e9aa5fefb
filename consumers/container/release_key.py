"""The key that signs statements about decisions on releases: a file of its own, not the log's."""

from ledger.errors import Conflict, SettingsError
from ledger.sealing import create_private
from ledger.settings import Settings
from ledger.transparency.dsse import EnvelopeSigner, new_envelope_key, parse_envelope_key

_INIT = "airledger release key init"


def open_release_key(settings: Settings) -> EnvelopeSigner:
    """The key in its file, read anew each time; an embedded ledger's is made where it is absent.

    On PostgreSQL none is made here: hosts that each make one sign with different keys. Raises
    SettingsError.
    """
    _require_place(settings)
    path = settings.release_key_path
    if not path.exists():
        if not settings.embedded:
            raise SettingsError(
                f"There is no key at {path}, which releases.key_file names.",
                remedy=f"Run {_INIT} on one host, once, and copy the file to the others.",
            )
        _create(settings)
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"The key {path} cannot be read: {error.strerror}.", remedy="Make it readable."
        ) from error
    try:
        return parse_envelope_key(pem)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error.message}", remedy=error.remedy) from error


def make_release_key(settings: Settings) -> EnvelopeSigner:
    """A new key, in a file that is not there yet. Raises Conflict, SettingsError."""
    _require_place(settings)
    if settings.release_key_path.exists() or not _create(settings):
        raise Conflict(
            f"There is a key at {settings.release_key_path} already.",
            remedy="No key is ever overwritten: name another releases.key_file, or move this one "
            "away; keep its public key, which statements that it signed are checked with.",
        )
    return open_release_key(settings)


def place_release_key(settings: Settings, signer: EnvelopeSigner) -> None:
    """Puts a key into its file, durably; where it is already, nothing is done.

    Raises SettingsError where another key is, which is never overwritten.
    """
    path = settings.release_key_path
    _write(settings, signer)
    if open_release_key(settings).keyid != signer.keyid:
        raise SettingsError(
            f"{path} holds another key.",
            remedy="Name a releases.key_file that is not there yet.",
        )


def _require_place(settings: Settings) -> None:
    if not settings.embedded and settings.releases.key_file is None:
        raise SettingsError(
            "store.url names a PostgreSQL server, and releases.key_file is not set: the key that "
            "signs statements about releases is made on purpose, in a place that you name.",
            remedy=f"Set releases.key_file; {_INIT} makes the key there, once.",
        )


def _create(settings: Settings) -> bool:
    """Makes a key; whether it is this one that the file holds, and not that of another process."""
    signer = new_envelope_key()
    _write(settings, signer)
    return open_release_key(settings).keyid == signer.keyid


def _write(settings: Settings, signer: EnvelopeSigner) -> None:
    path = settings.release_key_path
    try:
        create_private(path, signer.export())
    except OSError as error:
        raise SettingsError(
            f"The key {path} cannot be written: {error.strerror}.",
            remedy="Make its directory writable, or name another releases.key_file.",
        ) from error
