"""docs/reference/http.md has every route, and the server refuses as the page says."""

from collections.abc import Iterator

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.docs import http_page
from tests.docs.http_page import Operation
from tests.docs.pages import REFERENCE
from tests.e2e.served import Served, served
from tests.e2e.server import add_token, client

OPERATIONS = http_page.operations(http_page.application())
UNKNOWN = "0193b2f0-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("http") / "data") as api:
        yield api


@pytest.fixture(scope="module")
def admin(api: Served) -> Iterator[httpx.Client]:
    with client(api.server, add_token(api.server.data_dir, "governance", Scope.ADMIN)) as admin:
        yield admin


def named(operation: Operation) -> str:
    return f"{operation.method.upper()} {operation.path}"


def with_status(status: int) -> list[Operation]:
    return [each for each in OPERATIONS if status in http_page.refusals(each)]


def url_of(operation: Operation) -> str:
    return operation.path.replace("{ref}", UNKNOWN).replace("{entry}", UNKNOWN)


def test_every_operation_of_the_document_has_its_section() -> None:
    page = REFERENCE.joinpath("http.md").read_text("utf-8")
    missing = [named(each) for each in OPERATIONS if f"\n### {named(each)}\n" not in page]
    assert [] == missing
    assert len(OPERATIONS) > 40


def test_every_operation_says_what_it_does_beyond_its_summary() -> None:
    assert [] == [named(each) for each in OPERATIONS if not each.said.get("description")]


def test_a_default_beside_a_vocabulary_is_in_the_document() -> None:
    (native,) = [each for each in OPERATIONS if each.path == "/v1/signals/native"]
    schema = native.said["requestBody"]["content"]["application/json"]["schema"]
    (signal,) = [each for each in schema["anyOf"] if each["type"] == "object"]
    assert "firing" == signal["properties"]["status"]["default"]


@pytest.mark.slow
def test_without_a_token_the_routes_of_the_page_are_refused_with_401(api: Served) -> None:
    with httpx.Client(base_url=api.server.url) as stranger:
        for operation in with_status(401):
            path = url_of(operation).replace("{token}", "unknown")
            if "open" in operation.asks and operation.asks["open"] is not True:
                continue  # a setting opens it
            answer = stranger.request(operation.method, path, json={})
            assert 401 == answer.status_code, named(operation)


@pytest.mark.slow
def test_an_unknown_id_is_refused_with_404_where_the_page_says_so(
    api: Served, admin: httpx.Client
) -> None:
    for operation in with_status(404):
        if operation.path == "/log/vkey":
            continue  # only before the log begins
        body = {"reason": "It is not there."} if operation.path.endswith("/dismiss") else None
        path = url_of(operation).replace("{path}", "0/x999/999")
        answer = admin.request(operation.method, path, json=body)
        if operation.group == "commands" and answer.status_code == 422:
            continue  # its fields are looked at first
        assert 404 == answer.status_code, f"{named(operation)}: {answer.text}"


@pytest.mark.slow
def test_a_wrong_field_or_parameter_is_refused_with_422_where_the_page_says_so(
    admin: httpx.Client,
) -> None:
    for operation in with_status(422):
        wrong = {"no_such_field": 1} if operation.method == "post" else None
        names = {each["name"] for each in operation.parameters if each["in"] == "query"}
        query = dict.fromkeys(names & {"limit", "at_least"}, "-1")
        answer = admin.request(operation.method, url_of(operation), json=wrong, params=query)
        assert 422 == answer.status_code, f"{named(operation)}: {answer.text}"


@pytest.mark.slow
def test_a_coding_that_is_not_supported_is_refused_with_415_where_the_page_says_so(
    api: Served, admin: httpx.Client
) -> None:
    for operation in with_status(415):
        if "{token}" in operation.path or operation.group == "intake":
            continue  # a source's token is needed, which tests of the intake have
        headers = {"Content-Encoding": "br"}
        needed = (each for each in operation.parameters if each.get("required"))
        query = {each["name"]: "x" for each in needed if each["in"] == "query"}
        answer = admin.post(url_of(operation), content=b"{}", headers=headers, params=query)
        assert 415 == answer.status_code, f"{named(operation)}: {answer.text}"
