"""A policy's text: its digest, and reading it with every fault named by its path."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import islice

import msgspec

from ledger.errors import Invalid, UnknownEvent
from ledger.policy.checks import check
from ledger.policy.model import Policy
from ledger.policy.raci import GUARDED, Guards
from ledger.policy.schema_errors import Fault, faults

MAX_BYTES = 55_000
"""A policy's text is part of the event that adopts it, which is limited to 65,535 bytes."""

MAX_ESCAPED_BYTES = 60_000
"""The same text as a JSON string, with every quote and line end escaped."""

_MOST_FAULTS = 50
_LOOKED_INTO = msgspec.json.Decoder(Policy)
"""Two threads that are the first to look into a nested Struct end the process (msgspec 0.22): so
this one is looked into here, before there are two."""
_TOO_LONG = "Shorten it: comments count, and rules of one outcome can share a matcher."


@cache
def shipped() -> str:
    """The text of the policy as shipped."""
    return files("ledger.policy").joinpath("policy.toml").read_text(encoding="utf-8")


def digest(text: str) -> str:
    """The SHA-256 of the text in UTF-8, as "sha256:" and 64 hexadecimal digits."""
    return f"sha256:{sha256(_encoded(text)).hexdigest()}"


@lru_cache(maxsize=16)
def parse_policy(text: str) -> Policy:
    """The policy that a TOML text says.

    Raises Invalid; its `errors` pair the TOML path of each fault (`rules[2].match[0]`, or `line 7`
    where it is no TOML) with the value and a remedy. Faults of shape come first: the rest is looked
    at when there is none.
    """
    size, escaped = len(_encoded(text)), len(msgspec.json.encode(text))
    if size > MAX_BYTES:
        raise _invalid([("", f"The text has {size} bytes of at most {MAX_BYTES}. {_TOO_LONG}")])
    if escaped > MAX_ESCAPED_BYTES:
        limit = f"at most {MAX_ESCAPED_BYTES}, with quotes and line ends escaped"
        raise _invalid([("", f"The text has {escaped} bytes of {limit}. {_TOO_LONG}")])
    document = _parsed(text)
    if found := list(islice(faults(document, Policy), _MOST_FAULTS)):
        raise _invalid(found)
    policy = msgspec.convert(document, Policy, strict=True)
    if found := list(islice(check(policy), _MOST_FAULTS)):
        raise _invalid(found)
    return policy


def parse_adopted(text: str) -> Policy:
    """The policy that was adopted with a text.

    Raises UnknownEvent where this program cannot read it: a newer one, which knows more keys,
    checked and adopted it.
    """
    try:
        return parse_policy(text)
    except Invalid as error:
        raise UnknownEvent(
            f"The policy that was adopted as {digest(text)} is not known to this program: "
            f"{error.message}",
            remedy="Upgrade airledger to the version that adopted it, or adopt a policy that this "
            "program reads.",
        ) from error


@lru_cache(maxsize=16)
def parse_guards(text: str) -> Guards:
    """Who may what by the policy that was adopted with a text, also where a newer program did.

    Raises UnknownEvent where this program cannot read that part of it.
    """
    try:
        tables = {name: each for name, each in _parsed(text).items() if name in GUARDED}
        return msgspec.convert(tables, Guards, strict=True)
    except (Invalid, msgspec.ValidationError) as error:
        raise UnknownEvent(
            f"Who may what by the policy {digest(text)} is not known to this program: {error}.",
            remedy="Upgrade airledger to the version that adopted it.",
        ) from error


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        fault = f"Character {error.start + 1} has no UTF-8 form. Remove it."
        raise _invalid([("", fault)]) from None


def _parsed(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        fault = "The text nests arrays or tables too deeply. Write it flatter."
        raise _invalid([("", fault)]) from None
    except ValueError as error:  # a TOMLDecodeError, or Python's limit on a number's digits
        where = re.search(r"\(at (line \d+), column \d+\)", str(error))
        fault = f"This is not TOML: {error}. Correct it."
        raise _invalid([(where[1] if where else "", fault)]) from None


def _invalid(found: Sequence[Fault]) -> Invalid:
    path, fault = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return Invalid(f"The policy cannot be used. {path or 'text'}: {fault}{more}", errors=found)
