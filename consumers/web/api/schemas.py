"""Bodies in the OpenAPI document: the JSON Schema that msgspec generates from the types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema

JSON = "application/json"


def with_body(kind: Any, *, required: bool = True) -> type[Operation]:
    """The OpenAPI operation whose body is of this type."""
    return with_bodies({JSON: kind}, required=required)


def with_bodies(kinds: Mapping[str, Any], *, required: bool = True) -> type[Operation]:
    """The OpenAPI operation with a body type for each media type."""
    content = {name: OpenAPIMediaType(schema=_schema(kind)) for name, kind in kinds.items()}

    @dataclass
    class WithBody(Operation):
        def __post_init__(self) -> None:
            self.request_body = RequestBody(content=content, required=required)

    return WithBody


def _schema(kind: Any) -> "_Verbatim":
    (root,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return _Verbatim(_inlined(root, components))


class _Verbatim(Schema):
    """A JSON Schema as msgspec generated it."""

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__()
        self._schema = schema

    def to_schema(self) -> dict[str, Any]:
        """The schema itself."""
        return self._schema


def _inlined(part: Any, components: dict[str, Any]) -> Any:
    if isinstance(part, dict):
        if "$ref" in part:
            beside = {name: value for name, value in part.items() if name != "$ref"}
            target = _inlined(components[part["$ref"].rsplit("/", 1)[1]], components)
            return {**target, **_inlined(beside, components)}
        return {name: _inlined(value, components) for name, value in part.items()}
    if isinstance(part, list):
        return [_inlined(value, components) for value in part]
    return part
