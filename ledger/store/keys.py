"""Text from outside as a key of an index: as it is, or by its SHA-256 where it is long.

An entry of a btree of PostgreSQL takes 2,704 bytes, all columns of the key together. A text that is
longer than `KEY_BYTES` in UTF-8 is kept as `HASHED` and 64 hexadecimal digits. A text that begins
with `HASHED` itself is kept so, too: what stands for a long text can never be a short one.
"""

import hashlib

KEY_BYTES = 1_024
"""A text of up to so many bytes is kept as it is. Two of them and their scope fit in an index."""
HASHED = "\0sha256:"


def bounded(text: str) -> str:
    """The text, or what stands for it: at most KEY_BYTES bytes of UTF-8."""
    if 4 * len(text) <= KEY_BYTES and not text.startswith(HASHED):
        return text
    encoded = text.encode()
    if len(encoded) <= KEY_BYTES and not text.startswith(HASHED):
        return text
    return f"{HASHED}{hashlib.sha256(encoded).hexdigest()}"


def kept_key(stored: bytes) -> bytes:
    """A key in UTF-8 as a release before may have stored it, in the form of now."""
    if len(stored) <= KEY_BYTES:
        return stored
    return f"{HASHED}{hashlib.sha256(stored).hexdigest()}".encode()


def forms(text: str) -> tuple[str, ...]:
    """Every form in which a key may be kept: releases before kept each text as it is."""
    short = bounded(text)
    return (short,) if short == text or text.startswith(HASHED) else (short, text)
