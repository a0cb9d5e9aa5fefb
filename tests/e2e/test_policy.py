"""The policy over HTTP and as a page: read, adopted by admins alone, never overwritten unseen."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.policy import MAX_BYTES, digest, shipped
from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.browser import Document, only_our_scripts
from tests.e2e.reading import Json
from tests.e2e.served import Served, problem, served, wrong_fields
from tests.e2e.server import add_token, client

FIVE = shipped().replace("more_than = 3", "more_than = 5")
COUNT = "triggers.incident_count"
HOSTILE = "</code><script>document.title=1</script>{{ 7 * 7 }}\u202egnol"
HOSTILE_RULE = f"""[[rules]]
name = "hostile"
match = ['alertname="<b>{HOSTILE}"']
opens = true

"""


class Office(NamedTuple):
    """A server, and an admin who may adopt policies."""

    api: Served
    admin: httpx.Client

    def adopt(self, text: str, reason: str = "Because", **headers: str) -> httpx.Response:
        return self.admin.post(
            "/v1/policy",
            json={"text": text, "reason": reason},
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def in_force(self) -> httpx.Response:
        return self.api.reader.get("/v1/policy")

    def history(self, **params: str | int) -> Json:
        answer = self.api.reader.get("/v1/policy/history", params=params)
        assert 200 == answer.status_code, answer.text
        return dict(answer.json())

    def page(self) -> Document:
        answer = self.api.reader.get("/policy")
        assert (200, "text/html; charset=utf-8") == (
            answer.status_code,
            answer.headers["content-type"],
        )
        return Document(answer.text)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with served(tmp_path_factory.mktemp("policy") / "data") as api:
        token = add_token(api.server.data_dir, "ada", Scope.ADMIN)
        with client(api.server, token) as admin:
            yield Office(api, admin)


@pytest.fixture
def office(server: Office) -> Office:
    """With the shipped policy in force, whatever a test before adopted."""
    assert 200 == server.adopt(shipped(), "As shipped, again.").status_code
    return server


def test_an_adopted_policy_is_in_force_at_its_place_in_the_log(office: Office) -> None:
    answer = office.adopt(FIVE, "Fewer reviews")

    assert 200 == answer.status_code
    leaf = int(answer.headers["airledger-position"])
    (event,) = reading.events(office.api.reader, **{"from": leaf, "to": leaf})
    assert ("policy.adopted.v1", digest(FIVE)) == (event["type"], event["data"]["digest"])
    assert {"text", "commitment"} == set(event["data"]["reason"])
    assert "Fewer reviews" == office.history(limit=1)["items"][0]["reason"]
    assert digest(shipped()) == event["policydigest"]
    read = office.in_force()
    assert answer.json() == read.json()
    assert f'"{digest(FIVE)}"' == answer.headers["etag"] == read.headers["etag"]


def test_adopting_what_is_in_force_is_nothing_to_do(office: Office) -> None:
    first = office.adopt(FIVE)
    again = office.adopt(FIVE, "Once more")

    assert (200, first.json()) == (again.status_code, again.json())
    assert first.headers["airledger-position"] == again.headers["airledger-position"]
    assert "Because" == office.history(limit=1)["items"][0]["reason"]


def test_who_read_an_older_policy_overwrites_nothing(office: Office) -> None:
    seen = office.in_force().headers["etag"]
    assert 200 == office.adopt(FIVE, if_match=seen).status_code

    late = office.adopt(shipped().replace("PT24H", "PT12H"), if_match=seen)

    told = problem(late, 412)
    assert "stale_version" == told["code"]
    assert digest(FIVE) in told["detail"]
    assert digest(FIVE) == office.in_force().json()["digest"]
    assert 412 == office.adopt(FIVE, if_match=seen).status_code
    assert 200 == office.adopt(FIVE, if_match="*").status_code
    assert 200 == office.adopt(FIVE, if_match=f'W/"{digest(FIVE)}"').status_code


@pytest.mark.parametrize("tag", ["x", '"', '""', "sha256:1", '"a", "b"'])
def test_what_is_no_entity_tag_is_422(office: Office, tag: str) -> None:
    assert ["If-Match"] == wrong_fields(office.adopt(FIVE, if_match=tag))


def test_of_many_who_read_the_same_policy_one_adopts(office: Office) -> None:
    seen = office.in_force().headers["etag"]
    texts = [shipped().replace("more_than = 3", f"more_than = {n}") for n in range(10, 18)]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda text: office.adopt(text, if_match=seen), texts))

    assert [200, *[412] * 7] == sorted(answer.status_code for answer in answers)
    (landed,) = (each.json()["digest"] for each in answers if each.status_code == 200)
    assert landed == office.in_force().json()["digest"]


def test_only_an_admin_adopts(office: Office) -> None:
    body = {"text": FIVE, "reason": "Mine"}
    for someone, status in (
        (office.api.source, 403),
        (office.api.reader, 403),
        (office.api.operator, 403),
    ):
        problem(someone.post("/v1/policy", json=body), status)
    problem(httpx.post(f"{office.api.server.url}/v1/policy", json=body), 401)
    token = office.admin.headers["authorization"].removeprefix("Bearer ")
    with httpx.Client(base_url=office.api.server.url) as browser:
        assert 303 == browser.post("/login", data={"token": token}).status_code
        assert 401 == browser.post("/v1/policy", json=body).status_code
    assert digest(shipped()) == office.in_force().json()["digest"]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", ["schema", "title", "slos"]),
        ("schema = = 1", ["line 1"]),
        (shipped().replace("more_than = 3", "more_than = -1"), [f"{COUNT}.more_than"]),
        (shipped().replace("[rca]", "[rca]\nextra = 1"), ["rca.extra"]),
        (shipped().replace('zone = "UTC"', 'zone = "Mars"'), [f"{COUNT}.zone"]),
        (shipped().replace("""'severity=""'""", """'severity=~"("'"""), ["rules[2].match[0]"]),
        (shipped() + "#" * MAX_BYTES, ["text"]),
        (shipped() + "#" + '"' * 28_000, ["text"]),
        (f"{shipped()}#\x00", [f"line {len(shipped().splitlines()) + 1}"]),
    ],
)
def test_a_text_that_does_not_read_names_every_path(
    office: Office, text: str, fields: list[str]
) -> None:
    answer = office.adopt(text)
    assert fields == wrong_fields(answer)[: len(fields)]
    assert digest(shipped()) == office.in_force().json()["digest"]


@pytest.mark.parametrize(
    "reason", ["", " \n", "\u202e\u2066", "a\x00b", "x" * 2_001, "\x1b[2J", "\u007f"]
)
def test_a_reason_that_nobody_can_read_is_422(office: Office, reason: str) -> None:
    assert ["reason"] == wrong_fields(office.adopt(FIVE, reason))
    assert digest(shipped()) == office.in_force().json()["digest"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", ["body"]),
        (b"[]", ["body"]),
        (b"{}", ["text"]),
        (b'{"text": 1, "reason": "r"}', ["text"]),
        (b'{"text": "t"}', ["reason"]),
        (b'{"text": "t", "reason": "r", "expect": "x"}', ["expect"]),
        (b'{"text": "\\ud800", "reason": "r"}', None),
        (b'{"text": "\xff", "reason": "r"}', None),
        (b"[" * 100_000, None),
    ],
)
def test_a_body_that_is_none_is_422(office: Office, body: bytes, fields: list[str] | None) -> None:
    wrong = wrong_fields(office.admin.post("/v1/policy", content=body))
    assert wrong
    assert fields in (None, wrong)


def test_a_body_above_the_limit_is_413(office: Office) -> None:
    assert 413 == office.adopt("#" * (1024 * 1024)).status_code


def test_the_history_comes_newest_first_page_by_page(office: Office) -> None:
    for count in (6, 7):
        office.adopt(shipped().replace("more_than = 3", f"more_than = {count}"), f"Now {count}")
    whole = office.history()["items"]
    seen: list[Json] = []
    cursor: str | None = ""
    while cursor is not None:
        page = office.history(limit=2, **({"cursor": cursor} if cursor else {}))
        seen, cursor = seen + page["items"], page["next"]

    assert whole == seen
    newest, before, *_ = whole
    assert ("Now 7", "ada", before["digest"]) == (
        newest["reason"],
        newest["by"],
        newest["previous"],
    )
    path = f"{COUNT}.more_than"
    assert [{"path": path, "kind": "changed", "before": 6, "after": 7}] == newest["changes"]
    assert "-more_than = 6\n+more_than = 7\n" in newest["diff"]
    assert (1, None, [], "") == tuple(
        whole[-1][name] for name in ("version", "previous", "changes", "diff")
    )


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "cursor=x", "cursor=", "cursor=-1"])
def test_a_page_of_the_history_that_is_none_is_422(office: Office, query: str) -> None:
    answer = office.api.reader.get(f"/v1/policy/history?{query}")
    assert [query.partition("=")[0]] == wrong_fields(answer)


def test_an_incident_keeps_what_it_took_from_the_policy_of_its_time(office: Office) -> None:
    def told(ref: str, **params: Any) -> tuple[str, str, bool]:
        incident = office.api.reader.get(f"/v1/incidents/{ref}", params=params).json()
        return incident["month"], incident["rca"]["due_at"], incident["counts"]

    at = "2026-03-31T20:00:00Z"
    before = office.api.report(detected_at=at, severity="low")["reference"]
    other = shipped().replace('zone = "UTC"', 'zone = "Asia/Kolkata"')
    other = other.replace('due_after = "PT24H"', 'due_after = "PT12H"')
    office.adopt(other.replace('"critical", "high", "medium", "low"]', '"critical"]'))
    after = office.api.report(detected_at=at, severity="low")
    reading.settled(office.api.reader)

    assert ("2026-03", "2026-04-01T20:00:00.000000Z", True) == told(before)
    assert ("2026-04", "2026-04-01T08:00:00.000000Z", False) == told(after["reference"])


def test_the_page_says_the_policy_in_words(office: Office) -> None:
    office.adopt(shipped().replace('zone = "UTC"', 'zone = "America/St_Johns"'), "Newfoundland")
    page = office.page()

    assert "Policy · airledger" == page.title
    for words in (
        "more than 3 incidents of one system in a calendar month",
        "America/St_Johns",
        "24 h after detection",
        "from 4 h before that",
        'severity=~"(?i)critical|high|error|page|emergency"',
        "every alert that no rule above is for",
        "is recorded and opens none",
        "p95 < 2 s",
        "Verified last-known-good snapshot",
        "Newfoundland",
        'triggers.incident_count.zone: "UTC" -> "America/St_Johns"',
        '+zone = "America/St_Johns"',
        "The first policy of this ledger.",
    ):
        assert words in page.text, words
    assert "/policy" in page.attributes("a", "href")
    assert ["page"] == page.attributes("a", "aria-current")


def test_hostile_words_in_a_policy_stay_words(office: Office) -> None:
    text = shipped().replace("[[rules]]", f"{HOSTILE_RULE}[[rules]]", 1)
    text = text.replace('action = "Retrain model"', f'action = "{HOSTILE}"')
    answer = office.adopt(text, HOSTILE)
    assert 200 == answer.status_code, answer.text

    page = office.page()

    assert "Policy · airledger" == page.title
    assert only_our_scripts(page)
    assert not {tag for tag, _ in page.tags} & {"b", "iframe"}
    assert "{{ 7 * 7 }}" in page.text
    assert "\u202e" not in page.text
    assert "\\u202egnol" in page.text


def test_the_page_needs_a_token(office: Office) -> None:
    answer = httpx.get(f"{office.api.server.url}/policy")
    assert (401, "Log in · airledger") == (answer.status_code, Document(answer.text).title)
