"""Tickets: the first notice of an incident or a review opens one, each later one is a comment.

Before it opens a ticket a try looks for one with our key, and before it comments for a comment
with the notification's: what a try of before did, whose answer was lost, is not done again.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from consumers.notify.message import TRIAL, Message
from consumers.notify.outcome import Failed, Sent
from consumers.notify.reasons import NO_ANSWER
from consumers.notify.tracker_api import TrackerApi, tracker_api

TRY_SECONDS = 60.0
"""For all requests of a try; less than its claim lasts."""
TITLE_CHARACTERS = 250
"""GitHub takes 256, Jira 255."""


class Ticket(NamedTuple):
    """A ticket: `name` as people have it, its page, and its text as far as that is known."""

    name: str
    url: str
    text: str = ""


class Tracker(Protocol):
    """A tracker. What it does raises Failed."""

    def __init__(self, channel: Any, api: TrackerApi) -> None: ...

    @staticmethod
    def headers(channel: Any) -> Mapping[str, str]:
        """The headers of each request: authentication, and what answers are to be."""

    def known(self, urls: frozenset[str]) -> Ticket | None:
        """The ticket of this tracker among addresses; of several the first that was opened."""

    async def find(self, message: Message) -> Ticket | None:
        """The ticket with the message's `ticket_key`."""

    async def open(self, title: str, lines: tuple[str, ...], message: Message) -> Ticket:
        """Opens one. `lines` are texts in which nothing may have an effect."""

    async def is_told(self, ticket: Ticket, message: Message) -> bool:
        """Whether a comment has the message's key."""

    async def comment(self, ticket: Ticket, lines: tuple[str, ...], message: Message) -> None:
        """Adds a comment."""

    async def check(self) -> str:
        """That the token works and tickets can be opened, in words; opens none."""


def send_ticket(tracker: type[Tracker], channel: Any, message: Message) -> Sent:
    """Opens or comments the ticket of what a message is about. Raises Failed. Blocking."""
    return asyncio.run(_send(tracker, channel, message))


async def _send(of: type[Tracker], channel: Any, message: Message) -> Sent:
    try:
        async with (
            asyncio.timeout(TRY_SECONDS),
            tracker_api(channel.url, of.headers(channel)) as api,
        ):
            tracker = of(channel, api)
            if message.about == TRIAL:
                return Sent(f"{await tracker.check()}. No ticket was opened.")
            return await _tell(tracker, message)
    except TimeoutError as error:
        raise Failed(NO_ANSWER) from error


async def _tell(tracker: Tracker, message: Message) -> Sent:
    ticket = tracker.known(message.tickets) or await tracker.find(message)
    if ticket is None:
        ticket = await tracker.open(_title(message), _lines(message), message)
        return Sent(f"ticket {ticket.name} opened", ticket.url)
    if message.key in ticket.text:
        return Sent(f"ticket {ticket.name} opened", ticket.url)
    if not await tracker.is_told(ticket, message):
        await tracker.comment(ticket, _lines(message), message)
    return Sent(f"comment on ticket {ticket.name}", ticket.url)


def _title(message: Message) -> str:
    """One line of plain text. What passes it on to a chat pings nobody: "@" is its wide form."""
    title = f"{message.reference} {message.title}" if message.title else message.subject
    return title.replace("@", "\N{FULLWIDTH COMMERCIAL AT}")[:TITLE_CHARACTERS]


def _lines(message: Message) -> tuple[str, ...]:
    """What is told, and by what a later try finds it."""
    keys = (message.ticket_key, f"notification {message.key}")
    return tuple(each for each in (message.subject, message.title, *keys) if each)
