"""The OpenAPI document is valid, and the server answers as it says, whatever it is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from tests.e2e.reading import Json
from tests.e2e.served import Served, served

pytestmark = pytest.mark.only_on(
    "sqlite", "the document is the same; test_queries and test_commands have both stores"
)

EXAMPLES = 12
CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("description") / "data") as api:
        yield api


@pytest.fixture(scope="module")
def document(api: Served) -> Json:
    answer = api.reader.get("/v1/openapi.json")
    assert answer.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    return dict(answer.json())


def test_the_document_is_valid_openapi(document: Json) -> None:
    schemathesis.openapi.from_dict(document).validate()
    assert "3.1" == document["openapi"][:3]


def test_every_operation_has_a_summary_and_is_refused_with_a_problem(document: Json) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation.get("summary"), f"{method} {path}"
            (refusal,) = operation["responses"]["default"]["content"]
            form = "application/json" if path == "/v2/enqueue" else "application/problem+json"
            assert form == refusal


def test_every_command_has_its_fields_described(document: Json) -> None:
    commands = {
        path: item["post"]
        for path, item in document["paths"].items()
        if path.startswith("/v1/incidents/") and "post" in item
    }
    assert 29 == len(commands)
    for path, operation in commands.items():
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert ("object", False) == (schema["type"], schema["additionalProperties"]), path
    contain = commands["/v1/incidents/{ref}/contain"]["requestBody"]
    schema = contain["content"]["application/json"]["schema"]
    assert (True, ["action"], {"action", "at"}) == (
        contain["required"],
        schema["required"],
        set(schema["properties"]),
    )


def test_requests_made_from_the_document_are_answered_as_it_says(
    api: Served, document: Json
) -> None:
    headers = {"Authorization": api.operator.headers["authorization"]}
    refs = [api.report(f"Incident {number}")["reference"] for number in range(3)]
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok)

        @seed(20_261_122)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=found.ok().as_strategy())
        def run(case: Any) -> None:
            case.query.pop("at_least", None)  # it would wait for what never comes
            if "ref" in case.path_parameters and len(case.path_parameters["ref"]) % 4:
                case.path_parameters["ref"] = refs[len(case.path_parameters["ref"]) % 3]
            answer = case.call(base_url=api.server.url, headers=headers)
            case.validate_response(answer, checks=CHECKS)

        run()
