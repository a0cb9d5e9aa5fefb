"""What people are told of releases, where the policy says so."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from consumers.notify.message import message_of
from consumers.reactor.notices import NoticeProcess
from ledger.domain import release as r
from ledger.domain.access.deciding import Asker
from ledger.domain.command import Command
from ledger.domain.delivery import DELIVERY, DeliveryRequested
from ledger.domain.identity import release_id
from ledger.domain.release.commands import DecideRelease, DeployRelease, ProposeRelease
from ledger.domain.release.words import Decision
from ledger.execute import ExecuteCommand
from ledger.policy import shipped
from ledger.vocabulary import ActsBy, Notice, Scope
from tests.unit.reactor.watch import DAY, Watch, watch

PERSON = Asker(scopes=frozenset({Scope.OPERATE}), by=ActsBy.LINK)
TELLING = f"""{shipped()}
[[notify.rules]]
name = "releases"
notices = ["release_decided", "release_nonconforming", "release_overdue"]
systems = ["chat"]
channels = ["owners"]
"""


def sends(desk: Watch, version: str, command: Command) -> None:
    """A person works on a release."""
    subject = release_id("chat", version, "production")
    request = ExecuteCommand(asker=PERSON, kind=r.RELEASE.kind, subject=subject, command=command)
    desk.executor.execute(request, desk.context())


def commands(desk: Watch, version: str, command: Command) -> None:
    """The same, and it is sealed."""
    sends(desk, version, command)
    desk.seal()


def proposed(version: str, change_class: str, incident: UUID | None = None) -> ProposeRelease:
    return ProposeRelease(
        system="chat",
        version=version,
        change_class=change_class,
        artefacts=[f"prompt:chat@sha256:{'ab' * 32}"],
        incident=None if incident is None else str(incident),
    )


def subjects(desk: Watch) -> list[tuple[Notice | None, str]]:
    """What those who are told read first, in order."""
    found = []
    for each in desk.told_of(DeliveryRequested):
        delivery = DELIVERY.folded([each.event])
        message = message_of(desk.store, "key", delivery, "https://ledger.example")
        assert message.link == f"https://ledger.example/releases/{delivery.about[8:]}"
        found.append((delivery.notice, f"{message.subject}: {message.title}".partition(" ")[2]))
    return found


def test_those_whom_a_rule_names_are_told_what_was_decided_and_that_it_conforms_no_more(
    tmp_path: Path,
) -> None:
    with watch(tmp_path / "data") as desk:
        desk.adopt(TELLING)
        desk.seal()
        process = NoticeProcess(desk.services())
        process.catch_up()
        commands(desk, "1.0.0", proposed("1.0.0", "major"))
        no = DecideRelease(decision=Decision.NO_GO, reason="It is rude.")
        commands(desk, "1.0.0", no)
        commands(desk, "1.0.0", DeployRelease())
        desk.now += DAY + timedelta(minutes=1)
        desk.look()
        desk.seal()
        process.catch_up()
        assert [
            (Notice.RELEASE_DECIDED, "release decided: no-go (chat): 1.0.0 in production"),
            (
                Notice.RELEASE_NONCONFORMING,
                "release nonconforming: decision (chat): 1.0.0 in production",
            ),
        ] == subjects(desk)


def test_those_whom_a_rule_names_are_told_that_an_emergency_was_not_decided_in_time(
    tmp_path: Path,
) -> None:
    with watch(tmp_path / "data") as desk:
        desk.adopt(TELLING)
        desk.seal()
        process = NoticeProcess(desk.services())
        process.catch_up()
        incident = desk.happens(1)
        commands(desk, "1.0.1", proposed("1.0.1", "emergency", incident))
        commands(desk, "1.0.1", DeployRelease())
        desk.look()
        desk.now += 3 * DAY
        desk.look()
        desk.seal()
        for told in (process, NoticeProcess(desk.services())):
            told.catch_up()
        overdue = "decision on a release overdue (chat): 1.0.1 in production"
        assert [(Notice.RELEASE_OVERDUE, overdue)] == subjects(desk)
