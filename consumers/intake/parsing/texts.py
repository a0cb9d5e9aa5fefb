"""JSON texts of clients that do not write plain UTF-8, made plain before they are read.

A byte order mark is dropped (RFC 8259, 8.1, allows that), and UTF-16 is read by its mark. Another
charset is read where the content type names it and the text is no UTF-8: some clients name one that
they do not use. What is kept, and its digest, are of the bytes as they arrived.
"""

import codecs
import re
from collections.abc import Mapping

_MARK = codecs.BOM_UTF8
_MARKS_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([A-Za-z0-9_.:-]{1,40})', re.IGNORECASE)
_READ = frozenset({"utf-16", "utf-16-le", "utf-16-be", "iso8859-1", "cp1252"})


def as_utf8(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The body in UTF-8 without a mark; as it is where that is not known, or fails."""
    if body.startswith(_MARK):
        return body[len(_MARK) :]
    if body.startswith(_MARKS_16):
        return _recoded(body, "utf-16")
    charset = _charset(headers.get("content-type", ""))
    return body if charset is None or _is_utf8(body) else _recoded(body, charset)


def _charset(content_type: str) -> str | None:
    """The codec of a charset other than UTF-8 that is read."""
    if (named := _CHARSET.search(content_type)) is None:
        return None
    try:
        codec = codecs.lookup(named[1]).name
    except LookupError:
        return None
    return codec if codec in _READ else None


def _is_utf8(body: bytes) -> bool:
    """Whether it is UTF-8 as JSON begins: UTF-16's zeros are valid in a text, and not in JSON."""
    if b"\0" in body[:4]:
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _recoded(body: bytes, codec: str) -> bytes:
    try:
        return body.decode(codec).encode()
    except UnicodeError:
        return body
