"""The ways to a receiver, by the kind of the channel: webhook, mail, Apprise, a tracker."""

from typing import assert_never

from consumers.notify.apprise_service import send_by_apprise
from consumers.notify.github import GitHub
from consumers.notify.jira import Jira
from consumers.notify.mail import send_mail
from consumers.notify.message import Message
from consumers.notify.outcome import Sending, Sent
from consumers.notify.tickets import send_ticket
from consumers.notify.webhook import send_webhook
from ledger.settings.notify import AppriseChannel, ChannelSettings, MailChannel, WebhookChannel
from ledger.settings.trackers import GitHubChannel, JiraChannel


def send(channel: ChannelSettings, message: Message, by: Sending) -> Sent:
    """Sends a message by a channel, under its key in each try. Raises Failed. Blocking."""
    match channel:
        case WebhookChannel():
            return send_webhook(channel, message, by)
        case MailChannel():
            return send_mail(channel, message, by)
        case AppriseChannel():
            return send_by_apprise(channel, message, by)
        case GitHubChannel():
            return send_ticket(GitHub, channel, message)
        case JiraChannel():
            return send_ticket(Jira, channel, message)
        case _:
            assert_never(channel)
