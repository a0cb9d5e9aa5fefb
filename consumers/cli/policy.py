"""The policy in force, its history, and taking another."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from consumers.cli.arguments import require_text
from consumers.cli.errors import WRONG, say, told
from consumers.cli.files import readable
from consumers.cli.printing import items, line, print_json, when, written
from consumers.cli.session import Json, SessionArg
from consumers.text_safety import escape_controls
from ledger.errors import Invalid, LedgerError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consumers.cli.session import Session
    from ledger.domain.policy import PolicyAdopted
    from ledger.policy import Change

app = App(name="policy", help="The policy in force and those before it; check or adopt another.")

File = Annotated[Path, Parameter(help="A policy.toml.")]
MOST_BYTES = 1024 * 1024
"""What is read of a file at most; no policy is as long."""
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
    from consumers.commands.policy_history import adoption_in_force
    from projections.values import time_text

    with session.reading(views=False) as ledger:
        adopted = adoption_in_force(ledger.store)
    at = time_text(adopted.at)
    if json:
        print_json({"digest": adopted.digest, "text": adopted.text, "adopted_at": at})
        return
    if raw:
        written([adopted.text.encode()])
        return
    line(f"# Adopted {when(at)} UTC: {' '.join(str(adopted.reason).split())}")
    line(f"# {adopted.digest}")
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
    from consumers.access.people import display_names
    from consumers.commands.policy_history import adoptions

    with session.reading(views=False) as ledger:
        found = adoptions(ledger.store, display_names(ledger.store))
    if json:
        items(found)
        return
    for each in found:
        reason = " ".join(each.reason.split())
        line(f"{when(each.at)} UTC by {each.by}: {reason} (leaf {each.leaf})")
        line(f"  {each.digest}")
        if each.previous is not None:
            _tell(each.changes)
            if diff:
                print(escape_controls(each.diff), end="")
        print()


@app.command
def check(file: File, *, json: Json = False, session: SessionArg) -> int:
    """Whether a file is a policy that could be adopted, and what it would change.

    Names every fault by its path. Where there is no ledger yet, none is made.
    """
    from ledger.policy import difference, digest, parse_policy

    text = _text(file)
    try:
        policy = parse_policy(text)
    except Invalid as error:
        say(f"{file}: {told(error)}")
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
    line(f"{file} can be adopted: {policy.title} ({digest(text)}).")
    if adopted is None or other is None:
        line("There is no ledger here with a policy in force to compare it with.")
    elif adopted.digest == digest(text):
        line("It is in force.")
    else:
        line(f"Against the policy in force ({adopted.digest}):")
        _tell(other.changes)
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
    from ledger.domain.policy import AdoptPolicy, require_reason
    from ledger.execute import AdoptPolicyRequest
    from ledger.policy import digest, parse_policy

    text = _text(file)
    parse_policy(text)
    require_text("--reason", reason)
    require_reason(reason)
    if expect is not None and not _DIGEST.fullmatch(expect):
        raise Invalid(
            f"--expect {expect!r} is no digest.",
            remedy="Write it as airledger policy show does: sha256: and 64 digits.",
        )
    with session.acting() as acting:
        command = AdoptPolicy(text=text, reason=reason, expect=expect)
        outcome = acting.ledger.executor.execute(
            AdoptPolicyRequest(command=command), acting.context()
        )
    if json:
        print_json({"digest": digest(text), "adopted": outcome.events > 0})
    elif outcome.events:
        line(f"Adopted: {digest(text)}.")
    else:
        line("Nothing to do: this policy is in force already.")


def _tell(changes: "Sequence[Change]") -> None:
    for change in changes:
        line(f"  {change}")
    if not changes:
        line(f"  {_SAME}")


def _in_force(session: "Session") -> "PolicyAdopted | None":
    """The policy to compare with; None, where there is no ledger. One that fails is told."""
    from consumers.commands.policy_history import adoption_in_force

    settings = session.settings()
    if settings.embedded and not settings.ledger_path.exists():
        return None
    try:
        with session.reading(views=False) as ledger:
            return adoption_in_force(ledger.store)
    except LedgerError as error:
        say(f"The file is compared with nothing: {error}")
        return None


def _text(file: Path) -> str:
    """The file's text, its line ends as they are: the digest is of these bytes."""
    with readable(file), file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise SettingsError(
            f"{file} is longer than {MOST_BYTES} bytes.", remedy="Name a policy.toml."
        )
    try:
        return content.decode()
    except ValueError as error:
        raise SettingsError(f"{file} is not UTF-8: {error}.", remedy="Save it as UTF-8.") from error
