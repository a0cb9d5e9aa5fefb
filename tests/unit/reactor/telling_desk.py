"""A ledger that tells people: the follower that requests notifications, and the sender."""

from collections.abc import Iterable, Mapping

from consumers.notify.sender import Sender
from consumers.reactor import Clock
from consumers.reactor.notices import NoticeProcess
from ledger.settings import ChannelSettings, WebhookChannel
from tests.unit.reactor.watch import Watch


def webhooks(url: str, names: Iterable[str]) -> dict[str, ChannelSettings]:
    """Channels of these names that lead to one address."""
    return {name: WebhookChannel(kind="webhook", url=url, secret="s") for name in names}


class TellingDesk:
    """A follower and a sender by these channels, under the policy that is in force."""

    def __init__(self, watch: Watch, channels: Mapping[str, ChannelSettings]) -> None:
        self.watch = watch
        self.follower = NoticeProcess(watch.services())
        self.sender = Sender(watch.services(), channels, public_url="http://ledger.example")

    def send(self) -> None:
        """All that is requested by now and due is sent."""
        self.watch.seal()
        self.follower.catch_up()
        self.watch.seal()
        Clock(self.watch.services()).catch_up()
        self.send_due()

    def send_due(self) -> None:
        """All that is due is sent."""
        while self.sender.send_due():
            self.watch.seal()
