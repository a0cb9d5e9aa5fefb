"""`airledger release` and `airledger releases`: generated from the commands, and the checks."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from consumers.cli.arguments import require_text
from consumers.cli.errors import NO_ANSWER, error_text, report
from consumers.cli.files import private_file
from consumers.cli.lists import list_command
from consumers.cli.printing import format_time, print_json, print_line, print_table
from consumers.cli.session import Json, SessionArg
from consumers.cli.stream_commands import stream_app
from consumers.text_safety import escape_controls
from ledger.domain.release import RELEASE
from ledger.domain.release.commands import PRODUCTION
from ledger.domain.release.words import GoNoGo
from ledger.errors import LedgerError
from projections.releases import LIST, RELEASES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consumers.read_service.releases import GateView

app = stream_app(RELEASE)
releases = list_command(RELEASES, LIST)
app.command(releases, name="list")
app.command("consumers.cli.release_github:github", name="github")

EXIT: dict[GoNoGo, int] = {GoNoGo.GO: 0, GoNoGo.NO_GO: 1, GoNoGo.UNDECIDED: 2}
"""The exit status of a check by its outcome."""

System = Annotated[str, Parameter(help="The system, or the release as RLS-<n> without VERSION.")]
Version = Annotated[str | None, Parameter(help="Its version.")]
Environment = Annotated[str, Parameter(help="Where it runs.")]
Leaf = Annotated[int | None, Parameter(help="The leaf of the decision; absent, the newest.")]


def release_ref(system: str, version: str | None, environment: str) -> str:
    """How a release is named; SYSTEM alone is its reference."""
    if version is None:
        return system
    return f"{system}@{version}" + (f"@{environment}" if environment != PRODUCTION else "")


@app.command
def check(
    system: System,
    version: Version = None,
    *,
    environment: Environment = PRODUCTION,
    digest: Annotated[
        str | None, Parameter(help="The SHA-256 of the artefact that is about to be deployed.")
    ] = None,
    rollback: Annotated[
        str | None, Parameter(help="The open incident for which one rolls back to it.")
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> int:
    """Whether a release may be deployed: exit status 0 go, 1 no-go, 2 undecided, 3 no answer."""
    from consumers.client.queries import check_of

    try:
        ref = release_ref(system, version, environment)
        for name, value in (("SYSTEM", ref), ("--digest", digest), ("--rollback", rollback)):
            require_text(name, value)
        with session.open_client() as client:
            found = client.view(check_of(digest=digest, rollback=rollback), ref)
    except LedgerError as error:
        report(error_text(error))
        return NO_ANSWER
    if json:
        print_json(found)
        return EXIT[found.outcome]
    name = escape_controls(f"{found.system} {found.version}", one_line=True)
    print_line(f"{name} ({found.environment}, {found.reference}): {found.outcome.label.upper()}")
    print_line(escape_controls(found.reason, one_line=True))
    print_gates(found.gates)
    print_line(f"Digest to sign: {found.subject_digest}")
    return EXIT[found.outcome]


@app.command
def explain(
    system: System,
    version: Version = None,
    *,
    environment: Environment = PRODUCTION,
    leaf: Leaf = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """A decision as it was made: each requirement with its basis of that day."""
    from consumers.client.queries import explanation_of

    ref = release_ref(system, version, environment)
    require_text("SYSTEM", ref)
    with session.open_client() as client:
        found = client.view(explanation_of(leaf), ref)
    if json:
        print_json(found)
        return
    decided = found.decision
    name = escape_controls(f"{found.system} {found.version}", one_line=True)
    print_line(
        f"{name} ({found.environment}, {found.reference}): {decided.decision.label.lower()}, "
        f"decided by {escape_controls(decided.by, one_line=True)} at "
        f"{format_time(decided.at, seconds=True)}, leaf {decided.leaf}"
    )
    if decided.reason:
        print_line(f"Reason: {escape_controls(decided.reason, one_line=True)}")
    for each in decided.conditions:
        print_line(f"Condition: {escape_controls(each, one_line=True)}")
    print_gates(found.gates)
    print_line(f"By the policy {found.policy}; digest {decided.subject_digest}")
    print_line(
        "Judging the log up to that leaf again comes to the same."
        if found.reproduced
        else "Judging the log up to that leaf again comes to something else: a newer program "
        "judges otherwise."
    )


@app.command
def export(
    system: System,
    version: Version = None,
    *,
    environment: Environment = PRODUCTION,
    leaf: Leaf = None,
    output: Annotated[
        Path | None,
        Parameter(name=("--output", "-o"), help="The file to write; standard output by default."),
    ] = None,
    session: SessionArg,
) -> None:
    """A decision for others: an in-toto Statement with a SLSA VSA, in a signed DSSE envelope."""
    import msgspec

    from consumers.client.queries import statement_of

    ref = release_ref(system, version, environment)
    require_text("SYSTEM", ref)
    with session.open_client(views=False) as client:
        content = msgspec.json.encode(client.view(statement_of(leaf), ref)) + b"\n"
    if output is None:
        sys.stdout.write(content.decode())
        return
    with private_file(output) as into:
        into.write(content)
    print_line(f"{output} written.")


key = App(name="key", help="The key that signs statements about releases; it is not the log's.")
app.command(key)


@key.default
def show_key(*, session: SessionArg) -> None:
    """The public key, in PEM: statements are checked with it."""
    with session.open_client(views=False) as client:
        sys.stdout.write(client.release_key())


@key.command(name="init")
def make_key(*, session: SessionArg) -> None:
    """Make the key in releases.key_file, once; an embedded ledger needs no such command."""
    from consumers.container.ledger import prepare_directory
    from consumers.container.release_key import make_release_key

    settings = session.settings()
    settings.require_supported()
    if settings.embedded:
        prepare_directory(settings)
    sys.stdout.write(make_release_key(settings).public_key)
    report(f"Created {settings.release_key_path}. Keep it secret, and copy it to the other hosts.")


@app.command(name="production")
def runs(
    system: Annotated[str, Parameter(help="The system: its name, SYS-<n> or its id.")],
    *,
    environment: Environment = PRODUCTION,
    json: Json = False,
    session: SessionArg,
) -> None:
    """What of a system runs and since when, and the last known good release."""
    from consumers.client.queries import production_of

    require_text("SYSTEM", system)
    with session.open_client(views=False) as client:
        found = client.view(production_of(environment), system)
    if json:
        print_json(found)
        return
    name = escape_controls(f"{found.system} in {found.environment}", one_line=True)
    good = found.last_known_good
    print_line(f"{name}: last known good {good.version if good else '-'}")
    print_table(
        ("Version", "Runs", "Since (UTC)"),
        ((each.version, each.mode.label, format_time(each.since)) for each in found.running),
    )


def print_gates(gates: "Sequence[GateView]") -> None:
    """Every requirement as a table."""
    print_table(
        ("Gate", "Requirement", "Verdict", "Basis", "Age (days)", "Why"),
        (
            (
                gate.title,
                each.words,
                each.verdict.label,
                ", ".join(of.reference for of in each.basis) or "-",
                "-" if each.age_days is None else each.age_days,
                each.reason,
            )
            for gate in gates
            for each in gate.requirements
        ),
        fold="Why",
    )
