"""The ways to a receiver, by the kind of the channel: webhook, mail, Apprise, a tracker."""

from functools import partial
from typing import assert_never

from consumers.notify.apprise_service import send_by_apprise
from consumers.notify.bounded import Bounded
from consumers.notify.github import GitHub
from consumers.notify.jira import Jira
from consumers.notify.mail import send_mail
from consumers.notify.message import Message
from consumers.notify.outcome import Failed, Sending, Sent
from consumers.notify.reasons import unexpected
from consumers.notify.tickets import send_ticket
from consumers.notify.webhook import send_webhook
from ledger.settings.notify import AppriseChannel, ChannelSettings, MailChannel, WebhookChannel
from ledger.settings.trackers import GitHubChannel, JiraChannel

TRY_SECONDS = 70.0
"""For a try by any channel. Each kind ends sooner by itself; less than its claim lasts."""


def send(
    channel: ChannelSettings, message: Message, by: Sending, within: Bounded[Sent] | None = None
) -> Sent:
    """Sends a message by a channel, under its key in each try. Raises Failed alone. Blocking.

    It runs in `within`, and is left behind where that is ended.
    """
    run = partial(_send, channel, message, by)
    try:
        return (within or Bounded()).run(run, TRY_SECONDS)
    except Failed:
        raise
    except Exception as error:
        raise Failed(unexpected(error)) from error


def _send(channel: ChannelSettings, message: Message, by: Sending) -> Sent:
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
