"""`airledger login` and `logout`: the server and token that commands use from here on."""

import sys
from typing import Annotated

from cyclopts import Parameter

from consumers.cli.printing import print_json, print_line
from consumers.cli.server import Server
from consumers.cli.session import Json, SessionArg
from ledger.errors import Invalid

_MOST_CHARACTERS = 1_000


def login(
    url: Annotated[str, Parameter(help="The server's URL: https://ledger.example.")],
    *,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Check a token with a server, and keep both for the commands from here on.

    The token is asked for without echo, or read from standard input; AIRLEDGER_TOKEN goes before.
    It is kept in a file that only this user may read. Who acts is whom the token is of.
    """
    from consumers.client.login import Login, keep_login
    from ledger.settings import load

    url = load(flags={"url": url}).url or url
    settings = session.settings()
    token = settings.token or _token(url)
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
    """Forget the server and the token that airledger login kept. The token itself stays valid."""
    from consumers.client.login import forget_login

    file = forget_login()
    if json:
        print_json({"forgotten": file is not None})
    elif file is None:
        print_line("There was no login.")
    else:
        print_line(f"Forgotten: {file} is deleted. airledger token revoke ends the token itself.")


def _token(url: str) -> str:
    """The token that is typed or piped in. Raises Invalid for one that cannot be sent."""
    from ledger.transparency.http_reader import is_header_text

    if sys.stdin.isatty():
        from getpass import getpass

        text = getpass(f"Token for {url}: ")
    else:
        text = sys.stdin.readline(_MOST_CHARACTERS)
    text = text.strip()
    if not text or not is_header_text(text) or " " in text:
        raise Invalid(
            "No token was given, or it has characters that no token has.",
            remedy="Type it, pipe it in, or set AIRLEDGER_TOKEN.",
        )
    return text
