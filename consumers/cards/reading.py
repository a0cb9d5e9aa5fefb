"""The bytes of a card as data: JSON as it is, YAML, or Markdown with YAML before it.

JSON is that of the Model Card Toolkit, CycloneDX, or any other. Markdown, as at Hugging Face, is
`{metadata, sections}`: what stands before it, and the text below each heading by the heading in
lower case with `_` for all that is no letter or digit.
"""

import json
import re
from datetime import date, datetime
from typing import Any, NamedTuple

import yaml

from consumers.json_decoders import RepeatedMember, unique_members

CARD_BYTES = 4 * 1024 * 1024
"""A card has less; what is larger is attested by a person."""
DEEPEST = 50
"""So deep values lie in each other at most."""
_FRONT = re.compile(r"\A\s*---[ \t]*\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_READ = frozenset({"json", "yaml", "markdown", "plain"})


class CardUnreadable(ValueError):
    """Why a card cannot be read as data."""


class Card(NamedTuple):
    """A card as data, and in which format it was."""

    format: str
    data: Any


def may_be_read(media_type: str | None) -> bool:
    """Whether a program reads content of this type: not a PDF, a picture or an archive."""
    kind = (media_type or "").lower()
    return any(word in kind for word in _READ)


def read_card(content: bytes) -> Card:
    """The card. Raises CardUnreadable."""
    if len(content) > CARD_BYTES:
        raise CardUnreadable(f"It has more than {CARD_BYTES // 1024 // 1024} MiB.")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise CardUnreadable(f"It is not UTF-8: {error.reason} at byte {error.start}.") from None
    try:
        return _read(text)
    except RecursionError:
        raise CardUnreadable("Its values lie too deep in each other.") from None


def _read(text: str) -> Card:
    start = text.lstrip()[:1]
    if start in {"{", "["}:
        return Card("json", _bounded(_json(text)))
    if (front := _FRONT.match(text)) is not None:
        return Card("markdown", _markdown(_yaml(front[1]), text[front.end() :]))
    if _HEADING.match(text.lstrip().partition("\n")[0]):
        return Card("markdown", _markdown({}, text))
    data = _yaml(text)
    if not isinstance(data, dict | list):
        raise CardUnreadable("It is neither JSON, nor YAML, nor Markdown with headings.")
    return Card("yaml", data)


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=unique_members)
    except json.JSONDecodeError as error:
        raise CardUnreadable(f"It is not JSON: {error.msg} in line {error.lineno}.") from None
    except RepeatedMember as error:
        raise CardUnreadable(f"It {error}.") from None
    except ValueError:
        raise CardUnreadable("It has a number with more digits than can be read.") from None


def _yaml(text: str) -> Any:
    """YAML without references to what stands elsewhere: these may stand for any amount."""
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise CardUnreadable(
                    "Its YAML repeats parts by reference (&, *), which is not read."
                )
        return _bounded(_plain(yaml.load(text, Loader=_CardLoader)))  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise CardUnreadable(f"Its YAML cannot be read{where}.") from None
    except (ValueError, OverflowError) as error:
        if isinstance(error, CardUnreadable):
            raise
        raise CardUnreadable("Its YAML has a value that cannot be read.") from None


class _CardLoader(yaml.SafeLoader):  # type: ignore[misc] # it has no types
    """Safe YAML that refuses a key which stands twice in one mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        """A mapping whose keys are different ones."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise CardUnreadable(f"It has the key {name[:100]!r} twice in one mapping.")
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


def _plain(value: Any) -> Any:
    """YAML's values as JSON has them: names are texts, and times in RFC 3339."""
    match value:
        case dict():
            return {str(name): _plain(each) for name, each in value.items()}
        case list() | tuple() | set():
            return [_plain(each) for each in value]
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return None
        case _:
            return value


def _bounded(value: Any, depth: int = 0) -> Any:
    if depth > DEEPEST:
        raise CardUnreadable("Its values lie too deep in each other.")
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            _bounded(each, depth + 1)
    return value


def _markdown(metadata: Any, text: str) -> dict[str, Any]:
    """The text below each heading, with that below the headings that lie under it."""
    sections: dict[str, list[str]] = {}
    opened: list[tuple[int, list[str]]] = []
    fence = ""
    for line in _COMMENT.sub("", text).splitlines():
        marked = _FENCE.match(line)
        if marked is not None:
            fence = "" if fence and marked[1].startswith(fence) else fence or marked[1]
        heading = None if fence or marked else _HEADING.match(line)
        if heading is None:
            for _, lines in opened:
                lines.append(line)
            continue
        level = len(heading[1])
        opened = [each for each in opened if each[0] < level]
        opened.append((level, sections.setdefault(slug(heading[2]), [])))
    if not isinstance(metadata, dict):
        metadata = {}
    texts = {name: "\n".join(lines).strip() for name, lines in sections.items()}
    return {"metadata": metadata, "sections": texts}


def slug(heading: str) -> str:
    """The name of a section: its heading in lower case, with `_` for what is no letter or digit."""
    return re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")
