"""The server and token that `airledger login` keeps, in a file of the user's own."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from ledger.errors import SettingsError

PRIVATE, PRIVATE_DIRECTORY = 0o600, 0o700


class Login(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A server's URL, and the token to use there; `by_browser`: that of a session."""

    url: str
    token: str
    by_browser: bool = False

    def __repr__(self) -> str:
        """Without the token."""
        return f"Login(url={self.url!r})"


def login_file() -> Path:
    """`airledger/login.json` in the user's configuration directory (XDG_CONFIG_HOME, ~/.config)."""
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    try:
        base = Path(configured) if Path(configured).is_absolute() else Path.home() / ".config"
    except RuntimeError as error:  # this user has no home
        raise SettingsError(
            f"There is no configuration directory: {error}.", remedy="Set XDG_CONFIG_HOME."
        ) from error
    return base / "airledger" / "login.json"


def kept_login() -> Login | None:
    """The login that is kept; None where there is none. Raises SettingsError."""
    try:
        file = login_file()
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError, SettingsError):
        return None
    except OSError as error:
        raise _unusable(file, f"cannot be read: {error.strerror}") from error
    try:
        return msgspec.json.decode(content, type=Login)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _unusable(file, "does not hold a login") from error


def keep_login(login: Login) -> Path:
    """Keeps a login, readable by its user alone; returns the file. Raises SettingsError."""
    file = login_file()
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            beside.unlink()
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        with os.fdopen(opened, "wb") as writing:
            writing.write(msgspec.json.encode(login) + b"\n")
        beside.replace(file)
    except OSError as error:
        raise SettingsError(
            f"The login cannot be kept in {file}: {error.strerror}.",
            remedy="Set XDG_CONFIG_HOME to a directory of yours, or use AIRLEDGER_URL and "
            "AIRLEDGER_TOKEN.",
        ) from error
    return file


def forget_login() -> Path | None:
    """Deletes the login; returns its file, None where there was none. Raises SettingsError."""
    file = login_file()
    try:
        file.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unusable(file, f"cannot be deleted: {error.strerror}") from error
    return file


def _unusable(file: Path, why: str) -> SettingsError:
    return SettingsError(f"{file} {why}.", remedy="Run airledger logout, then airledger login URL.")
