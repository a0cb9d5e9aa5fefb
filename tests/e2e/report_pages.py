"""The risk manager's pages, served over a ledger with something of everything that they show."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import httpx

from ledger.vocabulary import Scope
from tests.e2e.browser import Document
from tests.e2e.reported import SCRIPT, Reported, reported
from tests.e2e.served import served
from tests.e2e.server import add_token

PAGES = ("/rca", "/counts", "/reviews", "/alerts", "/quarantine")


class World(NamedTuple):
    """A filled ledger that is served, and a token that may read it and no more."""

    told: Reported
    reader: str

    @property
    def url(self) -> str:
        return self.told.api.server.url

    def get(self, path: str) -> Document:
        """A page as its reader gets it."""
        answer = httpx.get(f"{self.url}{path}", headers=cookie(self.url, self.reader))
        assert 200 == answer.status_code, answer.text
        return Document(answer.text)


@contextmanager
def shown(data_dir: Path) -> Iterator[World]:
    """The pages of a ledger in this directory, which is filled first."""
    with served(data_dir) as api:
        told = reported(api, data_dir)
        for number in range(3):
            api.source.post("/v1/signals/alertmanager", content=f"{SCRIPT} {number}".encode())
        yield World(told, add_token(data_dir, "ada.lovelace", Scope.AUDIT))


@cache
def cookie(url: str, token: str) -> dict[str, str]:
    """The cookie of a browser that this token logged in; one that is none where it logs in none."""
    answer = httpx.post(f"{url}/login", data={"token": token})
    return {"Cookie": answer.headers.get("set-cookie", "airledger=x").partition(";")[0]}


def named(page: Document) -> set[str]:
    """The incidents that a page links to."""
    links = (link.partition("/incidents/")[2] for link in page.attributes("a", "href"))
    return {link for link in links if link}


def missing(page: Document, *words: str) -> list[str]:
    """The words that the page does not say."""
    return [each for each in words if each not in page.text]
