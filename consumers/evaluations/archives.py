"""A member of a zip archive, bounded: a tool's log may be an archive of many files."""

import io
import struct
import zipfile
import zlib

import cramjam

from consumers.evaluations.mapping_file import Shape
from consumers.evaluations.values import WholeFileRefused

MEMBER_BYTES = 32 * 1024 * 1024
ARCHIVE_MEMBERS = 100_000
_BEGINS = b"PK\x03\x04"
_ZSTANDARD = 93
"""The packing of newer archives, which the standard library reads from Python 3.14 on."""
_PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_LOCAL_HEADER = struct.Struct("<4s22xHH")
"""The head of a member: its signature, and the lengths of what else is before the data."""
_ENCRYPTED = 1
_ERRORS = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, KeyError, OverflowError),
    cramjam.DecompressionError,
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
            member = _found(archive.infolist(), shape, shape.member)
            if member.compress_type == _ZSTANDARD:
                return _read_zstandard(content, member)
            if member.compress_type in _PACKINGS:
                return _read(archive, member)
    except _ERRORS as error:
        raise Unreadable(f"is no readable zip archive: {str(error)[:160]}") from None
    raise Unreadable(f"is an archive with {shape.member} packed in an unknown way")


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
    with archive.open(member) as packed:
        content = packed.read(MEMBER_BYTES + 1)
    if len(content) > MEMBER_BYTES:
        raise _too_large(member)
    return content


def _read_zstandard(content: bytes, member: zipfile.ZipInfo) -> bytes:
    """The member, into as many bytes as the archive says it has: more are not written."""
    if member.file_size > MEMBER_BYTES:
        raise _too_large(member)
    head = content[member.header_offset : member.header_offset + _LOCAL_HEADER.size]
    signature, name, extra = _LOCAL_HEADER.unpack(head)
    if signature != _BEGINS or member.flag_bits & _ENCRYPTED:
        raise Unreadable(f"is an archive with {member.filename} damaged or encrypted")
    start = member.header_offset + _LOCAL_HEADER.size + name + extra
    found = bytearray(member.file_size)
    written = cramjam.zstd.decompress_into(content[start : start + member.compress_size], found)
    if written != member.file_size or zlib.crc32(found) != member.CRC:
        raise Unreadable(f"is an archive with {member.filename} damaged")
    return bytes(found)


def _too_large(member: zipfile.ZipInfo) -> Unreadable:
    limit = f"{MEMBER_BYTES // 1024 // 1024} MiB"
    return Unreadable(f"is an archive with {member.filename} of more than {limit}")
