"""The policy in force, its history, and its replacement."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from consumers.cli.arguments import require_text
from consumers.cli.errors import WRONG, error_text, report
from consumers.cli.files import read_errors
from consumers.cli.printing import (
    moment,
    print_items,
    print_json,
    print_line,
    write_bytes,
)
from consumers.cli.session import Json, SessionArg
from consumers.text_safety import escape_controls
from ledger.errors import Invalid, LedgerError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consumers.cli.session import Session
    from consumers.commands.policy_history import AdoptionResult, PolicyView
    from ledger.policy import Change

app = App(name="policy", help="The policy in force and its history; check or adopt another.")

File = Annotated[Path, Parameter(help="A policy.toml.")]
MAX_FILE_BYTES = 1024 * 1024
"""The maximum number of bytes read of a file; above the limit of a policy."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SAME = "No value changes: comments or layout alone."


@app.command
def show(
    *,
    raw: Annotated[
        bool,
        Parameter(negative="", help="The text alone, byte for byte.", show_default=False),
    ] = False,
    json: Json = False,
    session: SessionArg,
) -> None:
    """The policy in force, as TOML."""
    with session.open_client(views=False) as client:
        adopted = client.policy()
    at = adopted.adopted_at
    if json:
        print_json({"digest": adopted.digest, "text": adopted.text, "adopted_at": at})
        return
    if raw:
        write_bytes([adopted.text.encode()])
        return
    print_line(f"# Adopted {moment(at)}: {' '.join(adopted.reason.split())}")
    print_line(f"# {adopted.digest}")
    text = escape_controls(adopted.text) if sys.stdout.isatty() else adopted.text
    print(text, end="" if text.endswith("\n") else "\n")


@app.command
def history(
    *,
    diff: Annotated[
        bool, Parameter(negative="", help="With the lines that differ.", show_default=False)
    ] = False,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Every adoption, newest first, each with what it changed."""
    with session.open_client(views=False) as client:
        found = client.adoptions()
    if json:
        print_items(found)
        return
    for each in found:
        reason = " ".join(each.reason.split())
        print_line(f"{moment(each.at)} by {each.by}: {reason} (leaf {each.leaf})")
        print_line(f"  {each.digest}")
        if each.previous is not None:
            _print_changes(each.changes)
            if diff:
                print(escape_controls(each.diff), end="")
        print()


@app.command
def check(file: File, *, json: Json = False, session: SessionArg) -> int:
    """Whether a file is a policy that could be adopted, and what it would change.

    Names every fault by its path. Where there is no ledger yet, none is made.
    """
    from ledger.policy import difference, digest, parse_policy

    text = _read_text(file)
    try:
        policy = parse_policy(text)
    except Invalid as error:
        report(f"{file}: {error_text(error)}")
        if json:
            faults = [{"path": path, "message": fault} for path, fault in error.errors]
            print_json({"ok": False, "digest": digest(text), "errors": faults})
        return WRONG
    adopted = _in_force(session)
    other = difference(adopted.text, text) if adopted else None
    if json:
        answer = {"ok": True, "digest": digest(text), "errors": []}
        if adopted and other:
            answer |= {"in_force": adopted.digest, "changes": other.changes, "diff": other.diff}
        print_json(answer)
        return 0
    print_line(f"{file} can be adopted: {policy.title} ({digest(text)}).")
    if adopted is None or other is None:
        print_line("There is no ledger here with a policy in force to compare it with.")
    elif adopted.digest == digest(text):
        print_line("It is in force.")
    else:
        print_line(f"Against the policy in force ({adopted.digest}):")
        _print_changes(other.changes)
    return 0


@app.command
def adopt(
    file: File,
    *,
    reason: Annotated[str, Parameter(help="Why, for those who read the record.")],
    expect: Annotated[
        str | None,
        Parameter(help="The digest of the policy that it replaces; refused where another is."),
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Put a policy in force; every decision from now on uses it."""
    from ledger.domain.policy import require_reason
    from ledger.policy import digest, parse_policy

    text = _read_text(file)
    parse_policy(text)
    require_text("--reason", reason)
    require_reason(reason)
    if expect is not None and not _DIGEST.fullmatch(expect):
        raise Invalid(
            f"--expect {expect!r} is no digest.",
            remedy="Write it as airledger policy show does: sha256: and 64 digits.",
        )
    with session.open_client(write=True, create=True) as client:
        result = client.adopt(text, reason, expect)
    _print_result(result, digest(text), json=json)


@app.command
def approve(
    policy: Annotated[str, Parameter(help="The digest of a policy that waits.")],
    *,
    reason: Annotated[str, Parameter(help="Why, for those who read the record.")],
    json: Json = False,
    session: SessionArg,
) -> None:
    """Adopt a policy that another person proposed, as the second person."""
    from consumers.commands.policy_history import proposal_in

    with session.open_client(write=True) as client:
        of = proposal_in(client.proposals(), policy)
        in_force = client.policy().digest
        result = client.adopt(of.text, reason, in_force)
    _print_result(result, of.digest, json=json)


@app.command
def proposals(*, json: Json = False, session: SessionArg) -> None:
    """The policies that wait for a second person, and what each changes."""
    with session.open_client(views=False) as client:
        found = client.proposals()
    if json:
        print_items(found)
        return
    for each in found:
        by = ", ".join(each.by) or "a program, which does not count"
        print_line(f"{moment(each.at)} by {by}: {' '.join(each.reason.split())}")
        print_line(f"  {each.digest}")
        _print_changes(each.changes)
    if not found:
        print_line("No policy waits for a second person.")


def _print_result(result: "AdoptionResult", digest: str, *, json: bool) -> None:
    if json:
        proposed = {"proposed": True} if result == "proposed" else {}
        print_json({"digest": digest, "adopted": result == "adopted", **proposed})
    elif result == "adopted":
        print_line(f"Adopted: {digest}.")
    elif result == "proposed":
        print_line(f"Proposed, not in force: {digest}.")
        print_line("A second person, logged in as a person, adopts it: airledger policy approve.")
    else:
        print_line("Nothing to do: this policy is in force already.")


def _print_changes(changes: "Sequence[Change]") -> None:
    for change in changes:
        print_line(f"  {change}")
    if not changes:
        print_line(f"  {_SAME}")


def _in_force(session: "Session") -> "PolicyView | None":
    """The policy to compare with; None without a ledger. Reports an error of the ledger."""
    settings = session.settings()
    here = session.server() is None and settings.embedded
    if here and not settings.ledger_path.exists():
        return None
    try:
        with session.open_client(views=False) as client:
            return client.policy()
    except LedgerError as error:
        report(f"The file is not compared with the policy in force: {error}")
        return None


def _read_text(file: Path) -> str:
    """The file's text with its line ends unchanged: the digest is of these bytes."""
    with read_errors(file), file.open("rb") as opened:
        content = opened.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise SettingsError(
            f"{file} is longer than {MAX_FILE_BYTES} bytes.", remedy="Name a policy.toml."
        )
    try:
        return content.decode()
    except ValueError as error:
        raise SettingsError(f"{file} is not UTF-8: {error}.", remedy="Save it as UTF-8.") from error
