"""`airledger verify`: the whole log, of this store or of a running server."""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.errors import DONE, REFUSED, report
from consumers.cli.files import read_file
from consumers.cli.printing import print_fields, print_json, print_line, progress
from consumers.cli.session import Json, Session, SessionArg
from consumers.cli.topics import kafka_of
from ledger.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from consumers.cli.verify_result import Verified


def verify(
    *,
    url: Annotated[str | None, Parameter(help="A running server's, in place of the store.")] = None,
    vkey: Annotated[
        Path | None, Parameter(help="File with the log's verifier key: name+hash+key.")
    ] = None,
    token: Annotated[
        str | None, Parameter(help="A token of scope audit, unless the log is public.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        Parameter(help="File with an older checkpoint of the same log, kept outside."),
    ] = None,
    kafka: Annotated[
        bool, Parameter(negative="", help="The topic on Kafka, in place of the store.")
    ] = False,
    json: Json = False,
    session: SessionArg,
) -> int:
    """Check the whole log: every event's hash, the tree, the signed checkpoints.

    Names the first bad leaf index. Without --url it checks the configured store, the checkpoint
    stored with the signing key, and the tables beside the log: tokens, positions, texts, and the
    database's own integrity. It also opens a damaged store. With --kafka it checks that every event
    is in the topic, unaltered and in order.
    """
    if url is None and not kafka and (server := session.server()) is not None:
        url, token = server.url, token or server.token
    if kafka and (url is not None or checkpoint is not None):
        raise SettingsError("--kafka goes with --vkey alone.", remedy="Verify one after the other.")
    if (url is not None or kafka) and vkey is None:
        raise SettingsError(
            f"--{'kafka' if kafka else 'url'} needs --vkey: a key from the server proves nothing.",
            remedy="Get the key from the log's operator once (/log/vkey), and keep it in a file.",
        )
    if url is None and token is not None:
        raise SettingsError("--token goes with --url.", remedy="Leave it out, or name a server.")
    key = read_file(vkey).decode("utf-8", "replace").strip() if vkey else None
    older = read_file(checkpoint) if checkpoint else None
    with progress("Verifying") as update:
        step = partial(update, "Verifying")
        if kafka and key is not None:
            verified = _of_kafka(session, key, step)
        elif url is not None and key is not None:
            verified = _of_server(url, token, key, older, step)
        else:
            verified = _of_store(session, key, older, step)
    if json:
        print_json(verified)
    else:
        _print(verified)
    if verified.ok and not verified.beside:
        return DONE
    if verified.ok:
        report(f"The log is whole; the tables beside it are not: {verified.beside[0]}")
        return REFUSED
    at = verified.first_bad_index
    where = "the first bad event is unknown" if at is None else f"from event {at}"
    report(f"Verification failed, {where}. {verified.problems[0]}")
    return REFUSED


def _of_server(
    url: str, token: str | None, key: str, older: bytes | None, step: "Callable[[int, int], None]"
) -> "Verified":
    from consumers.cli.verify_result import from_audit
    from ledger.transparency.audit import audit
    from ledger.transparency.http_reader import HttpLogReader
    from ledger.transparency.keys import parse_verifier

    verifier = parse_verifier(key)
    with HttpLogReader(url, token=token) as reader:
        return from_audit(audit(reader, key, older=older, progress=step), verifier)


def _of_kafka(session: Session, key: str, step: "Callable[[int, int], None]") -> "Verified":
    import asyncio

    from consumers.cli.verify_result import from_audit
    from consumers.kafka.topic_audit import audit_topic
    from ledger.transparency.keys import parse_verifier

    verifier = parse_verifier(key)
    return from_audit(asyncio.run(audit_topic(kafka_of(session), verifier, step)), verifier)


def _of_store(
    session: Session, key: str | None, older: bytes | None, step: "Callable[[int, int], None]"
) -> "Verified":
    from consumers.cli.store_audit import audit_store
    from consumers.container.backends import require_there

    settings = session.settings()
    settings.require_supported()
    has_key = False
    with suppress(OSError):  # a path that cannot be has none
        has_key = settings.key_path.exists()
    if not has_key:  # with a key, a missing file is a finding
        require_there(settings)
    return audit_store(settings, key=key, older=older, progress=step)


def _print(verified: "Verified") -> None:
    bad = verified.first_bad_index
    print_line("The log is whole." if verified.ok else "The log is NOT what was signed.")
    unsealed = verified.unsealed
    print_fields(
        (
            ("Log", verified.origin),
            ("Sealed events", verified.size),
            ("Not sealed yet", unsealed),
            ("Root", verified.root),
            ("Verifier key", verified.vkey),
            ("First bad index", None if verified.ok else "unknown" if bad is None else bad),
            *(("Problem", problem) for problem in verified.problems),
            *(("Beside the log", fault) for fault in verified.beside),
            *(("Note", note) for note in verified.notes),
        )
    )
