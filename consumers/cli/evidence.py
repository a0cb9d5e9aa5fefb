"""`airledger evidence`: documents on record, generated from the commands, and their content."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from mimetypes import guess_type
from pathlib import Path
from typing import IO, Annotated, Any

from cyclopts import Parameter

from consumers.cli.arguments import parse_body, require_text
from consumers.cli.errors import DONE, REFUSED
from consumers.cli.evidence_generate import generate
from consumers.cli.files import private_file, read_errors
from consumers.cli.lists import list_command
from consumers.cli.printing import print_json, print_line
from consumers.cli.session import Json, Session, SessionArg
from consumers.cli.stream_commands import stream_app
from consumers.text_safety import escape_controls
from ledger.domain.evidence import EVIDENCE, FileEvidence
from ledger.errors import Invalid, SettingsError
from projections.evidence import EVIDENCE as VIEW
from projections.evidence import LIST

app = stream_app(EVIDENCE, but=("file",))
app.command(list_command(VIEW, LIST), name="list")

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


app.command(generate)


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
