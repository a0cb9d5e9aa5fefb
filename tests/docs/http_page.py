"""docs/reference/http.md, from the OpenAPI document and from what routes ask of their callers."""

from collections.abc import Iterator
from functools import cache
from inspect import cleandoc, getdoc
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from consumers.container.roles import EVERY_ROLE
from consumers.web.api.openapi import METHODS, describe
from consumers.web.app import make_app
from consumers.web.services import WebServices
from tests.docs.http_words import ASKS, FIELDS, GROUPS, HEAD, PARAMETERS, REFUSALS
from tests.docs.json_schema import default_of, fields_table, limits_of, members_table, type_of

Json = dict[str, Any]
JSON = "application/json"
BODIES_ARE_KEPT = {"intake"}
"""Groups where a body that is not understood is kept in quarantine, and not refused."""


class Operation(NamedTuple):
    """A method on a path: its part of the document, and what its route asks of callers (`opt`)."""

    method: str
    path: str
    said: Json
    asks: Json

    @property
    def group(self) -> str:
        """The tag that it stands under."""
        (tag,) = self.said["tags"]
        return str(tag)

    @property
    def parameters(self) -> list[Json]:
        """Its parameters in the path and the query."""
        return list(self.said.get("parameters", []))


def page() -> str:
    """The whole page."""
    app = application()
    parts = [HEAD, *(f"| {status} | {when} |\n" for status, when in REFUSALS.items())]
    found = operations(app)
    for group, prose in GROUPS.items():
        parts.append(f"\n## {group.capitalize()}\n\n{prose}")
        for operation in found:
            if operation.group == group:
                parts += _section(operation)
    parts += _structures(document(app)["components"]["schemas"])
    return "".join(parts)


@cache
def application() -> Litestar:
    """The application with the routes of every role, and no ledger behind it."""
    app = make_app(cast(WebServices, SimpleNamespace(roles=EVERY_ROLE)))
    describe(app)
    return app


@cache
def document(app: Litestar) -> Json:
    """Its OpenAPI document."""
    return dict(app.openapi_schema.to_schema())


def operations(app: Litestar) -> list[Operation]:
    """Every operation of the document, in its order."""
    handlers = _handlers(app)
    return [
        Operation(method, path, item[method], handlers[item[method]["operationId"]].opt)
        for path, item in document(app)["paths"].items()
        for method in METHODS
        if method in item
    ]


def _handlers(app: Litestar) -> dict[str, HTTPRouteHandler]:
    """The route handlers of the document, by the id that it gives their operation."""
    described = app.openapi_schema.paths or {}
    found = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            item = described.get(route.path_format)
            for method in METHODS if item is not None else ():
                operation = getattr(item, method)
                if operation is not None and method.upper() in handler.http_methods:
                    found[operation.operation_id] = handler
    return found


def refusals(operation: Operation) -> list[int]:
    """The statuses with which a well-formed request to this operation can be refused."""
    path, group, writes = operation.path, operation.group, operation.method == "post"
    places = {each["in"] for each in operation.parameters}
    reads_json = group not in BODIES_ARE_KEPT and "requestBody" in operation.said
    applies = {
        401: operation.asks.get("open") is not True,
        403: not (operation.asks.get("open") is True or operation.asks.get("signed")),
        404: ("path" in places and group != "intake") or path == "/log/vkey",
        409: group == "commands" or (group == "quarantine" and writes),
        412: group == "commands" or (path == "/v1/policy" and writes),
        413: writes and not path.endswith(("/retry", "/revoke", "/logout")),
        415: writes and not path.endswith(("/retry", "/revoke", "/logout")),
        422: reads_json or "query" in places,
        503: path != "/health/live",
    }
    return [status for status, does in applies.items() if does]


def _section(operation: Operation) -> Iterator[str]:
    said = operation.said
    yield f"\n### {operation.method.upper()} {operation.path}\n\n{said['summary']}.\n"
    if said.get("description"):
        yield f"\n{said['description']}\n"
    yield f"\n- Token: {asks(operation)}\n"
    yield from (f"- Answer: {answer}\n" for answer in _answers(said))
    yield f"- Refusals: {', '.join(map(str, refusals(operation)))}\n"
    if operation.parameters:
        yield "\n| parameter | in | type | default | meaning |\n|---|---|---|---|---|\n"
        yield from map(_parameter, operation.parameters)
    for media_type, content in said.get("requestBody", {}).get("content", {}).items():
        yield from _body(media_type, content["schema"])


def asks(operation: Operation) -> str:
    """What the caller's token must be, in words."""
    if operation.asks.get("open") is True:
        return ASKS["open"]
    if operation.asks.get("in_body"):
        return ASKS["in_body"]
    if operation.asks.get("signed"):
        return ASKS["signed"]
    if (kind := operation.asks.get("intake")) is not None:
        return ASKS["intake"].format(kind=kind)
    asked = operation.asks["scope"]
    scopes = (asked,) if isinstance(asked, str) else asked
    scope = " or ".join(ASKS["scope"].format(scope=each) for each in scopes)
    return f"{scope}; {ASKS[operation.path]}" if "open" in operation.asks else scope


def _answers(said: Json) -> Iterator[str]:
    for status, response in said["responses"].items():
        if status != "default":
            for media_type, content in response.get("content", {}).items():
                structure = f", {type_of(content['schema'])}" if media_type == JSON else ""
                yield f"{status} `{media_type}`{structure}"


def _parameter(each: Json) -> str:
    schema = each["schema"]
    default = "required" if each.get("required") else default_of(schema)
    meaning = each.get("description") or PARAMETERS[each["name"]]
    limits = f" {limits_of(schema)}" if limits_of(schema) else ""
    return (
        f"| `{each['name']}` | {each['in']} | {type_of(schema)} | {default} | {meaning}{limits} |\n"
    )


def _body(media_type: str, schema: Json) -> Iterator[str]:
    yield f"\nBody, `{media_type}`: {type_of(schema)}.\n"
    if (held := _object_in(schema)) is not None and held.get("properties"):
        yield "\n"
        yield from fields_table(held, FIELDS)


def _object_in(schema: Json) -> Json | None:
    """The object that a body is, or one of which it may be a list."""
    for each in [schema, *schema.get("anyOf", [])]:
        if each.get("type") == "object":
            return dict(each)
    return None


def _structures(schemas: dict[str, Json]) -> Iterator[str]:
    yield "\n## Structures in answers\n\nA field marked * may be absent.\n"
    shown = {schema["title"]: schema for schema in schemas.values()}
    prose = {each.__name__: getdoc(each) or "" for each in _structs(msgspec.Struct)}
    for title in sorted(shown):
        if title.startswith("Items["):
            continue
        schema = shown[title]
        yield f"\n### {title}\n\n"
        if about := cleandoc(schema.get("description") or prose.get(title) or ""):
            yield f"{about}\n\n"
        if "enum" in schema:
            yield f"One of {', '.join(f'`{word}`' for word in schema['enum'])}.\n"
        else:
            yield from members_table(schema)


def _structs(of: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """Every structure of ours, by whose name its schema goes."""
    for each in of.__subclasses__():
        if each.__module__.partition(".")[0] in {"ledger", "projections", "consumers"}:
            yield each
        yield from _structs(each)
