"""`airledger evidence`: documents on record, generated from the commands, and their content."""

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from mimetypes import guess_type
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

from cyclopts import Parameter

from consumers.cli.arguments import parse_body, require_text
from consumers.cli.errors import DONE, REFUSED
from consumers.cli.files import private_file, read_errors
from consumers.cli.lists import list_command
from consumers.cli.printing import print_json, print_line
from consumers.cli.session import Json, Session, SessionArg
from consumers.cli.stream_commands import stream_app
from consumers.text_safety import escape_controls
from ledger.domain.evidence import EVIDENCE, FileEvidence
from ledger.errors import Invalid, SettingsError
from ledger.vocabulary import Labelled
from projections.evidence import EVIDENCE as VIEW
from projections.evidence import LIST

app = stream_app(EVIDENCE, but=("file",))
app.command(list_command(VIEW, LIST), name="list")

if TYPE_CHECKING:
    from ledger.store.port import Store

W = TypeVar("W", bound=Labelled)
PART_BYTES = 256 * 1024
MEDIA_TYPES = {".md": "text/markdown", ".yaml": "application/yaml", ".yml": "application/yaml"}
"""Those that Python's table lacks on some machines, by the suffix of a file's name."""
OTHER_TYPE = "application/octet-stream"


@app.command(name="file")
def file_evidence(
    file: Annotated[
        Path | None, Parameter(help="The document. Without it, --digest names what is elsewhere.")
    ] = None,
    *,
    kind: Annotated[str, Parameter(help="Its kind, as the policy names it.")],
    title: Annotated[str | None, Parameter(help="What it is called; the file's name.")] = None,
    digest: Annotated[
        str | None, Parameter(help="The SHA-256 (hex) of the content, which it has to have.")
    ] = None,
    digest_only: Annotated[
        bool, Parameter(negative="", help="Record the file's digest alone: it stays elsewhere.")
    ] = False,
    system: Annotated[
        str | None, Parameter(help="The system that it is about; absent, the organisation.")
    ] = None,
    release: Annotated[str | None, Parameter(help="The version of the system.")] = None,
    size: Annotated[int | None, Parameter(help="In bytes; the file's.")] = None,
    media_type: Annotated[
        str | None, Parameter(help="What it is, such as application/pdf; by the file's name.")
    ] = None,
    url: Annotated[str | None, Parameter(help="Where the content stays elsewhere.")] = None,
    valid_until: Annotated[str | None, Parameter(help="When it expires.")] = None,
    tool: Annotated[str | None, Parameter(help="The program that read it.")] = None,
    tool_version: Annotated[str | None, Parameter(help="Its version.")] = None,
    values: Annotated[int | None, Parameter(help="How many values the program took.")] = None,
    refused: Annotated[
        list[str] | None,
        Parameter(
            name=("--refused",),
            negative="",
            consume_multiple=False,
            help="The values that it did not take. Give it once for each.",
        ),
    ] = None,
    idempotency_key: Annotated[
        str | None, Parameter(help="The same command under it again is recorded once, for 7 days.")
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """File a document: its content is stored outside the log, under its digest."""
    fields: dict[str, Any] = {
        "kind": kind,
        "title": title,
        "digest": digest,
        "system": system,
        "release": release,
        "size": size,
        "media_type": media_type,
        "url": url,
        "valid_until": valid_until,
        "tool": tool,
        "tool_version": tool_version,
        "values": values,
        "refused": refused,
    }
    require_text("--idempotency-key", idempotency_key)
    _file(session, file, fields, sends=not digest_only, key=idempotency_key, json=json)


@app.command
def content(
    ref: Annotated[str, Parameter(help="The evidence: EVD-<n> or its id.")],
    *,
    output: Annotated[
        Path | None, Parameter(help="The file to write; standard output by default.")
    ] = None,
    session: SessionArg,
) -> None:
    """The content of one piece of evidence, compared with its digest while it is read.

    Where it is another content it breaks off, and a file is not left behind.
    """
    require_text("REF", ref)
    with session.open_client(views=False) as client:
        parts = client.content(ref)
        if output is None:
            _write(parts, sys.stdout.buffer)
            return
        unfinished = output.with_name(f".{output.name}.part")
        try:
            with private_file(unfinished) as into:
                _write(parts, into)
            unfinished.replace(output)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    print_line(f"{output} written.")


@app.command
def completeness(
    ref: Annotated[str, Parameter(help="The evidence: EVD-<n> or its id.")],
    *,
    json: Json = False,
    session: SessionArg,
) -> int:
    """Whether it has all that the policy asks of its kind, and each item that is missing.

    Exit status 1 unless it is complete.
    """
    from consumers.client.queries import COMPLETENESS

    require_text("REF", ref)
    with session.open_client() as client:
        found = client.view(COMPLETENESS, ref)
    complete = found.verdict == found.verdict.COMPLETE
    if json:
        print_json(found)
    else:
        print_line(escape_controls(f"{found.verdict.label}. {found.reason}", one_line=True))
        for gap in found.gaps:
            print_line(escape_controls(f"  {gap.words}: {gap.reason}", one_line=True))
    return DONE if complete else REFUSED


@app.command
def generate(
    report: Annotated[
        str,
        Parameter(help="register, rca-summaries, dashboard-log, risk-report or raci."),
    ],
    *,
    month: Annotated[
        str | None, Parameter(help="Of this month: YYYY-MM. The RACI has none.")
    ] = None,
    form: Annotated[
        str,
        Parameter(
            name="--format",
            help="json or csv; of the risk report json, html or pdf.",
            show_default=True,
        ),
    ] = "json",
    system: Annotated[
        str | None, Parameter(help="Of this system alone. The risk report is of all.")
    ] = None,
    leaf: Annotated[
        int | None, Parameter(help="Up to this leaf of the log; the last by default.")
    ] = None,
    with_texts: Annotated[
        bool,
        Parameter(
            negative="",
            help="In a PDF of the risk report: titles and names as they are now, not their ids.",
        ),
    ] = False,
    valid_until: Annotated[
        str | None, Parameter(help="When it expires: of the RACI, when it is reviewed.")
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Make evidence of the log itself, and file it.

    The same leaf and program give the same bytes. It works on the ledger's host.
    """
    from consumers.client.local import LocalClient
    from consumers.commands.filing import NO_DIGEST
    from consumers.container.catch_up import ensure_sealed
    from consumers.read_service.governance import RACI, TOOL

    make = _maker(report, month, form, leaf, system, texts=with_texts)
    with session.open_write(create=False) as writer:
        ensure_sealed(writer.ledger)
        made = make(writer.ledger.store)
        fields = {
            "kind": made.kind,
            "title": made.title,
            "digest": NO_DIGEST,
            "system": system,
            "media_type": made.media_type,
            "valid_until": valid_until,
            "tool": TOOL if made.kind == RACI else None,
        }
        described = parse_body(FileEvidence, fields)
        sent = LocalClient(writer.ledger, writer.caller).file_content(
            described, iter([made.content])
        )
    if json:
        print_json(sent.view)
        return
    print_line(f"{sent.view.reference}: {made.title}.")


class _Made(NamedTuple):
    """What is filed: its kind, title, format and bytes."""

    kind: str
    title: str
    media_type: str
    content: bytes


def _maker(
    report: str,
    month: str | None,
    form: str,
    leaf: int | None,
    system: str | None,
    *,
    texts: bool,
) -> Callable[["Store"], _Made]:
    """What makes it of a log. Raises Invalid for what is asked wrongly."""
    from consumers.cli.register import require_month
    from consumers.commands.policy_history import policy_in_force
    from consumers.read_service import generated
    from consumers.read_service.governance import RACI
    from consumers.risk_report import filing

    if texts and report != filing.NAME:
        raise Invalid("--with-texts is for a PDF of the risk report.")
    if report == RACI:
        return _raci_maker(month, form, leaf, system)
    if month is None:
        raise Invalid("The month is missing.", errors=[("month", "give --month YYYY-MM")])
    require_month(month)

    if report == filing.NAME:
        kind_of_file = _word(filing.RiskReportFormat, "--format", form)
        if system is not None:
            raise Invalid(
                "The risk report is of all systems.",
                errors=[("system", "leave it out, or generate the register of the system")],
            )

        def risk(store: "Store") -> _Made:
            kind = filing.evidence_kind(policy_in_force(store))
            made = filing.file_report(store, month, kind_of_file, leaf=leaf, texts=texts)
            return _Made(kind, *made)

        return risk
    words = [each.value for each in generated.Report]
    if report not in words:
        known = ", ".join((*words, filing.NAME, RACI))
        raise Invalid(f"REPORT {report!r} is none of {known}.")
    what, how = generated.Report(report), _word(generated.ReportFormat, "--format", form)

    def other(store: "Store") -> _Made:
        made = generated.make_report(store, what, month, how, leaf=leaf, system=system)
        kind, media_type = generated.KINDS[what], generated.MEDIA_TYPES[how]
        return _Made(kind, made.title, media_type, made.content)

    return other


def _raci_maker(
    month: str | None, form: str, leaf: int | None, system: str | None
) -> Callable[["Store"], _Made]:
    """What makes the RACI of the policy in force. Raises Invalid for what it has not."""
    from consumers.commands.policy_history import adoption_in_force
    from consumers.read_service.governance import RACI, raci_document
    from ledger.policy import parse_adopted

    asked = {"month": month, "leaf": leaf, "system": system}
    wrong = [name for name, value in asked.items() if value is not None]
    if form != "json":
        wrong.append("format")
    if wrong:
        raise Invalid(
            "The RACI is that of the policy in force, for the organisation, as JSON.",
            errors=[(name, "leave it out") for name in wrong],
        )

    def raci(store: "Store") -> _Made:
        adopted = adoption_in_force(store)
        content = raci_document(parse_adopted(adopted.text), adopted.digest)
        title = f"RACI of the policy {adopted.digest.removeprefix('sha256:')[:12]}"
        return _Made(RACI, title, "application/json", content)

    return raci


def _file(
    session: Session,
    file: Path | None,
    fields: dict[str, Any],
    *,
    sends: bool,
    key: str | None,
    json: bool,
) -> None:
    from consumers.commands.filing import NO_DIGEST

    if file is None and fields["digest"] is None:
        raise Invalid(
            "Neither a file nor a digest is named.",
            errors=[("digest", "name a file, or the digest of what is kept elsewhere")],
        )
    if file is not None:
        fields["title"] = fields["title"] or file.name
        fields["media_type"] = fields["media_type"] or media_type_of(file)
    with _opened(file) as opened:
        if opened is not None and not sends:
            actual = hashlib.file_digest(opened, "sha256").hexdigest()
            if fields["digest"] not in {None, actual}:
                raise SettingsError(
                    f"{file} has the SHA-256 {actual}, and not {fields['digest']}.",
                    remedy="Name the file that has it.",
                )
            fields |= {"digest": actual, "size": opened.tell()}
        fields["digest"] = fields["digest"] or NO_DIGEST
        command = parse_body(FileEvidence, fields, session.times())
        with session.open_client(write=True, create=True) as client:
            if opened is not None and sends:
                sent = client.file_content(command, _parts(opened))
            else:
                sent = client.send(EVIDENCE, None, command, key=key)
    if json:
        print_json(sent.view)
        return
    done = "filed" if sent.recorded else "nothing to do, already in this state"
    print_line(f"{sent.view.reference}: {done}.")


def _word(of: type[W], option: str, given: str) -> W:
    """A word of a vocabulary. Raises Invalid."""
    if given not in set(of):
        known = ", ".join(each.value for each in of)
        raise Invalid(f"{option} {given!r} is none of {known}.")
    return of(given)


def _opened(file: Path | None) -> Any:
    if file is None:
        return nullcontext()
    with read_errors(file):
        return file.open("rb")


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(PART_BYTES):
        yield part


def _write(parts: Iterator[bytes], into: IO[bytes]) -> None:
    for part in parts:
        into.write(part)
    into.flush()


def media_type_of(file: Path) -> str:
    """What a file is, by its name."""
    suffix = file.suffix.lower()
    return MEDIA_TYPES.get(suffix) or guess_type(file.name)[0] or OTHER_TYPE
