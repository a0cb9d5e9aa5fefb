"""The page of a release: what it shows, what its forms send, and who sees them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.acting import logged_in, unseen
from tests.e2e.release_pages import browser_of, page_of, read, recorded, rows_of, words
from tests.e2e.releases import Team, team
from tests.e2e.server import add_token


class World(NamedTuple):
    """A team, and the browsers of two of its persons and of a visitor who may read alone."""

    team: Team
    owner: httpx.Client
    lead: httpx.Client
    reader: httpx.Client


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as opened:
        people = opened.enter_context(team(tmp_path))
        token = add_token(tmp_path / "data", "visitor", Scope.READ)
        yield World(
            people,
            opened.enter_context(browser_of(people, "pia")),
            opened.enter_context(browser_of(people, "lea")),
            opened.enter_context(logged_in(people.server, token)),
        )


def test_two_persons_sign_and_one_decides_on_the_page(world: World) -> None:
    at_work, owner, lead = world.team, world.owner, world.lead
    at_work.propose("1.0.0")
    assert "Undecided" in words(read(owner, page_of("1.0.0")))
    at_work.document("1.0.0")
    at_work.evaluate("1.0.0")
    check = at_work.settled_check("1.0.0")
    page = read(owner, page_of("1.0.0"))
    assert "Next: sign-offs." in page
    assert check["subject_digest"] == unseen(page, "sign-off")["digest"]
    recorded(owner, page_of("1.0.0"), "sign-off", role="product_owner")
    page = recorded(lead, page_of("1.0.0"), "sign-off", role="governance_lead")
    assert "Next: a decision." in page
    page = recorded(owner, page_of("1.0.0"), "decide", decision="go", conditions="Test Romansh.")
    assert "Decided: go" in page
    assert ["Counts", "Counts"] == [row.split()[-2] for row in rows_of(page, "signed")], rows_of(
        page, "signed"
    )
    [decision] = rows_of(page, "decided")
    assert "Go" == decision.split()[0]
    assert "Test Romansh." in decision
    explained = page.partition("/explain?leaf=")[2].partition('"')[0]
    told = read(owner, f"{page_of('1.0.0')}/explain?leaf={explained}")
    assert "comes to the same" in told
    assert 404 == owner.get(f"{page_of('1.0.0')}/explain?leaf=0").status_code
    assert 422 == owner.get(f"{page_of('1.0.0')}/explain?leaf=x").status_code
