"""JSON Schema, as the reference pages show it: a type, its limits and a table of fields."""

import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

Json = dict[str, Any]

_ITEMS = re.compile(r"Items_(?:\w+\.)*(\w+)_")
_NO_WORDS: Mapping[str, str] = MappingProxyType({})
NOT_BLANK = r"\S"
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matches `{}`",
}


def type_of(schema: Json) -> str:
    """A schema's type in a few words; a structure of the page is a link."""
    if "$ref" in schema:
        return _linked(schema["$ref"].rsplit("/", 1)[1])
    if "enum" in schema:
        return " or ".join(f"`{word}`" for word in schema["enum"] if word is not None)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            kinds = (type_of(each) for each in schema[choice] if each.get("type") != "null")
            return " or ".join(dict.fromkeys(kinds))
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if kind == "object":
        values = schema.get("additionalProperties")
        if schema.get("title"):
            return f"object {schema['title']}"
        return f"object of {type_of(values)}" if isinstance(values, dict) and values else "object"
    return str(schema.get("format", kind))


def limits_of(schema: Json) -> str:
    """The limits of a schema, of its parts that are not null too, as a sentence; or none: ""."""
    parts = [schema, *schema.get("anyOf", []), *schema.get("oneOf", [])]
    found = {
        _limit(words, part[name])
        for part in parts
        for name, words in _LIMITS.items()
        if name in part and (name, part[name]) not in {("minLength", 1), ("minItems", 0)}
    }
    text = ", ".join(sorted(found))
    return f"{text[0].upper()}{text[1:]}." if text else ""


def default_of(schema: Json) -> str:
    """The default as JSON; none where it is null or absent."""
    default = schema.get("default")
    return "none" if default is None else f"`{json.dumps(default, ensure_ascii=False)}`"


def fields_table(schema: Json, words: Mapping[str, str] = _NO_WORDS) -> Iterator[str]:
    """A table of an object's fields; `words` says what fields mean whose schema does not."""
    required = schema.get("required", [])
    yield "| field | type | default | meaning |\n|---|---|---|---|\n"
    for name, field in schema.get("properties", {}).items():
        default = "required" if name in required else default_of(field)
        meaning = f"{described(field) or words.get(name, '')} {limits_of(field)}".strip()
        yield f"| `{name}` | {type_of(field)} | {default} | {meaning} |\n"


def members_table(schema: Json) -> Iterator[str]:
    """A table of an answer's fields: each with its type, and whether it may be null."""
    required = schema.get("required", [])
    yield "| field | type |\n|---|---|\n"
    for name, field in schema.get("properties", {}).items():
        nullable = any(each.get("type") == "null" for each in field.get("oneOf", []))
        absent = "" if name in required or "default" in field else " *"
        yield f"| `{name}`{absent} | {type_of(field)}{' or null' if nullable else ''} |\n"


def described(schema: Json) -> str:
    """What a field's own schema says of it; that of the type that it is of is not repeated."""
    for part in [schema, *schema.get("anyOf", [])]:
        if part.get("description") and not part.get("title"):
            return str(part["description"])
    return ""


def _linked(name: str) -> str:
    if (items := _ITEMS.fullmatch(name)) is not None:
        return f"list of {_linked(items[1])} under `items`"
    if name == "Any":  # a row of a list that is data: its columns by their names
        return "object"
    return f"[{name}](#{name.lower()})"


def _limit(words: str, value: Any) -> str:
    if value == NOT_BLANK:
        return "not blank"
    if isinstance(value, str):
        return words.format(value.replace("|", "\\|"))
    return words.format(f"{int(value):,}")
