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
from ledger.domain.envelope import Event, Recorded, uuid_of
from ledger.domain.incident.events import IncidentDetected, RiskManagerNotified
from ledger.domain.policy import AdoptPolicy
from ledger.execute import AdoptPolicyRequest
from ledger.settings import MailChannel, Settings, WebhookChannel
from ledger.settings.notify import NotifySettings
from tests.faults.checking import recorded
from tests.faults.killed_notices import CHANNEL
from tests.harness.homes import settings_of
from tests.harness.receiver import receiver
from tests.harness.smtp import mailbox
from tests.unit.policy.rules import telling

pytestmark = pytest.mark.slow

WITHIN_SECONDS = 600
LOOPS = (
    "consumers.reactor.notices",
    "consumers.reactor.matters",
    "consumers.reactor.follower",
    "consumers.notify.sender",
    "consumers.notify.tries",
    "consumers.notify.channels",
    "ledger.execute.sending",
)
MAIL = (
    "consumers.notify.mail",
    "consumers.notify.smtp_server",
    "consumers.notify.channels",
)
"""The loops around it are the same for every channel."""


def killed_at_every_line(
    data_dir: Path, channel: WebhookChannel | MailChannel, modules: tuple[str, ...]
) -> list[str]:
    """Has processes tell the channel that die at one line each; the lines, as "mail.py:9"."""
    settings = settings_of(data_dir).model_copy(
        update={"notify": NotifySettings(channels={CHANNEL: channel})}
    )
    with closing(open_ledger(settings)) as ledger:
        request = AdoptPolicyRequest(
            command=AdoptPolicy(text=telling(CHANNEL), reason="Tell."), asker=HOST
        )
        ledger.executor.execute(request, ledger.services.context())
        ledger.seal_and_react()
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed_notices", *modules],
        input=settings.model_dump_json(exclude_unset=True),
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    killed = done.stdout.splitlines()
    files = {f"{each.rpartition('.')[2]}.py" for each in modules}
    assert files == {each.partition(":")[0] for each in killed}
    return killed


def all_told(settings: Settings) -> list[Recorded]:
    """The events of the ledger, of which no delivery is still to be sent."""
    with closing(open_ledger(settings)) as ledger:
        assert [] == ledger.store.deadlines.due("delivery", ledger.now(), 9)
        return list(recorded(ledger))


def streams(events: list[Recorded], kind: type[Event]) -> Counter[str]:
    """How many events of a type each stream has, by its id."""
    return Counter(str(uuid_of(each.stream)) for each in events if isinstance(each.event, kind))


def test_a_process_that_dies_at_any_line_of_telling_leaves_each_told_once(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with receiver() as told:
        channel = WebhookChannel(kind="webhook", url=told.url, secret="secret")
        killed = killed_at_every_line(data_dir, channel, LOOPS)
    assert len(killed) > 100
    events = all_told(settings_of(data_dir))
    incidents, requested = streams(events, IncidentDetected), streams(events, DeliveryRequested)
    assert len(killed) <= len(incidents) - 2
    assert len(incidents) == len(requested)
    keys = {each.strip('"') for each in told.keys}
    assert requested == streams(events, Delivered) == Counter(dict.fromkeys(keys, 1))
    assert not streams(events, DeliveryFailed)
    steps = [each for each in events if isinstance(each.event, RiskManagerNotified)]
    assert len(incidents) == len(steps) == len({each.stream for each in steps})
    # At some lines the receiver has it, and nothing says so yet: it is sent again, by the same key.
    assert len(keys) < len(told.keys)


@pytest.mark.only_on("sqlite", "is about what an SMTP server gets")
def test_a_process_that_dies_at_any_line_of_a_mail_leaves_it_sent_under_one_id(
    tmp_path: Path,
) -> None:
    data_dir = tmp_path / "data"
    with mailbox() as box:
        channel = MailChannel(
            kind="mail",
            server="127.0.0.1",
            port=box.port,
            security="none",
            sender="ledger@company.example",
            receivers=("risk@company.example",),
        )
        killed = killed_at_every_line(data_dir, channel, MAIL)
    assert len(killed) > 30
    events = all_told(settings_of(data_dir))
    requested = streams(events, DeliveryRequested)
    assert len(killed) + 2 <= len(requested)
    assert requested == streams(events, Delivered)
    assert not streams(events, DeliveryFailed)
    ids = Counter(str(each.mail["message-id"]) for each in box.got)
    assert {f"<{delivery}@company.example>" for delivery in requested} == set(ids)
    # At some lines the server has it, and nothing says so yet: it comes twice, under the same id.
    assert 1 < sum(times > 1 for times in ids.values()) < len(killed)
