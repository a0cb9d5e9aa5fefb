"""Strict JSON: UTF-8, no duplicate members, no NaN or Infinity, limited depth."""

import json
from typing import Any

import msgspec

from consumers.json_decoders import RepeatedMember, unique_members

ERROR_TEXT_CHARACTERS = 200
UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
"""Exceptions of a decoder for a text that it cannot decode."""


class NotStrict(ValueError):
    """The reason why a text is not strict JSON; continues "The body "."""


def require_strict(body: bytes) -> None:
    """Raises NotStrict. RFC 8259 does not define which of two members of one name counts."""
    try:
        # From bytes, json would guess other encodings, and let surrogates pass.
        _reader.decode(body.decode())
    except RecursionError:
        raise NotStrict("is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise NotStrict(f"is not UTF-8: {error.reason} at byte {error.start}") from error
    except json.JSONDecodeError as error:
        if body.startswith(b"\xef\xbb\xbf"):
            raise NotStrict("is not JSON: it begins with a byte order mark") from error
        what = error.msg.removesuffix(" at")
        raise NotStrict(f"is not JSON: {what} at character {error.pos}") from error
    except NotStrict:
        raise
    except RepeatedMember as error:
        raise NotStrict(str(error)) from error
    except ValueError as error:
        raise NotStrict("has a number with more digits than can be read") from error


def error_text(error: Exception) -> str:
    """An error's text as a part of a sentence, cut: it may quote a body of any length."""
    text = str(error)
    if isinstance(error, RecursionError):
        text = "it is nested too deeply"
    return text if len(text) <= ERROR_TEXT_CHARACTERS else f"{text[:ERROR_TEXT_CHARACTERS]}…"


def _no_constant(name: str) -> Any:
    raise NotStrict(f"has {name} in it, which is no JSON number")


_reader = json.JSONDecoder(object_pairs_hook=unique_members, parse_constant=_no_constant)
