"""What the demo says once it is played: what is in the register, and what to try next."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec

from consumers.demo.inbox import NAME
from consumers.demo.player import TIMEOUT_SECONDS, Played, Tokens
from ledger.domain.control import ControlStatus
from ledger.domain.improvement import ImprovementStatus
from ledger.domain.release.words import ReleaseStatus
from ledger.domain.risk import RiskAcceptance, RiskStatus, Tolerated
from ledger.domain.standard import StandardStatus
from ledger.transparency.audit import Audit
from ledger.vocabulary import DeliveryStatus, RcaState

Item = dict[str, Any]

PAGES = (
    *("rca", "counts", "reviews", "trends", "alerts", "quarantine", "deliveries", "coverage"),
    *("systems", "releases", "objectives", "triggers"),
    *(
        "risks",
        "risks/movement",
        "improvements",
        "standards",
        "controls",
        "governance",
        "risk-report",
    ),
    *("log", "roles", "raci"),
)
"""Beside the register."""


class DemoLists(msgspec.Struct, frozen=True, kw_only=True):
    """The lists that the API gives of a played demo."""

    incidents: list[Item]
    rca: list[Item]
    counts: list[Item]
    reviews: list[Item]
    quarantine: list[Item]
    deliveries: list[Item]
    releases: list[Item]
    risks: list[Item]
    improvements: list[Item]
    controls: list[Item]
    standards: list[Item]


async def read_lists(url: str, token: str) -> DemoLists:
    """Every list, over HTTP, as anybody with the token could read them."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False
    ) as client:

        async def items(name: str) -> list[Item]:
            answer = await client.get(f"/v1/{name}", params={"limit": 1_000})
            found: list[Item] = answer.raise_for_status().json()["items"]
            return found

        return DemoLists(**{name: await items(name) for name in DemoLists.__struct_fields__})


class DemoTokens(NamedTuple):
    """The tokens to try things with."""

    reader: str
    auditor: str
    operator: str


def played_text(
    played: Played,
    lists: DemoLists,
    audited: Audit,
    directory: Path,
    url: str,
    link: str,
    granted: DemoTokens,
    tokens: Tokens,
) -> str:
    """What was done, in clear words, and what to try next."""
    reader, auditor, operator = granted
    publisher = "prometheus"
    newest, newest_id = (lists.incidents[0][name] for name in ("reference", "id"))
    waiting = [each for each in lists.quarantine if each["state"] == "open"]
    return f"""
Played     {played.deliveries} deliveries and {played.commands} commands, each at its own time
Incidents  {len(lists.incidents)}: {_statuses(lists.incidents)}
RCAs       {_rca(lists.rca)}
{_months(lists.counts)}
{_reviews(lists.reviews)}
Quarantine {len(lists.quarantine)} bodies that were not understood or refused, {len(waiting)} open
Told       {_told(lists.deliveries, directory)}
Releases   {_releases(lists.releases)}
Risks      {_risks(lists.risks)}
Improvements {_improvements(lists.improvements)}
Controls   {_controls(lists.controls, lists.standards)}
Log        {audited.size} events, sealed and verified; root {audited.root.hex()}

Still open, newest first:
{_open(lists.incidents)}

Register         {url}
Log-in link      {link}   (reads; for one browser, once)
Link to record   {url}/login#token={operator}   (the pages have forms)
Pages            {" ".join(f"{url}/{page}" for page in PAGES)}
Token to read    {reader}
Token to audit   {auditor}   (reads raw events as well)
Token to command {operator}
Token to publish {tokens.sources[publisher]} (as the Alertmanager {publisher})

Walk through it: docs/tutorial/from-make-run-to-a-closed-incident.md, or, for risk managers,
docs/tutorial/from-the-risk-register-to-the-board.md. Or try, in another terminal:
  airledger rca --data-dir {directory}
  airledger counts --data-dir {directory}
  airledger incident timeline {newest} --data-dir {directory}
  airledger deliveries --data-dir {directory}
  airledger objective list --data-dir {directory}
  airledger systems --data-dir {directory}
  airledger releases --data-dir {directory}
  airledger release explain support-assistant 2.14.2 --data-dir {directory}
  airledger risks --tolerated no --data-dir {directory}
  airledger risk movement --data-dir {directory}
  airledger improvements --overdue --data-dir {directory}
  airledger standard coverage eu_ai_act --data-dir {directory}
  airledger governance --data-dir {directory}
  airledger role list --data-dir {directory}
  airledger raci --role risk_manager --data-dir {directory}
  airledger person show petra.novak+risk-manager --data-dir {directory}
  airledger verify --data-dir {directory}
  curl -s -H 'Authorization: Bearer {reader}' '{url}/v1/rca?state=breached'
  curl -s -H 'Authorization: Bearer {reader}' {url}/v1/reviews
  curl -s -H 'Authorization: Bearer {auditor}' '{url}/v1/events?subject=incident/{newest_id}'
  curl -s -H 'Authorization: Bearer {operator}' -d '{{"action": "Traffic moved away"}}' \
{url}/v1/incidents/{newest}/contain

Ctrl-C ends the demo; started again, it serves {directory} as it then is."""


def _tally(words: Iterable[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in Counter(words).most_common())


def _statuses(incidents: list[Item]) -> str:
    near = sum(each["near_miss"] for each in incidents)
    averted = f"; {near} near miss{'es' * (near > 1)}, not counted" if near else ""
    return f"{_tally(each['status'] for each in incidents)}{averted}"


def _rca(clocks: list[Item]) -> str:
    states = Counter(each["state"] for each in clocks)
    return ", ".join(f"{states[state]} {state.label.lower()}" for state in RcaState)


def _months(counts: list[Item]) -> str:
    months: dict[str, list[str]] = {}
    for each in counts:
        crossed = " (over the threshold)" if each["crossed"] else ""
        months.setdefault(each["month"], []).append(f"{each['system']} {each['count']}{crossed}")
    return "\n".join(f"{month}    {', '.join(systems)}" for month, systems in months.items())


def _reviews(reviews: list[Item]) -> str:
    return "\n".join(
        f"Review     of {each['system']}, {each['month']}: {each['count']} incidents, "
        f"{each['threshold']} are allowed; launched {each['launched_at'][:10]} by leaf "
        f"{each['leaf']} of the log"
        for each in reviews
    )


def _told(deliveries: list[Item], directory: Path) -> str:
    said = Counter(each["status"] for each in deliveries)
    tally = ", ".join(
        f"{said[status]} {status.label.lower()}" for status in DeliveryStatus if said[status]
    )
    return f"{len(deliveries)} notifications: {tally}; in {directory / NAME}"


def _releases(releases: list[Item]) -> str:
    """How many there are of each status, and what an emergency lacks."""
    late = sum(each["overdue"] for each in releases)
    overdue = f"; {late} emergency release not decided in time" if late else ""
    words = (ReleaseStatus(each["status"]).label.lower() for each in releases)
    return f"{len(releases)}: {_tally(words)}{overdue}"


_ACCEPTED = {
    RiskAcceptance.HOLDS: "holds",
    RiskAcceptance.STALE: "stale",
    RiskAcceptance.EXPIRED: "expired",
}


def _risks(risks: list[Item]) -> str:
    """How many are open, above tolerance or not assessed, and what became of acceptances."""
    open_ = [each for each in risks if each["status"] == RiskStatus.OPEN.value]
    tolerated = Counter(each["tolerated"] for each in open_)
    given = Counter(each["acceptance"] for each in open_)
    accepted = ", ".join(f"{given[each.value]} {words}" for each, words in _ACCEPTED.items())
    late = sum(each["review_overdue"] for each in open_)
    return (
        f"{len(risks)}: {_tally(each['status'] for each in risks)}; "
        f"{tolerated[Tolerated.NO.value]} above tolerance, "
        f"{tolerated[Tolerated.UNKNOWN.value]} not assessed; acceptances: {accepted}; "
        f"{late} review overdue"
    )


def _improvements(improvements: list[Item]) -> str:
    late = sum(each["overdue"] for each in improvements)
    words = (ImprovementStatus(each["status"]).label.lower() for each in improvements)
    return f"{len(improvements)}: {_tally(words)}; {late} overdue"


def _controls(controls: list[Item], standards: list[Item]) -> str:
    words = (ControlStatus(each["status"]).label.lower() for each in controls)
    late = sum(each["status"] == StandardStatus.REVIEW_OVERDUE.value for each in standards)
    return f"{len(controls)}: {_tally(words)}; {len(standards)} standards, {late} review overdue"


def _open(incidents: list[Item]) -> str:
    shown = [each for each in incidents if each["status"] == "open"]
    width = max((len(each["reference"]) for each in shown), default=0)
    return "\n".join(
        f"  {each['reference']:{width}}  RCA {RcaState(each['rca']['state']).label.lower():9}  "
        f"{each['system']}: {each['title']}"
        for each in shown
    )


def served_again_text(directory: Path, url: str, *, whole: bool) -> str:
    """What is said of a demo that was played, `whole` or in part, by an earlier start."""
    what = (
        f"{directory} holds the sample of an earlier start; it is served as it is."
        if whole
        else f"{directory} holds a sample that an earlier start did not play to its end; it is "
        "served as it is."
    )
    return (
        f"{what}\n"
        f"For a new one, end this and remove {directory}.\n\n"
        f"Register     {url}   (log in by the link above)\n"
        f"Verify       airledger verify --data-dir {directory}\n"
        f"New token    airledger token add NAME --scope read --data-dir {directory}\n\n"
        "Ctrl-C ends the demo."
    )
