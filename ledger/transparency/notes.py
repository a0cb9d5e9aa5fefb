"""Signed notes and the checkpoints in them: C2SP signed-note and tlog-checkpoint.

A note is a text, an empty line, and signature lines `— <key name> <base64>`; the signature is the
key's id (4 bytes) and 64 bytes of Ed25519 over the text. A checkpoint's text is three lines:
origin, size in decimal, root in base64; the key's name equals the origin. A note or checkpoint
that does not hold is `Invalid`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ledger.errors import Invalid
from ledger.transparency.keys import Signer, Verifier, from_base64, is_key_name, to_base64
from ledger.transparency.merkle import HASH_SIZE

_SIGNATURE_LINE = "\N{EM DASH} "
_MAX_SIGNATURES = 100
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_REMEDY = "Fetch it again; if it stays so, do not trust that log."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log commits to: these `size` entries, in this order, have this root."""

    origin: str
    size: int
    root: bytes


def sign_note(text: str, signer: Signer) -> bytes:
    """The note of this text, which ends in a newline, with one signature."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise ValueError("a note's text ends in a newline and has no control characters")
    signature = to_base64(signer.verifier.key_id + signer.sign(text.encode()))
    return f"{text}\n{_SIGNATURE_LINE}{signer.name} {signature}\n".encode()


def open_note(note: bytes, verifier: Verifier) -> str:
    """The text of a note that `verifier` signed; `Invalid` for any other note.

    Signatures by other keys are ignored, as the specification asks.
    """
    try:
        decoded = note.decode()
    except UnicodeDecodeError as error:
        raise _bad_note("is not UTF-8") from error
    if _CONTROL.search(decoded):
        raise _bad_note("has control characters in it")
    text, gap, lines = decoded.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise _bad_note("has no signature lines behind an empty line")
    text += "\n"
    verified = False
    for name, key_id, signature in _signatures(lines):
        if (name, key_id) != (verifier.name, verifier.key_id) or verified:
            continue
        if not verifier.verifies(text.encode(), signature):
            raise _bad_note(f"has a signature of {name} that does not hold")
        verified = True
    if not verified:
        raise _bad_note(f"is not signed by {verifier.name}+{verifier.key_id.hex()}")
    return text


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text to sign: origin, size and root, a line each."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{to_base64(checkpoint.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """What a checkpoint's (verified) text says; extension lines are allowed and ignored."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise _bad_note("does not have three lines: origin, size and root")
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) >= 1 << 63:
        raise _bad_note("has a size that is no plain decimal number")
    hash_ = from_base64(root)
    if hash_ is None or len(hash_) != HASH_SIZE:
        raise _bad_note("has a root that is not 32 bytes in base64")
    return Checkpoint(origin, int(size), hash_)


def sign_checkpoint(signer: Signer, size: int, root: bytes) -> bytes:
    """The signed checkpoint of the signer's log."""
    return sign_note(format_checkpoint(Checkpoint(signer.name, size, root)), signer)


def open_checkpoint(note: bytes, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note that `verifier` signed, whose origin is the key's name."""
    checkpoint = parse_checkpoint(open_note(note, verifier))
    if checkpoint.origin != verifier.name:
        raise _bad_note(f"is of the log {checkpoint.origin}, not of {verifier.name}")
    return checkpoint


def _signatures(lines: str) -> Iterator[tuple[str, bytes, bytes]]:
    """Key name, key id and signature of each line; all are well-formed or none is taken."""
    split = lines.removesuffix("\n").split("\n")
    if len(split) > _MAX_SIGNATURES:
        raise _bad_note(f"has more than {_MAX_SIGNATURES} signatures")
    for line in split:
        name, _, encoded = line.removeprefix(_SIGNATURE_LINE).partition(" ")
        signature = from_base64(encoded)
        if (
            not line.startswith(_SIGNATURE_LINE)
            or not is_key_name(name)
            or signature is None
            or len(signature) < 5
        ):
            raise _bad_note("has a malformed signature line")
        yield name, signature[:4], signature[4:]


def _bad_note(what: str) -> Invalid:
    return Invalid(f"The signed note {what}.", remedy=_REMEDY)
