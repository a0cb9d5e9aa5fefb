"""Forms as a browser sends them: what they carry unseen, and a client that is logged in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import httpx

from tests.e2e.server import Server


@contextmanager
def logged_in(server: Server, token: str, prefix: str = "") -> Iterator[httpx.Client]:
    """A browser of somebody with a token."""
    own = {"Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=f"{server.url}{prefix}", headers=own, timeout=30) as browser:
        assert 303 == browser.post("/login", data={"token": token}).status_code
        yield browser


def form(page: str, name: str) -> str:
    """The form of a name on a page, as HTML. Raises ValueError where there is none."""
    start = page.index('<form class="command"', page.index(f'data-form="{name}"') - 400)
    return page[start : page.index("</form>", start)]


def has_form(page: str) -> bool:
    """Whether a page has a form that acts."""
    return '<form class="command"' in page


def unseen(page: str, name: str) -> dict[str, str]:
    """What a form sends along unseen."""
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form(page, name))
    return {field: unescape(value) for field, value in pairs}
