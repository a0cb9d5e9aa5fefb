"""The page of a release: what it shows, what its forms send, and who sees them."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import httpx
import pytest

from ledger.domain.incident.commands import Report
from ledger.domain.release.commands import DecideRelease, DeployRelease
from ledger.domain.release.words import Decision, DeployMode
from ledger.vocabulary import Scope
from tests.e2e.acting import form, has_form, logged_in, unseen
from tests.e2e.people import ENFORCED
from tests.e2e.release_pages import browser_of, offered, page_of, read, recorded, rows_of, words
from tests.e2e.releases import MODEL, SYSTEM, SYSTEM_CARD, Team, path, team
from tests.e2e.server import Server, add_token
from tests.e2e.test_acting_pages import hidden
from tests.harness.commands import report_incident
from tests.harness.process import until
from tests.unit.cli.processes import Airledger
from tests.unit.reactor.test_release_notices import proposed, sends
from tests.unit.reactor.watch import watch

SYSTEM_LINK = re.compile(r'<a href="(/systems/SYS-\d+)">')
LEAF = re.compile(r"/explain\?leaf=(\d+)")


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
    waits = words(read(owner, page_of("1.0.0")))
    assert "Undecided Proposed production 10 requirements hold it back: Model card" in waits
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


def test_a_sign_off_of_before_an_amendment_is_shown_as_stale_and_a_form_of_before_is_refused(
    world: World,
) -> None:
    at_work, owner, lead = world.team, world.owner, world.lead
    at_work.propose("1.0.0")
    recorded(owner, page_of("1.0.0"), "sign-off", role="product_owner")
    before = unseen(read(lead, page_of("1.0.0")), "sign-off")
    amended = {"reason": "Another prompt.", "artefacts": [f"prompt:triage@sha256:{'cd' * 32}"]}
    at_work.pipeline.post(f"{path('1.0.0')}/amend", json=amended).raise_for_status()
    typed = {**before, "role": "governance_lead"}
    meanwhile = lead.post(f"{page_of('1.0.0')}/sign-off", data=typed)
    assert 412 == meanwhile.status_code
    assert "Amended (artefacts): Another prompt." in words(meanwhile.text)
    typed |= {name: unseen(meanwhile.text, "sign-off")[name] for name in ("_key", "_version")}
    refused = lead.post(f"{page_of('1.0.0')}/sign-off", data=typed)
    assert 409 == refused.status_code
    assert "The release is not what you saw" in words(refused.text)
    assert before["digest"] == unseen(refused.text, "sign-off")["digest"]
    [signed] = rows_of(read(lead, page_of("1.0.0")), "signed")
    assert "Stale It does not count: what was signed has changed since" in signed
    page = recorded(lead, page_of("1.0.0"), "sign-off", role="governance_lead")
    assert ["Stale", "Counts"] == [
        "Stale" if "Stale" in row else "Counts" for row in rows_of(page, "signed")
    ]


def test_who_may_read_alone_or_comes_with_a_token_is_not_offered_what_is_refused(
    world: World,
) -> None:
    at_work = world.team
    at_work.propose("1.0.0")
    page = read(world.reader, page_of("1.0.0"))
    assert not has_form(page)
    assert "Gates" in page
    with logged_in(at_work.server, at_work.token) as program:
        page = read(program, page_of("1.0.0"))
    assert {"attach", "amend", "deploy", "retire"} == offered(page)
    assert "in a session of one's own" in page


def test_the_page_offers_what_a_release_takes_as_it_stands(world: World) -> None:
    at_work, owner = world.team, world.owner
    at_work.deploy("0.9.0")
    page = read(owner, page_of("0.9.0"))
    assert "never proposed" in page
    assert "not registered" in page
    assert {"deploy", "undeploy", "roll-back"} == offered(page)
    at_work.propose("1.0.0")
    page = read(owner, page_of("1.0.0"))
    always = {"amend", "attach", "exclude", "sign-off", "decide", "deploy", "retire"}
    assert always == offered(page) - {"waive"}
    choices = form(page, "sign-off")
    assert "product_owner" in choices
    assert "mlops_engineer" not in choices
    assert 'name="version"' not in form(page, "deploy")
    card = at_work.file("system_card", "1.0.0", SYSTEM_CARD)
    at_work.settle()
    attaching = form(read(owner, page_of("1.0.0")), "attach")
    assert f'<option value="{card}">system_card: system_card 1.0.0</option>' in attaching
    page = recorded(owner, page_of("1.0.0"), "attach", requirement="system_card", evidence=card)
    assert f"{card} for system_card" in words(page)
    assert f"Evidence {card} attached for system_card" in words(page)
    assert {"detach"} == offered(page) - always - {"waive"}
    recorded(owner, page_of("1.0.0"), "retire", reason="Another one is better.")
    assert set() == offered(read(owner, page_of("1.0.0")))


def test_a_requirement_that_does_not_apply_is_shown_with_who_said_so(world: World) -> None:
    world.team.propose("1.0.0")
    page = recorded(
        world.owner,
        page_of("1.0.0"),
        "exclude",
        requirement="fairness",
        reason="It serves nobody by groups.",
        role="product_owner",
    )
    [waived] = rows_of(page, "waived")
    for said in ("Does not apply", "pia", "It serves nobody by groups.", "without an end"):
        assert said in waived
    assert "Not applicable" in page


def test_what_somebody_wrote_is_text_on_the_page(world: World) -> None:
    hostile = "<script>alert(1)</script>\"'{{7*7}}"
    version = "1.0.0<img/src=x>"
    world.team.propose(
        version,
        summary=hostile,
        authors=["emil"],
        artefacts=[f"prompt:{hostile}@sha256:{'ab' * 32}"],
    )
    world.team.settle()
    [row] = world.team.pipeline.get("/v1/releases").json()["items"]
    shown = f"/releases/{row['reference']}"
    no = {"decision": "no_go", "reason": hostile}
    page = recorded(world.owner, shown, "decide", **no)
    [leaf] = LEAF.findall(page)
    world.team.settle()
    for told in (
        page,
        read(world.owner, f"{shown}/explain?leaf={leaf}"),
        read(world.owner, "/releases"),
    ):
        assert "<script>alert" not in told
        assert "<img/src" not in told
        assert "1.0.0&lt;img/src=x&gt;" in told
    assert "Decided no-go at" in words(page)
    assert hostile in unescape(page)


def test_releases_that_need_somebody_stand_in_today_and_above_their_list(world: World) -> None:
    at_work, owner = world.team, world.owner
    system = {"system": SYSTEM, "title": "Assistant", "intended_purpose": "Answers."}
    at_work.pipeline.post("/v1/systems", json=system).raise_for_status()
    at_work.go("1.0.0")
    at_work.deploy("1.0.0", digest=MODEL)
    at_work.propose("1.1.0")
    at_work.settle()
    today = read(owner, "/today")
    assert 'href="/releases?needs=undecided">1</a>' in today
    assert "needs=overdue" not in today
    listed = read(owner, "/releases")
    assert "1 release waits for sign-off or decision." in words(listed)
    only = read(owner, "/releases?needs=undecided")
    assert "1.1.0" in only
    assert 1 == only.count('<a class="ref" href="/releases/RLS-')
    [registered] = SYSTEM_LINK.findall(read(owner, page_of("1.0.0")))
    page = read(owner, registered)
    about = words(page.partition('id="releases"')[2].partition("</section>")[0])
    assert "In production 1.0.0 full, since" in about
    assert "Last known good 1.0.0" in about
    assert ["1.1.0", "1.0.0"] == [row.split()[1] for row in rows_of(page, "releases")]
    proposing = read(owner, f"/releases/new?system={SYSTEM}")
    assert f'value="{SYSTEM}"' in form(proposing, "propose")


def test_an_emergency_is_proposed_by_a_person_on_the_page_and_waits_for_a_decision(
    world: World,
) -> None:
    at_work, owner = world.team, world.owner
    report = {"title": "It leaks", "system": SYSTEM}
    incident = at_work.pipeline.post("/v1/incidents", json=report).raise_for_status().json()
    typed = {
        "system": SYSTEM,
        "version": "1.0.1",
        "environment": "production",
        "change_class": "emergency",
        "artefacts": f"guardrail:words@sha256:{'ef' * 32}",
        "incident": incident["reference"],
    }
    sent = owner.post("/releases", data={**hidden(read(owner, "/releases/new")), **typed})
    assert 303 == sent.status_code, words(sent.text)
    at = sent.headers["location"].partition("?")[0]
    page = recorded(owner, at, "deploy", mode="full")
    assert "it is to be decided until" in page
    assert f'href="/incidents/{incident["id"]}">{incident["reference"]}</a>' in page
    at_work.settle()
    assert 'href="/releases?needs=runs_undecided">1</a>' in read(owner, "/today")


def test_what_conforms_no_more_or_was_not_decided_in_time_is_late(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with watch(data) as desk:  # long ago: the clock of the server finds both late
        sends(desk, "1.0.0", proposed("1.0.0", "major"))
        no = DecideRelease(decision=Decision.NO_GO, reason="It is rude.")
        sends(desk, "1.0.0", no)
        sends(desk, "1.0.0", DeployRelease())
        incident, report = UUID(int=1), Report(title="It broke", system="chat")
        desk.executor.execute(report_incident(incident=incident, report=report), desk.context())
        sends(desk, "1.0.1", proposed("1.0.1", "emergency", incident))
        sends(desk, "1.0.1", DeployRelease(mode=DeployMode.CANARY))
    token = add_token(data, "visitor", Scope.READ)
    with Server(data) as server, logged_in(server, token) as reader:
        late = {"/releases?needs=nonconforming", "/releases?needs=overdue"}
        until(lambda: late == needed(reader), "the marks of the clock")
        listed = words(read(reader, "/releases"))
        assert "1 emergency release is overdue : each runs, and was not decided" in listed
        assert "1 release is nonconforming : each runs" in listed
        page = words(read(reader, "/releases/chat@1.0.0"))
        assert "1 requirement that had passed does so no more: decision since" in page
        assert "an emergency release that runs, and it was not decided in time" in words(
            read(reader, "/releases/chat@1.0.1")
        )


def needed(reader: httpx.Client) -> set[str]:
    """The links of Today to releases."""
    return set(re.findall(r'href="(/releases\?needs=\w+)"', read(reader, "/today")))


def test_a_role_that_the_raci_gives_no_say_is_offered_no_form(world: World, tmp_path: Path) -> None:
    world.team.propose("1.0.0")
    everything = offered(read(world.owner, page_of("1.0.0")))
    assert {"sign-off", "decide", "attach"} <= everything
    enforced = tmp_path / "enforced.toml"
    enforced.write_text(ENFORCED)
    with Airledger(tmp_path / "data") as host:
        host.done("policy", "adopt", str(enforced), "--reason", "The RACI is enforced.")
    with browser_of(world.team, "nobody") as browser:
        assert set() == offered(read(browser, page_of("1.0.0")))
    assert {"sign-off", "decide"} <= offered(read(world.owner, page_of("1.0.0")))
    assert "waive" not in offered(read(world.owner, page_of("1.0.0")))
