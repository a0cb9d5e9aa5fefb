"""Label matchers as Alertmanager writes them: `severity=~"critical|page", team!="test"`.

The grammar is that of Alertmanager's UTF-8 strict mode (0.27 and later): a comma-separated list,
in braces or not, of a name, one of `=`, `!=`, `=~`, `!~`, and a value. Names and values are bare,
or in double quotes with the escapes of Go's string literals. Regular expressions are RE2's, match
the whole value and take time linear in it, which matters: labels come from outside. A label that is
missing equals the empty one.
"""
# The bindings of google-re2 carry no types.
# mypy: disable-error-code="import-untyped,import-not-found"

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import re2

from ledger.errors import Invalid

_SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What Go calls a space, which is not what Python does."""

_TOKEN = re.compile(
    r"(?P<brace>[{}])|(?P<comma>,)|(?P<operator>=~|!=|!~|=)"
    r'|(?P<quoted>"(?:[^"\\]|\\.)*")'
    rf"|(?P<space>[{_SPACE}]+)"
    rf"|(?P<bare>[^{_SPACE}{{}}!=~,\\\"'`]+)",
    re.DOTALL,
)

_ESCAPE = re.compile(
    r'\\(?:(?P<one>[abfnrtv\\"])|(?P<octal>[0-3][0-7]{2})|x(?P<byte>[0-9A-Fa-f]{2})'
    r"|u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8}))"
)
_ONE = dict(zip('abfnrtv\\"', '\a\b\f\n\r\t\v\\"', strict=True))

_SHAPE = 'Write name="value" with one of = != =~ !~, and commas between matchers.'
_QUOTING = r'Write a backslash in double quotes, and twice: job=~"web-\\d+".'
_DIALECT = "Write it in RE2's syntax, which has no look-around and no back-references."


REMEMBERED = 256
"""So many values of a label, for each regular expression: most alerts have one of a few."""


class Operator(StrEnum):
    """How a matcher compares."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    NOT_MATCHES = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label. Raises Invalid for a regular expression that RE2 refuses."""

    name: str
    operator: Operator
    value: str
    _accepts: Callable[[str], bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_accepts", _condition(self.operator, self.value))

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` meet the condition; a missing label is the empty one."""
        return self._accepts(labels.get(self.name, ""))

    def __str__(self) -> str:
        """The matcher in a form that parses to it again."""
        name = self.name if self.name.isidentifier() else _quote(self.name)
        return f"{name}{self.operator}{_quote(self.value)}"


@lru_cache(maxsize=8192)
def parse(text: str) -> tuple[Matcher, ...]:
    """The matchers of `text`, none for "" and "{}". Raises Invalid that says what is wrong."""
    tokens = _tokens(text)
    if tokens and tokens[0].text == "{":
        if tokens[-1].text != "}":
            raise Invalid("The closing brace is missing.", remedy=_SHAPE)
        tokens = tokens[1:-1]
    parts: list[list[_Token]] = [[]]
    for token in tokens:
        if token.kind == "comma":
            parts.append([])
        else:
            parts[-1].append(token)
    if not parts[-1]:  # nothing at all, or after a last comma
        parts.pop()
    return tuple(_matcher(part) for part in parts)


def all_match(matchers: tuple[Matcher, ...], labels: Mapping[str, str]) -> bool:
    """Whether `labels` meet every condition; no matchers hold for everything."""
    for matcher in matchers:  # noqa: SIM110 - a generator costs more than what it goes through
        if not matcher._accepts(labels.get(matcher.name, "")):  # as `matches`, for a call less
            return False
    return True


class _Token(NamedTuple):
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    """The tokens of `text` without its spaces."""
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            rest = text[at : at + 20]
            raise Invalid(
                f"Character {at + 1} starts nothing that a matcher has: {rest!r}.",
                remedy="Put names and values that hold any of {}!=~,\\\"'` in double quotes.",
            )
        kind, at = found.lastgroup or "", found.end()
        if kind != "space":
            tokens.append(_Token(kind, found[0]))
    return tokens


def _matcher(part: list[_Token]) -> Matcher:
    kinds = tuple("word" if kind in ("bare", "quoted") else kind for kind, _ in part)
    if kinds != ("word", "operator", "word"):
        written = " ".join(token.text for token in part)
        raise Invalid(f"Not a name, an operator and a value: {written!r}.", remedy=_SHAPE)
    name, operator, value = _word(part[0]), Operator(part[1].text), _word(part[2])
    if not name:
        raise Invalid("The label's name is empty.", remedy=_SHAPE)
    return Matcher(name, operator, value)


def _word(token: _Token) -> str:
    """What a bare or quoted token stands for: Go's strconv.Unquote."""
    if token.kind == "bare":
        return token.text
    inner = token.text[1:-1]
    if "\n" in inner:
        raise Invalid("A line ends within double quotes.", remedy="Write it as \\n.")
    word = bytearray()
    at = 0
    while (slash := inner.find("\\", at)) >= 0:
        found = _ESCAPE.match(inner, slash)
        if found is None:
            escape = inner[slash : slash + 2]
            raise Invalid(f"There is no escape {escape} in {token.text}.", remedy=_QUOTING)
        word += _encoded(inner[at:slash]) + _unescaped(found)
        at = found.end()
    word += _encoded(inner[at:])
    try:
        return word.decode()
    except UnicodeDecodeError:
        raise Invalid(f"The escapes in {token.text} are not UTF-8.", remedy=_QUOTING) from None


def _unescaped(escape: re.Match[str]) -> bytes:
    """One escape's bytes: \\x and octal give a byte, the others a character."""
    if escape["one"]:
        return _ONE[escape["one"]].encode()
    if digits := escape["byte"]:
        return bytes([int(digits, 16)])
    if digits := escape["octal"]:
        return bytes([int(digits, 8)])
    try:
        return chr(int(escape["short"] or escape["long"], 16)).encode()
    except ValueError:
        raise Invalid(f"{escape[0]} is no character.", remedy=_QUOTING) from None


def _condition(operator: Operator, value: str) -> Callable[[str], bool]:
    match operator:
        case Operator.EQUAL:
            return lambda label: label == value
        case Operator.NOT_EQUAL:
            return lambda label: label != value
        case Operator.MATCHES:
            return _whole(value)
        case Operator.NOT_MATCHES:
            whole = _whole(value)
            return lambda label: not whole(label)


def _whole(pattern: str) -> Callable[[str], bool]:
    """Whether a regular expression matches all of a label."""
    if "\b" in pattern:
        # Alertmanager's older grammar reads \b in quotes as a word boundary, its newer one as this.
        raise Invalid(
            "The regular expression holds a backspace.",
            remedy=r"Write a word boundary as \\b in double quotes.",
        )
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        expression = re2.compile(_encoded(pattern), options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace")
        raise Invalid(
            f"The regular expression {pattern!r} does not compile: {reason}.", remedy=_DIALECT
        ) from None

    @lru_cache(REMEMBERED)
    def accepts(label: str) -> bool:
        return expression.fullmatch(_encoded(label)) is not None

    return accepts


def _encoded(text: str) -> bytes:
    """UTF-8. A half of a surrogate pair becomes U+FFFD, as it does when Go reads JSON."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _quote(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'
