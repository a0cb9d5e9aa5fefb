"""The policy in force, and taking another."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from consumers.cli.bodies import require_text
from consumers.cli.failing import WRONG, say, told
from consumers.cli.printing import document, line, when
from consumers.cli.session import Here, Json
from ledger.errors import Invalid, SettingsError

app = App(name="policy", help="The policy in force; check or adopt another.")

File = Annotated[Path, Parameter(help="A policy.toml.")]


@app.command
def show(*, json: Json = False, session: Here) -> None:
    """The policy in force, as TOML."""
    from consumers.adoption import policy_in_force
    from projections.values import time_text

    with session.reading(views=False) as ledger:
        adopted = policy_in_force(ledger.store)
    at = time_text(adopted.at)
    if json:
        document({"digest": adopted.digest, "text": adopted.text, "adopted_at": at})
        return
    line(f"# Adopted {when(at)} UTC: {adopted.reason}")
    line(f"# {adopted.digest}")
    print(adopted.text, end="" if adopted.text.endswith("\n") else "\n")


@app.command
def check(file: File, *, json: Json = False) -> int:
    """Whether a file is a policy that could be adopted; names every fault by its path."""
    from ledger.policy import digest, read

    text = _text(file)
    try:
        policy = read(text)
    except Invalid as error:
        say(f"{file}: {told(error)}")
        if json:
            faults = [{"path": path, "message": fault} for path, fault in error.errors]
            document({"ok": False, "digest": digest(text), "errors": faults})
        return WRONG
    if json:
        document({"ok": True, "digest": digest(text), "errors": []})
    else:
        line(f"{file} can be adopted: {policy.title} ({digest(text)}).")
    return 0


@app.command
def adopt(
    file: File,
    *,
    reason: Annotated[str, Parameter(help="Why, for those who read the record.")],
    json: Json = False,
    session: Here,
) -> None:
    """Put a policy in force; every decision from now on uses it."""
    from ledger.domain.policy import AdoptPolicy
    from ledger.execute import TakePolicy
    from ledger.policy import digest, read

    text = _text(file)
    read(text)
    require_text("--reason", reason)
    if not reason.strip():
        raise Invalid("--reason is empty.", remedy="Say why this policy takes force.")
    with session.acting() as acting:
        command = AdoptPolicy(text=text, reason=reason)
        outcome = acting.ledger.executor.execute(TakePolicy(command=command), acting.context())
    if json:
        document({"digest": digest(text), "adopted": outcome.events > 0})
    elif outcome.events:
        line(f"Adopted: {digest(text)}.")
    else:
        line("Nothing to do: this policy is in force already.")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be read: {error.strerror or error}.", remedy="Name a readable file."
        ) from error
    except ValueError as error:
        raise SettingsError(f"{file} is not UTF-8: {error}.", remedy="Save it as UTF-8.") from error
