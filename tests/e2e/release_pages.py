"""Browsers of a team's persons, and what the page of a release shows them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import httpx

from consumers.web.sessions import COOKIE
from ledger.vocabulary import Scope
from tests.e2e.acting import unseen
from tests.e2e.releases import SYSTEM, Team
from tests.e2e.server import add_person

FORM = re.compile(r'<form class="command"[^>]*data-form="([^"]+)"')
ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)


def session_of(team: Team, person: str) -> str:
    """The cookie of a session of one of the team, by name, that a link began."""
    return add_person(team.server.data_dir, person, Scope.OPERATE, command_line=False)


@contextmanager
def browser_of(team: Team, person: str) -> Iterator[httpx.Client]:
    """A browser with a session of one of the team; it follows no redirection by itself."""
    own = {"Sec-Fetch-Site": "same-origin"}
    cookies = {COOKIE: session_of(team, person)}
    with httpx.Client(
        base_url=team.server.url, headers=own, cookies=cookies, timeout=30
    ) as browser:
        yield browser


def page_of(version: str) -> str:
    """The path of a release's page, by its name."""
    return f"/releases/{SYSTEM}@{version}"


def read(browser: httpx.Client, path: str) -> str:
    """A page that the visitor may see."""
    return browser.get(path).raise_for_status().text


def send(browser: httpx.Client, path: str, command: str, **typed: str) -> httpx.Response:
    """The answer to a form that a page offers, with all that it carries."""
    carried = unseen(read(browser, path), command)
    return browser.post(f"{path}/{command}", data={**carried, **typed})


def recorded(browser: httpx.Client, path: str, command: str, **typed: str) -> str:
    """Sends a form that is accepted; the page that it leads to."""
    sent = send(browser, path, command, **typed)
    assert 303 == sent.status_code, words(sent.text)
    return read(browser, sent.headers["location"])


def offered(page: str) -> set[str]:
    """The commands whose forms a page has."""
    return set(FORM.findall(page))


def rows_of(page: str, section: str) -> list[str]:
    """The words of each row in a section of a page, by the id of its heading."""
    found = page.partition(f'id="{section}"')[2].partition("</section>")[0]
    return [words(row) for row in ROW.findall(found)[1:]]


def words(html: str) -> str:
    """What a part of a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
