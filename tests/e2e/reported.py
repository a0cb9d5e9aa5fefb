"""A ledger with something of everything that the risk manager's pages show."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from consumers.commands.policy_history import adoption_in_force
from consumers.container.ledger import new_id, now, open_ledger
from ledger.domain.access.deciding import HOST
from ledger.domain.policy import AdoptPolicy
from ledger.execute import AdoptPolicyRequest, Context
from ledger.policy.times import time_text
from tests.e2e import reading
from tests.e2e.hostile import alert, encoded, webhook
from tests.e2e.reading import Json
from tests.e2e.served import Served
from tests.harness.homes import settings_of

TOLD_WITHIN_SECONDS = 30
MONTH, BEFORE = "2026-09", "2026-08"
SCRIPT = "<script>document.title='owned'</script>\"'&amp;</title>"
LONG = "endless" * 71
TURNED = "\u202egnol \u05d0\u05d1\u05d2"
HOSTILE_SYSTEM = f"</option></select><b>{TURNED}</b>"


class Reported(NamedTuple):
    """The references of incidents, by what became of them."""

    api: Served
    crossed: list[str]
    fell: list[str]
    near: list[str]
    clocks: dict[str, str]
    hostile: list[str]
    stormy: str


def reported(api: Served, data_dir: Path) -> Reported:
    """Fills a ledger over HTTP, and waits until all of it is to be read."""
    _stale_after(data_dir, 'stale_after = "PT36H"', 'stale_after = "PT1S"')
    send(api, alert("silent", annotations={"summary": "Heard once"}, labels=_of("quiet")))
    eventually(lambda: _in_state(api, "stale"), "the silent alert is stale")
    _stale_after(data_dir, 'stale_after = "PT1S"', 'stale_after = "PT36H"')
    stormy = send(api, *(alert(f"storm-{n}", annotations={"summary": SCRIPT}) for n in range(3)))
    send(api, alert("over", labels=_of("over")), alert("unseen", status="resolved"))
    ended = {"status": "resolved", "endsAt": "2026-10-22T11:31:11.655398Z"}
    send(api, alert("over", labels=_of("over"), **ended))
    crossed = [_report(api, "crossed", f"Crossing {n}", day=n) for n in range(1, 6)]
    fell = [_report(api, "fell", f"Falling {n}", day=n) for n in range(1, 5)]
    eventually(lambda: len(_items(api, "reviews")) == 2, "both reviews are launched")
    _command(api, fell[3], "dismiss", reason="A false alarm.")
    _command(api, fell[2], "merge", into=fell[1], reason="The same.")
    near = [_report(api, "near", f"Nearing {n}", day=n) for n in range(1, 4)]
    api.report("Long ago", system="calm", detected_at=f"{BEFORE}-02T10:00:00Z")
    hostile = [
        api.report(title, system=HOSTILE_SYSTEM, severity="critical")["reference"]
        for title in (SCRIPT, LONG, TURNED)
    ]
    clocks = _clocks(api)
    reading.settled(api.reader)
    return Reported(api, crossed, fell, near, clocks, hostile, stormy)


def send(api: Served, *alerts: Json) -> str:
    """Delivers alerts in one webhook; the reference of the incident that the first opened."""
    answer = api.source.post("/v1/signals/alertmanager", content=encoded(webhook(*alerts)))
    assert 202 == answer.status_code, answer.text
    reading.settled(api.reader)
    opened = answer.json()["incidents"]
    if not opened:
        return ""
    return str(api.reader.get(f"/v1/incidents/{opened[0]}").json()["reference"])


def _of(system: str) -> Json:
    return {"alertname": "Hostile", "system": system, "severity": "critical"}


def _report(api: Served, system: str, title: str, *, day: int) -> str:
    at = f"{MONTH}-{day:02}T10:00:00Z"
    return str(api.report(title, system=system, severity="high", detected_at=at)["reference"])


def _clocks(api: Served) -> dict[str, str]:
    """An incident in each state of its RCA, whatever the time is."""
    hours = {"on_track": 2, "at_risk": 21, "breached": 27, "met": 10, "met_late": 40}
    at = {state: datetime.now(UTC) - timedelta(hours=ago) for state, ago in hours.items()}
    found = {
        state: str(
            api.report(f"RCA {state}", system="clocks", detected_at=time_text(when))["reference"]
        )
        for state, when in at.items()
    }
    found["cancelled"] = str(api.report("RCA cancelled", system="clocks")["reference"])
    _command(api, found["cancelled"], "dismiss", reason="A false alarm.")
    done = {"summary": "Told.", "root_cause": "A limit.", "actions": ["Raise it."]}
    for state, after in (("met", 5), ("met_late", 39)):
        completed = time_text(at[state] + timedelta(hours=after))
        _command(api, found[state], "rca/complete", at=completed, **done)
    _command(api, found["breached"], "assign", owner="grace.hopper")
    return found


def _command(api: Served, ref: str, name: str, **body: Any) -> None:
    answer = api.command(ref, name, body)
    assert 200 == answer.status_code, answer.text


def _items(api: Served, path: str, **params: str) -> list[Json]:
    return list(api.reader.get(f"/v1/{path}", params=params).json()["items"])


def _in_state(api: Served, state: str) -> bool:
    return bool(_items(api, "alerts", state=state))


def _stale_after(data_dir: Path, old: str, new: str) -> None:
    """Adopts the policy in force with one line of it changed."""
    ledger = open_ledger(settings_of(data_dir))
    try:
        text = adoption_in_force(ledger.store).text
        assert old in text
        command = AdoptPolicy(text=text.replace(old, new), reason="To see an alert go stale.")
        context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
        ledger.executor.execute(AdoptPolicyRequest(asker=HOST, command=command), context)
    finally:
        ledger.close()


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Waits until a condition holds."""
    deadline = time.monotonic() + TOLD_WITHIN_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"it did not come to be that {what}"
        time.sleep(0.05)
