"""`airledger login` and `logout`: the server and token that commands use from here on."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.errors import report
from consumers.cli.printing import moment, print_json, print_line
from consumers.cli.server import Server
from consumers.cli.session import Json, SessionArg
from ledger.errors import Invalid, LedgerError

if TYPE_CHECKING:
    from consumers.client.browser_login import NewSession
    from consumers.client.connection import Connection
    from consumers.client.login import Login

_MOST_CHARACTERS = 1_000


def login(
    url: Annotated[str, Parameter(help="The server's URL: https://ledger.example.")],
    *,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Log in at a server, and keep its URL and a token for the commands from here on.

    The token is AIRLEDGER_TOKEN, or read from standard input. Without one, a browser is used where
    people log in at a provider; else the token is asked for without echo. It is kept in a file
    that only this user may read. Who acts is whom the token is of, or who logged in.
    """
    from consumers.client.connection import Connection
    from consumers.client.login import Login, keep_login
    from ledger.settings import load

    url = load(flags={"url": url}).url or url
    settings = session.settings()
    token = settings.token or _piped()
    if not token:
        with Connection(url, None, ca_file=settings.ca_file) as connection:
            made = _by_browser(connection)
        if made is not None:
            _keep_session(url, made, json=json)
            return
        token = _typed(url)
    server = Server(url=url, token=token, named_by="", ca_file=settings.ca_file)
    with server.open() as remote:
        holder = remote.token()
    file = keep_login(Login(url=url, token=token))
    if json:
        print_json({"url": url, "name": holder.name, "scope": holder.scope, "file": str(file)})
        return
    print_line(f"Logged in at {url} as {holder.name}, with scope {holder.scope}.")
    print_line(f"The token is kept in {file}; airledger logout forgets it.")


def logout(*, json: Json = False, session: SessionArg) -> None:
    """Forget the server and the token that airledger login kept.

    The session of a log-in by a browser ends; a token itself stays valid.
    """
    from consumers.client.login import forget_login, kept_login
    from ledger.errors import SettingsError

    try:
        kept = kept_login()
    except SettingsError:
        kept = None  # of no use, and forgotten all the same
    ended = kept is not None and kept.by_browser and _end(kept, session)
    file = forget_login()
    if json:
        print_json({"forgotten": file is not None})
    elif file is None:
        print_line("There was no login.")
    elif ended:
        print_line(f"Logged out: the session has ended, and {file} is deleted.")
    elif kept is not None and kept.by_browser:
        print_line(f"Forgotten: {file} is deleted.")
    else:
        print_line(f"Forgotten: {file} is deleted. airledger token revoke ends the token itself.")


def _by_browser(connection: "Connection") -> "NewSession | None":
    """The session that a person allows in the browser; None where no provider logs people in."""
    from consumers.client.browser_login import BrowserLogin, provider_of

    if (provider := provider_of(connection)) is None:
        return None
    with BrowserLogin.listening(connection.url) as waiting:
        report(
            f"Log in with {provider}, and allow it on the page that shows {waiting.comparison}:\n\n"
            f"    {waiting.address}\n"
        )
        _open(waiting.address)
        return waiting.redeem(connection, waiting.await_code())


def _open(address: str) -> None:
    """Opens a browser where there is a desktop: a browser of the terminal is of no use."""
    by_name = {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    if by_name or sys.platform in {"darwin", "win32"}:
        import webbrowser

        webbrowser.open(address)


def _keep_session(url: str, made: "NewSession", *, json: bool) -> None:
    from consumers.client.login import Login, keep_login

    file = keep_login(Login(url=url, token=made.token, by_browser=True))
    if json:
        shown = {"url": url, "name": made.name, "scope": made.scopes[-1]}
        print_json({**shown, "ends_at": made.ends_at, "file": str(file)})
        return
    until = moment(made.ends_at)
    print_line(f"Logged in at {url} as {made.name}, with scope {', '.join(made.scopes)}.")
    print_line(f"The session is kept in {file} until {until}; airledger logout ends it.")


def _end(kept: "Login", session: SessionArg) -> bool:
    """Whether the session was ended at its server; why not is reported."""
    from consumers.client.connection import Connection

    try:
        ca_file = session.settings().ca_file
        with Connection(kept.url, kept.token, ca_file=ca_file) as connection:
            connection.post("/v1/logout")
    except LedgerError as error:
        report(f"The session could not be ended, and ends by itself: {error}")
        return False
    return True


def _piped() -> str:
    """The token on standard input; empty where that is a terminal, or has nothing."""
    if sys.stdin.isatty():
        return ""
    text = sys.stdin.readline(_MOST_CHARACTERS).strip()
    return _checked(text) if text else ""


def _typed(url: str) -> str:
    """The token that a person types. Raises Invalid for one that cannot be sent."""
    from getpass import getpass

    return _checked(getpass(f"Token for {url}: ").strip() if sys.stdin.isatty() else "")


def _checked(text: str) -> str:
    from ledger.transparency.http_reader import is_header_text

    if not text or not is_header_text(text) or " " in text:
        raise Invalid(
            "No token was given, or it has characters that no token has.",
            remedy="Type it, pipe it in, or set AIRLEDGER_TOKEN.",
        )
    return text
