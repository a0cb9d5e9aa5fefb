"""Which ledger a command works with: that of a server, or one on this host."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from consumers.cli.errors import report
from ledger.errors import SettingsError

if TYPE_CHECKING:
    from consumers.client.remote import RemoteClient
    from ledger.settings import HttpSettings, Settings

_HERE = ("data_dir", "store.url")


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server, and how to get there. `named_by` says where its URL is from."""

    url: str
    token: str | None
    named_by: str
    by_login: bool = False
    ca_file: Path | None = None

    @contextmanager
    def open(self) -> "Iterator[RemoteClient]":
        """A client of the server. Raises SettingsError without a token."""
        from consumers.client.connection import Connection, is_exposed
        from consumers.client.remote import RemoteClient

        if self.token is None:
            raise SettingsError(
                f"There is no token for {self.url}.",
                remedy="Set AIRLEDGER_TOKEN, or run airledger login.",
            )
        if is_exposed(self.url):
            report(f"Warning: {self.url} is not encrypted, and the token can be read on its way.")
        with Connection(self.url, self.token, ca_file=self.ca_file) as connection:
            yield RemoteClient(connection)


def server_of(settings: "Settings", flags: Mapping[str, object]) -> Server | None:
    """The server that is named; None where a ledger on this host is.

    The first of: --data-dir or --store.url (a ledger here), AIRLEDGER_URL or `url` in the settings
    file (a server), `data_dir` or `store.url` there (here), the login that is kept, the default.
    """
    from consumers.client.login import kept_login

    if any(flags.get(name) is not None for name in _HERE):
        return None
    if settings.url is not None:
        token = settings.token or _kept_token(settings.url)
        return Server(
            url=settings.url, token=token, named_by="AIRLEDGER_URL", ca_file=settings.ca_file
        )
    if {"data_dir", "store"} & settings.model_fields_set:
        return None
    if (login := kept_login()) is None:
        return None
    return Server(
        url=login.url,
        token=settings.token or login.token,
        named_by="airledger login",
        by_login=True,
        ca_file=settings.ca_file,
    )


def _kept_token(url: str) -> str | None:
    from consumers.client.login import kept_login

    login = kept_login()
    return login.token if login is not None and login.url == url else None


def server_url(http: "HttpSettings") -> str:
    """The server's URL by the settings of where it listens."""
    host = "airledger.example" if http.host in {"0.0.0.0", "::"} else http.host  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{http.port or 'PORT'}"
