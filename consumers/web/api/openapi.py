"""The parts of the OpenAPI document common to every operation: security and refusals."""

from typing import Any

from litestar import Litestar
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Schema,
    SecurityScheme,
)

from consumers.exports.formats import MEDIA_TYPES
from consumers.web.api import pagerduty
from consumers.web.problems import PROBLEM

TOKEN = "token"  # noqa: S105 - a name
METHODS = ("get", "post")
COMPONENTS = Components(
    security_schemes={
        TOKEN: SecurityScheme(
            type="http", scheme="bearer", description="A token, as Bearer or as Basic password."
        )
    }
)
SECURITY = [{TOKEN: list[str]()}]

_TEXT, _NUMBER = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.INTEGER)
_FIELD_ERROR = Schema(
    type=OpenAPIType.OBJECT,
    properties={"field": _TEXT, "message": _TEXT},
    required=["field", "message"],
)
_REFUSAL = OpenAPIResponse(
    description="A problem (RFC 9457) with the rule or the fields, and the remedy.",
    content={
        PROBLEM: OpenAPIMediaType(
            schema=Schema(
                title="Problem",
                type=OpenAPIType.OBJECT,
                properties={
                    **dict.fromkeys(("title", "detail", "code", "rule", "remedy"), _TEXT),
                    "status": _NUMBER,
                    "errors": Schema(type=OpenAPIType.ARRAY, items=_FIELD_ERROR),
                },
                required=["title", "status", "detail"],
            )
        )
    },
)
OF_PAGERDUTY = OpenAPIResponse(
    description="A refusal in the format of PagerDuty's Events API v2.",
    content={
        "application/json": OpenAPIMediaType(
            schema=Schema(
                title="NotEnqueued",
                type=OpenAPIType.OBJECT,
                properties={
                    "status": _TEXT,
                    "message": _TEXT,
                    "errors": Schema(type=OpenAPIType.ARRAY, items=_TEXT),
                },
                required=["status", "message", "errors"],
            )
        )
    },
)
REFUSALS = {pagerduty.PATH: OF_PAGERDUTY}
"""Routes with another format of refusals."""


def _add_files(responses: dict[str, Any]) -> None:
    """A list is answered as JSON, or as a file in one of the formats of exports."""
    content = responses["200"].content
    for media_type in MEDIA_TYPES.values():
        content[media_type] = OpenAPIMediaType(schema=_TEXT)


def describe(app: Litestar) -> None:
    """Replaces the framework's error responses by airledger's."""
    for path, item in (app.openapi_schema.paths or {}).items():
        for operation in (getattr(item, method) for method in METHODS):
            if operation is not None:
                responses = operation.responses or {}
                responses.pop("400", None)
                if any(
                    getattr(each, "name", "") == "format" for each in operation.parameters or ()
                ):
                    _add_files(responses)
                operation.responses = {**responses, "default": REFUSALS.get(path, _REFUSAL)}
