"""The API reference page: every operation of the OpenAPI document."""

from typing import Any

import msgspec
from litestar import Request, Response, get

from consumers.web.api.openapi import METHODS
from consumers.web.pages.rendering import bare_frame_of, page
from ledger.vocabulary import Scope


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation on the page; `fields` are (name, type, whether required)."""

    method: str
    path: str
    summary: str
    description: str
    parameters: list[tuple[str, str, bool]]
    fields: list[tuple[str, str, bool]]


@get("/docs", opt={"scope": Scope.READ}, include_in_schema=False)
async def documents(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page."""
    schema = request.app.openapi_schema.to_schema()
    groups: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if (operation := methods.get(method)) is not None and operation.get("tags"):
                groups.setdefault(operation["tags"][0], []).append(_shown(method, path, operation))
    return page(bare_frame_of(request), "docs.html", groups=groups)


def _shown(method: str, path: str, operation: dict[str, Any]) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema", {})
    required = body.get("required", [])
    return Operation(
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=[
            (each["name"], each["in"], each.get("required", False))
            for each in operation.get("parameters", [])
        ],
        fields=[
            (name, _type(field), name in required)
            for name, field in body.get("properties", {}).items()
        ],
    )


def _type(field: dict[str, Any]) -> str:
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    if "anyOf" in field:
        return " or ".join(_type(each) for each in field["anyOf"] if each.get("type") != "null")
    return str(field.get("format", field.get("type", "any")))
