"""A member of a zip archive, bounded: a tool's log may be an archive of many files."""

import io
import struct
import zipfile
import zlib

from consumers.evaluations.mapping_file import Shape
from consumers.evaluations.values import WholeFileRefused

MEMBER_BYTES = 32 * 1024 * 1024
ARCHIVE_MEMBERS = 100_000
_BEGINS = b"PK\x03\x04"
_PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ERRORS = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, KeyError, OverflowError),
)
"""What the library raises for an archive that is damaged, encrypted or made to harm."""


class Unreadable(Exception):
    """Why the bytes are not in the format; continues "the file "."""


def is_archive(content: bytes) -> bool:
    """Whether it begins as a zip archive."""
    return content.startswith(_BEGINS)


def unpacked(content: bytes, shape: Shape) -> bytes:
    """The member that a shape reads. Raises Unreadable, or WholeFileRefused without it."""
    if shape.member is None:
        raise Unreadable("is a zip archive")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive, _found(archive.infolist(), shape, shape.member))
    except _ERRORS as error:
        raise Unreadable(f"is no readable zip archive: {str(error)[:160]}") from None


def _found(members: list[zipfile.ZipInfo], shape: Shape, name: str) -> zipfile.ZipInfo:
    if len(members) > ARCHIVE_MEMBERS:
        raise Unreadable(f"is an archive of more than {ARCHIVE_MEMBERS:,} files")
    named = [each for each in members if each.filename == name]
    if len(named) > 1:
        raise Unreadable(f"is an archive with {name} in it twice")
    if named:
        return named[0]
    if shape.unfinished in {each.filename for each in members}:
        why = f"the archive has {shape.unfinished} and no {name}: the run did not end"
        raise WholeFileRefused(name, None, why)
    raise Unreadable(f"is an archive without {name}")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.compress_type not in _PACKINGS:
        raise Unreadable(f"is an archive with {member.filename} packed in an unknown way")
    with archive.open(member) as packed:
        content = packed.read(MEMBER_BYTES + 1)
    if len(content) > MEMBER_BYTES:
        limit = f"{MEMBER_BYTES // 1024 // 1024} MiB"
        raise Unreadable(f"is an archive with {member.filename} of more than {limit}")
    return content
