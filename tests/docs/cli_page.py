"""docs/reference/cli.md, from the program: the help text of every command."""

import sys
from collections.abc import Iterator
from io import StringIO
from unittest import mock

from cyclopts import App
from rich.console import Console

from consumers.cli.app import add_stream_groups, app

COMMAND = "python -m tests.docs.generate"
COLUMNS = 100
SETTINGS = "╭─ Settings"
"""How the panel begins that ends every help text."""

_HEAD = f"""\
# Command line

<!-- Generated from consumers.cli by `{COMMAND}`; do not edit. -->

The output of `airledger COMMAND --help` for every command. A command works on the ledger that the
settings name, with or without a running server; or, with `AIRLEDGER_URL` or `airledger login`, on
[a server's](../how-to/use-the-command-line-from-a-laptop.md). `serve`, `source add`, `token add`
and `incident report` create an embedded ledger if there is none. A command that writes returns when
its events are sealed and projected. Every command that reads takes `--json`: one document, with
complete lists under `items`. `REF` is an incident's id, or its reference `INC-<n>`, or n alone. The
options under "Settings" apply to every command and are shown once; every other
[setting](settings.md) but `url` and `token` has an option as well, such as `--http.port`.

Exit status: 0 done; 1 refused, or verification failed; 2 wrong usage, settings or input file; 4
recorded, not sealed yet. See [errors](errors.md).
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for tokens in [[], *commands()]:
        title = " ".join(["airledger", *tokens])
        parts.append(f"\n## {title}\n\n```text\n{_help(tokens)}\n```\n")
    return "".join(parts)


def commands() -> list[list[str]]:
    """Every command as the words that name it, in the order of the program."""
    add_stream_groups()
    return list(_commands(app, []))


def _commands(of: App, before: list[str]) -> Iterator[list[str]]:
    for name, command in of.resolved_commands().items():
        if name.startswith("-"):
            continue
        yield [*before, name]
        yield from _commands(command, [*before, name])


def _help(tokens: list[str]) -> str:
    """A command's help as a terminal of that width shows it; the settings only with the first."""
    out = StringIO()
    console = Console(file=out, width=COLUMNS, color_system=None, legacy_windows=False)
    with mock.patch.object(sys, "argv", ["airledger"]):
        app.meta([*tokens, "--help"], console=console, exit_on_error=False)
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines())
    return (text.partition(SETTINGS)[0] if tokens else text).strip("\n")
