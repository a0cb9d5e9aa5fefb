"""The commands about files of the ledger's host, which no server runs for others."""

from collections.abc import Sequence

from consumers.cli.session import Session
from ledger.errors import SettingsError

_STARTED_HERE = frozenset({"serve", "run", "demo"})
"""Commands that start a server: a login kept for others does not concern them."""
_ON_THE_HOST = (
    *((name,) for name in sorted(_STARTED_HERE)),
    *((name,) for name in ("store", "log", "topics", "migrate", "positions", "rebuild")),
    ("role", "break-glass"),
    *((group, name) for group in ("source", "token") for name in ("add", "revoke", "try")),
    ("session", "link"),
    ("notify", "start"),
    ("release", "key", "init"),
    ("reader", "list"),
    ("reader", "ask"),
    ("evidence", "generate"),
)
"""Commands about files of the ledger's host, or about its store."""


def require_host(session: Session, tokens: Sequence[str]) -> None:
    """Raises SettingsError for a command about files of the host where a server is named."""
    words = tuple(token for token in tokens if not token.startswith("-"))
    command = next((each for each in _ON_THE_HOST if words[: len(each)] == each), None)
    if command is None or {"--help", "-h", "--version"} & set(tokens):
        return
    server = session.server()
    if server is None:
        return
    if server.by_login and command[0] in _STARTED_HERE:
        return
    remedy = "Unset AIRLEDGER_URL" if not server.by_login else "Run airledger logout"
    raise SettingsError(
        f"airledger {' '.join(command)} works on the files and the store of the ledger's host, and "
        f"{server.named_by} names a server: {server.url}.",
        remedy=f"Run it on that host. For a ledger here, name it with --data-dir. {remedy} to work "
        "with ledgers here alone.",
    )
