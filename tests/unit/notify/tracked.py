"""A desk whose notifications go to a tracker: GitHub, Jira Cloud or Jira Data Center."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from consumers.notify.sender import Sender
from consumers.reactor import Clock
from consumers.reactor.notices import NoticeProcess
from ledger.domain.delivery import Delivered, DeliveryFailed
from ledger.domain.incident.commands import IncidentCommand, Report
from ledger.domain.incident.events import TicketOpened
from ledger.settings import ChannelSettings, GitHubChannel, JiraChannel
from ledger.vocabulary import Severity
from tests.contract.samples import seal_all
from tests.harness import jira_server
from tests.harness.commands import report_incident
from tests.harness.github_server import TOKEN as GITHUB_TOKEN
from tests.harness.github_server import GitHubServer
from tests.harness.jira_server import JiraServer
from tests.harness.tracker_server import Asked, running
from tests.unit.policy.rules import telling
from tests.unit.reactor.watch import Watch, watch

GITHUB, CLOUD, DATA_CENTER = "github", "jira cloud", "jira data center"
KINDS = (GITHUB, CLOUD, DATA_CENTER)
CHANNEL = "tracker"


class Tracked:
    """A ledger under a policy that tells a tracker of severe incidents."""

    def __init__(self, desk: Watch, server: GitHubServer | JiraServer) -> None:
        self.desk = desk
        self.server = server
        self.channel = settings_of(server)
        self.notices = NoticeProcess(desk.services())
        self._commands = 0
        if isinstance(server, GitHubServer):
            server.clock = lambda: desk.now

    def happens(self, number: int = 1, title: str = "It broke") -> UUID:
        """A severe incident is reported, and its notification requested."""
        incident = UUID(int=number)
        request = report_incident(incident=incident, report=severe(title))
        self.desk.executor.execute(request, self.desk.context())
        self.request()
        return incident

    def command(self, command: IncidentCommand, number: int = 1) -> None:
        """A command of an incident, and what it calls for is requested."""
        self._commands += 1
        self.desk.command(number, command, correlation=f"command {self._commands}")
        self.request()

    def request(self) -> None:
        """What is recorded is sealed, its notifications requested, and when to send them set."""
        seal_all(self.desk.store)
        self.notices.catch_up()
        seal_all(self.desk.store)
        Clock(self.desk.services()).catch_up()

    def sender(self, **more: ChannelSettings) -> Sender:
        """One that has the tracker, and perhaps other channels."""
        channels: dict[str, ChannelSettings] = {CHANNEL: self.channel, **more}
        return Sender(self.desk.services(), channels, public_url="https://ledger.example")

    def send(self) -> bool:
        """Whether anything that is due now was tried."""
        return self.sender().send_due()

    def send_all(self) -> None:
        """Sends until nothing is due within an hour."""
        for _ in range(60):
            while self.send():
                pass
            self.desk.pass_time(minutes=1)

    @property
    def tickets(self) -> list[str]:
        """The texts of all tickets."""
        if isinstance(self.server, GitHubServer):
            return [each["body"] for each in self.server.issues]
        return [each["fields"]["description"] for each in self.server.issues]

    @property
    def titles(self) -> list[str]:
        """Their titles."""
        if isinstance(self.server, GitHubServer):
            return [each["title"] for each in self.server.issues]
        return [each["fields"]["summary"] for each in self.server.issues]

    @property
    def comments(self) -> list[str]:
        """The texts of all comments."""
        return [each["body"] for of in self.server.comments.values() for each in of]

    @property
    def urls(self) -> list[str]:
        """The tickets on record."""
        return [
            each.event.url
            for each in self.desk.told_of(TicketOpened)
            if isinstance(each.event, TicketOpened)
        ]

    @property
    def receipts(self) -> list[str]:
        """Of what was delivered."""
        return [
            each.event.receipt
            for each in self.desk.told_of(Delivered)
            if isinstance(each.event, Delivered)
        ]

    @property
    def reasons(self) -> list[str]:
        """Of what failed."""
        return [
            each.event.reason
            for each in self.desk.told_of(DeliveryFailed)
            if isinstance(each.event, DeliveryFailed)
        ]

    def page(self, number: int) -> str:
        """The address of a ticket."""
        if isinstance(self.server, GitHubServer):
            return f"{self.server.site}/acme/ops/issues/{number}"
        return f"{self.server.url}/browse/OPS-{number}"

    def name(self, number: int) -> str:
        """What people call a ticket."""
        return f"#{number}" if isinstance(self.server, GitHubServer) else f"OPS-{number}"


def severe(title: str) -> Report:
    """The report of a severe incident."""
    return Report(title=title, system="chat", severity=Severity.CRITICAL)


def settings_of(server: GitHubServer | JiraServer) -> ChannelSettings:
    """The settings of a channel to it."""
    if isinstance(server, GitHubServer):
        return GitHubChannel(
            kind="github",
            url=server.url,
            repository=server.repository,
            secret=GITHUB_TOKEN,
            labels=("incident",),
        )
    return JiraChannel(
        kind="jira",
        url=server.url,
        project=server.project,
        issue_type="Bug",
        user=jira_server.USER if server.cloud else None,
        secret=jira_server.TOKEN,
    )


def opens_ticket(asked: Asked) -> bool:
    """Whether a request opens a ticket."""
    return asked.method == "POST" and asked.path.endswith(("/issues", "/issue"))


def comments(asked: Asked) -> bool:
    """Whether a request adds a comment."""
    return asked.method == "POST" and asked.path.rsplit("/", 1)[1].startswith("comment")


def once(matches: Any) -> Any:
    """The same condition, which holds for the first that it holds for alone."""
    seen: list[Asked] = []

    def first(asked: Asked) -> bool:
        if seen or not matches(asked):
            return False
        seen.append(asked)
        return True

    return first


@contextmanager
def server_of(kind: str) -> Iterator[GitHubServer | JiraServer]:
    """A tracker of a kind."""
    server = GitHubServer() if kind == GITHUB else JiraServer(cloud=kind == CLOUD)
    with running(server):
        yield server


@contextmanager
def tracked(data_dir: Path, kind: str, policy: str | None = None) -> Iterator[Tracked]:
    """A ledger, and a tracker of a kind."""
    with server_of(kind) as server, watch(data_dir) as desk:
        desk.adopt(policy or telling(CHANNEL))
        yield Tracked(desk, server)
