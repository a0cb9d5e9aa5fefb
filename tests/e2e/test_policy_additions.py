"""What a policy adds to the runbook, as people meet it: forms, filters, pages, HTTP, commands."""

from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

import httpx
import pytest

from ledger.policy import shipped
from ledger.vocabulary import Category, Scope
from tests.e2e.served import Served, problem, served, wrong_fields
from tests.e2e.server import add_token, client
from tests.e2e.test_acting_pages import hidden, logged_in
from tests.unit.policy.extended import TEXT


class Office(NamedTuple):
    """A server with that policy in force, an admin, and a browser of somebody who may operate."""

    api: Served
    admin: httpx.Client
    browser: httpx.Client

    def adopt(self, text: str) -> None:
        answer = self.admin.post("/v1/policy", json={"text": text, "reason": "To try"})
        assert 200 == answer.status_code, answer.text

    def page(self, path: str, status: int = 200) -> str:
        answer = self.browser.get(path)
        assert status == answer.status_code, answer.text
        return unescape(answer.text)

    def send(self, ref: str, command: str, **typed: str) -> httpx.Response:
        unseen = hidden(self.browser.get(f"/incidents/{ref}").text)
        return self.browser.post(f"/incidents/{ref}/{command}", data={**unseen, **typed})

    def reported(self, title: str = "The bot obeys strangers", **fields: str) -> str:
        """Reports an incident and waits until pages show it; its reference."""
        body = {"title": title, "system": "chat", **fields}
        answer = self.api.operator.post("/v1/incidents", json=body)
        assert 201 == answer.status_code, answer.text
        return self.waited(str(answer.json()["reference"]), answer)

    def waited(self, ref: str, answer: httpx.Response) -> str:
        position = answer.headers["airledger-position"]
        self.page(f"/incidents/{ref}?at_least={position}")
        return ref


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    data = tmp_path_factory.mktemp("additions") / "data"
    admin, operates = add_token(data, "ada", Scope.ADMIN), add_token(data, "olga", Scope.OPERATE)
    with (
        served(data) as api,
        client(api.server, admin) as governance,
        logged_in(api.server, operates) as browser,
    ):
        yield Office(api, governance, browser)


@pytest.fixture
def office(server: Office) -> Office:
    server.adopt(TEXT)
    return server


def option(page: str, value: str) -> bool:
    return f'<option value="{value}"' in page


def classified(office: Office, category: str = "prompt_injection") -> str:
    ref = office.reported("The bot obeys strangers", severity="high")
    body = {"category": category, "severity": "critical"}
    answer = office.api.command(ref, "classify", body)
    assert 200 == answer.status_code, answer.text
    return office.waited(ref, answer)


def test_a_form_offers_the_policy_s_categories_and_takes_one(office: Office) -> None:
    ref = office.reported()
    page = office.page(f"/incidents/{ref}")
    assert all(option(page, each) for each in (*Category, "prompt_injection"))
    sent = office.send(ref, "classify", category="prompt_injection", severity="high", reason="r")
    assert 303 == sent.status_code, sent.text
    assert "Classified: Prompt injection, High" in office.page(sent.headers["location"])


def test_a_category_that_is_not_in_the_policy_is_refused_at_its_field_and_stays_chosen(
    office: Office,
) -> None:
    ref = office.reported()
    sent = office.send(ref, "classify", category="prompt_injektion", severity="high", reason="why")
    assert 422 == sent.status_code
    assert "Category: expected one of data_breach" in sent.text
    assert '<option value="prompt_injektion" selected>' in sent.text
    assert "why" in sent.text
    answer = office.api.command(ref, "classify", {"category": "x", "severity": "low"})
    assert ["category"] == wrong_fields(answer)


def test_an_incident_owes_the_steps_of_the_policy_and_they_are_done_by_a_form(
    office: Office,
) -> None:
    ref = classified(office)
    view = office.api.reader.get(f"/v1/incidents/{ref}").json()
    assert ["communicate", "tell_authority", "brief_board"] == list(view["steps"])[1:4]
    assert "Tell the authority" == view["steps"]["tell_authority"]["label"]
    assert "Prompt injection" == view["category_label"]
    page = office.page(f"/incidents/{ref}")
    assert all(option(page, each) for each in ("legal_review", "tell_authority", "brief_board"))

    sent = office.send(ref, "step", step="tell_authority", note="Told them <b>at once</b>")
    assert 303 == sent.status_code, sent.text
    assert "Tell the authority: Told them <b>at once</b>" in office.page(sent.headers["location"])
    done = office.api.reader.get(f"/v1/incidents/{ref}").json()["steps"]["tell_authority"]
    assert ("done", "Told them <b>at once</b>") == (done["state"], done["note"])

    refused = office.api.command(ref, "waive", {"step": "nope", "reason": "r"})
    assert ["step"] == wrong_fields(refused)
    closing = problem(office.api.command(ref, "close", {"reason": "r"}), 409)
    assert "legal_review" in closing["detail"]


def test_the_form_of_added_steps_is_shown_where_there_is_one_to_do(office: Office) -> None:
    office.adopt(shipped())
    ref = office.reported("Without")
    assert f'action="/incidents/{ref}/step"' not in office.page(f"/incidents/{ref}")
    office.adopt(TEXT)
    other = office.reported("With")
    page = office.page(f"/incidents/{other}")
    assert f'action="/incidents/{other}/step"' in page
    assert '<option value="legal_review" selected>' in page


def test_a_category_of_before_is_shown_and_filtered_by_when_the_policy_lost_it(
    office: Office,
) -> None:
    ref = classified(office)
    office.adopt(shipped())
    assert "Prompt injection" in office.page(f"/incidents/{ref}")
    page = office.page("/?category=prompt_injection")
    assert ref in page
    assert '<option value="prompt_injection" selected>Prompt injection</option>' in page
    found = office.api.reader.get("/v1/incidents", params={"category": "prompt_injection"}).json()
    assert ref in [each["reference"] for each in found["items"]]
    new = office.reported("Another")
    answer = office.api.command(
        new, "classify", {"category": "prompt_injection", "severity": "low"}
    )
    assert ["category"] == wrong_fields(answer)


def test_a_filter_by_a_category_that_no_policy_ever_had_is_refused_with_the_list(
    office: Office,
) -> None:
    answer = office.api.reader.get("/v1/incidents", params={"category": "prompt_injektion"})
    told = problem(answer, 422)
    assert "Did you mean prompt_injection?" in told["detail"]
    assert "Did you mean prompt_injection?" in office.page("/?category=prompt_injektion", 422)


def test_the_policy_s_page_says_what_it_adds_and_when_an_rca_is_due(office: Office) -> None:
    page = office.page("/policy")
    for words in (
        "Prompt injection",
        "Somebody made the system follow instructions",
        "Tell the authority",
        "Data breach, Prompt injection, and critical, high; cannot be waived",
        "... severity Critical",
        "8 h after detection",
        "... category Data breach",
        "the shortest that applies",
    ):
        assert words in page, words
