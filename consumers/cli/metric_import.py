"""`airledger metric import`: files of evaluation and monitoring tools as measurements."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from cyclopts import App, Parameter

from consumers.cli.arguments import require_text
from consumers.cli.errors import report
from consumers.cli.evidence import media_type_of
from consumers.cli.files import read_errors
from consumers.cli.printing import print_json, print_note, print_table
from consumers.cli.session import Json, Session, SessionArg
from consumers.commands.fields import labels
from consumers.commands.measuring import refusal_line
from ledger.domain.metric import METRIC
from ledger.errors import Invalid, LedgerError, Refused
from ledger.vocabulary import Direction, Purpose

if TYPE_CHECKING:
    from consumers.evaluations import ReadEvaluation

MAX_BYTES = 64 * 1024 * 1024
"""A larger file is not read."""
REFUSED = "refused: "
KIND = "evaluation_result"
"""The kind of evidence that such a file is, unless another is named."""
Pairs = Annotated[
    list[str] | None,
    Parameter(negative="", consume_multiple=False, help="NAME=VALUE; give it once for each."),
]


def add_import(app: App) -> None:
    """Adds the command to a group."""
    app.command(import_file, name="import")


def import_file(
    file: Annotated[Path, Parameter(help="The file, as the tool wrote it.")],
    *,
    system: Annotated[str, Parameter(help="The AI system that was measured.")],
    tool: Annotated[
        str | None, Parameter(help="The tool; without it the file has to be unmistakable.")
    ] = None,
    mapping: Annotated[Path | None, Parameter(help="A mapping of your own, in TOML.")] = None,
    name: Annotated[
        list[str] | None,
        Parameter(
            negative="",
            consume_multiple=False,
            help="FOUND=METRIC: take the value of this name, as this metric of the policy. Give it "
            "once for each; without any, all values are taken.",
        ),
    ] = None,
    purpose: Annotated[
        Purpose, Parameter(help="Objectives judge monitoring, gates judge evaluations.")
    ] = Purpose.EVALUATION,
    release: Annotated[str | None, Parameter(help="The release that was measured.")] = None,
    unit: Annotated[str | None, Parameter(help="The unit, where the file has none.")] = None,
    direction: Annotated[
        Direction | None, Parameter(help="Which values are better, where nothing says so.")
    ] = None,
    n: Annotated[
        int | None, Parameter(help="The number of samples, where the file has none.")
    ] = None,
    measured_at: Annotated[
        str | None, Parameter(help="When it was measured, where the file does not say so.")
    ] = None,
    zone: Annotated[
        str | None, Parameter(help="The zone of the file's times without an offset.")
    ] = None,
    segment: Pairs = None,
    model: Annotated[str | None, Parameter(help="The model that was measured.")] = None,
    dataset: Annotated[str | None, Parameter(help="The data set.")] = None,
    dataset_digest: Annotated[str | None, Parameter(help="Its digest.")] = None,
    judge: Annotated[str | None, Parameter(help="The model that judged the samples.")] = None,
    kind: Annotated[str, Parameter(help="The kind of evidence that the file is.")] = KIND,
    dry_run: Annotated[
        bool, Parameter(negative="", help="Print what would be recorded, and record nothing.")
    ] = False,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Record the values of a file, and file it as evidence. Again it changes nothing.

    What is no value is refused with its path and the reason: the exit status is 1 then, and what
    is right is recorded all the same.
    """
    from consumers.evaluations import Declared, parse_mapping, read_evaluation

    for option, text in (("--system", system), ("--tool", tool), ("--release", release)):
        require_text(option, text)
    declared = Declared(
        names=_pairs("--name", name),
        segment=_pairs("--segment", segment),
        unit=unit,
        direction=direction,
        n=n,
        measured_at=_time(measured_at, session),
        zone=zone,
        model=model,
        dataset_name=dataset,
        dataset_digest=dataset_digest,
        judge_model=judge,
    )
    content = _content(file)
    own = None if mapping is None else parse_mapping(_content(mapping).decode(errors="replace"))
    read = read_evaluation(content, tool=tool, mapping=own, declared=declared)
    of = _Of(file=file, content=content, system=system, purpose=purpose, release=release, kind=kind)
    results = {} if dry_run else _record(read, of, session)
    failed = [each for each in results.values() if each.startswith(REFUSED)]
    _print(read, results, json=json)
    if read.refused or failed:
        refused = len(read.refused) + len(failed)
        report(f"{refused} {'value was' if refused == 1 else 'values were'} refused.")
        raise SystemExit(1)


class _Of(NamedTuple):
    file: Path
    content: bytes
    system: str
    purpose: Purpose
    release: str | None
    kind: str


def _record(read: "ReadEvaluation", of: _Of, session: Session) -> dict[str, str]:
    """Files the file, then records each value; what became of each, by its path."""
    from consumers.commands.measuring import commands_for, evidence_of

    digest = hashlib.sha256(of.content).hexdigest()
    filed = evidence_of(
        read,
        kind=of.kind,
        title=of.file.name,
        digest=digest,
        size=len(of.content),
        media_type=media_type_of(of.file),
        system=of.system,
        release=of.release,
    )
    results: dict[str, str] = {}
    with session.open_client(write=True, create=True) as client:
        sent = client.file_content(filed, iter([of.content]))
        print_note(f"Filed as {sent.view.reference}.")
        for value, command in commands_for(
            read,
            system=of.system,
            evidence=digest,
            received_at=datetime.now(UTC),
            purpose=of.purpose,
            release=of.release,
        ):
            try:
                answer = client.send(METRIC, None, command)
            except (Invalid, Refused) as error:
                results[value.path] = f"{REFUSED}{error}"
                continue
            except LedgerError:
                print_note(
                    f"{len(results)} of {len(read.values)} values were sent. Import the file "
                    "again: what is on record stays as it is."
                )
                raise
            done = "recorded" if answer.recorded else "on record already"
            results[value.path] = f"{answer.view.reference} {done}"
    return results


def _print(read: "ReadEvaluation", results: dict[str, str], *, json: bool) -> None:
    if json:
        print_json({"read": read, "results": results})
        return
    print_table(
        ("Metric", "Value", "Unit", "Better", "Samples", "Measured (UTC)", "From", "Result"),
        (
            (
                value.metric,
                f"{value.value:.6g}",
                value.unit or "not known",
                value.direction.value if value.direction else "not known",
                value.n or "not known",
                "now" if value.until is None else f"{value.until.astimezone(UTC):%Y-%m-%d %H:%M}",
                value.path,
                results.get(value.path, "would be recorded"),
            )
            for value in read.values
        ),
        fold="From",
    )
    for each in read.refused:
        report(f"Refused: {refusal_line(each)}")
    undecided = [value for value in read.values if value.undecided]
    if undecided:
        print_note(
            f"{len(undecided)} of them cannot be judged, unless the policy says what is not known: "
            "name unit, direction or number of samples (--unit, --direction, --n)."
        )
    if read.left_out:
        print_note(f"Left out: {', '.join(read.left_out)}.")


def _pairs(option: str, lines: list[str] | None) -> dict[str, str]:
    try:
        return labels(lines or ())
    except ValueError as error:
        raise Invalid(f"{option}: {error}.") from error


def _time(text: str | None, session: Session) -> datetime | None:
    from consumers.cli.arguments import told_time
    from consumers.cli.times import has_offset

    if text is None:
        return None
    if has_offset(text):
        return session.times().parse("--measured-at", text)
    return told_time("--measured-at", text, session.times())


def _content(file: Path) -> bytes:
    with read_errors(file), file.open("rb") as opened:
        content = opened.read(MAX_BYTES + 1)  # a device or a pipe has no size
    if len(content) > MAX_BYTES:
        raise Invalid(
            f"{file} has more than {MAX_BYTES // 1024 // 1024} MiB.",
            remedy="Record its values by airledger metric record.",
        )
    return content
