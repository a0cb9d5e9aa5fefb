"""Whoever tells people dies at any line of it: each is told once by its key, and nobody is left."""

import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from consumers.container.ledger import open_ledger
from ledger.domain.access.deciding import HOST
from ledger.domain.delivery import Delivered, DeliveryFailed, DeliveryRequested
from ledger.domain.envelope import uuid_of
from ledger.domain.incident.events import IncidentDetected, RiskManagerNotified
from ledger.domain.policy import AdoptPolicy
from ledger.execute import AdoptPolicyRequest
from tests.faults.checking import recorded
from tests.faults.killed_notices import CHANNEL
from tests.harness.homes import settings_of
from tests.harness.receiver import receiver
from tests.unit.policy.rules import telling

pytestmark = pytest.mark.slow

WITHIN_SECONDS = 600
LINES = 100
"""Of the loops at least, at each of which a process dies."""


def test_a_process_that_dies_at_any_line_of_telling_leaves_each_told_once(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    settings = settings_of(data_dir)
    with closing(open_ledger(settings)) as ledger:
        request = AdoptPolicyRequest(
            command=AdoptPolicy(text=telling(CHANNEL), reason="Tell."), asker=HOST
        )
        ledger.executor.execute(request, ledger.services.context())
        ledger.seal_and_react()
    with receiver() as told:
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.killed_notices", told.url],
            input=settings.model_dump_json(exclude_unset=True),
            capture_output=True,
            text=True,
            timeout=WITHIN_SECONDS,
            check=False,
        )
        assert (0, "") == (done.returncode, done.stderr)
    killed = done.stdout.splitlines()
    assert len(killed) > LINES
    files = {each.partition(":")[0] for each in killed}
    assert {
        "notices.py",
        "follower.py",
        "sender.py",
        "tries.py",
        "channels.py",
        "sending.py",
    } == files
    with closing(open_ledger(settings)) as ledger:
        events = list(recorded(ledger))
        assert [] == ledger.store.deadlines.due("delivery", ledger.now(), 9)
    of = {
        kind: Counter(str(uuid_of(each.stream)) for each in events if isinstance(each.event, kind))
        for kind in (IncidentDetected, DeliveryRequested, Delivered, DeliveryFailed)
    }
    assert len(killed) <= len(of[IncidentDetected]) - 2
    assert len(of[IncidentDetected]) == len(of[DeliveryRequested])
    keys = {each.strip('"') for each in told.keys}
    assert of[DeliveryRequested] == of[Delivered] == Counter(dict.fromkeys(keys, 1))
    assert not of[DeliveryFailed]
    steps = [each for each in events if isinstance(each.event, RiskManagerNotified)]
    assert len(of[IncidentDetected]) == len(steps) == len({each.stream for each in steps})
    # At some lines the receiver has it, and nothing says so yet: it is sent again, by the same key.
    assert len(keys) < len(told.keys)
