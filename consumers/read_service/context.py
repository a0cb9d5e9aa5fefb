"""Public views of what alerts bring beside an incident: links and explanations."""

from collections.abc import Iterable

import msgspec

from projections.alert_context import shown_context
from projections.engine.projection import Row

MOST_ALERTS = 5
"""The number of alerts of an incident whose context is shown, the newest."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link to the web (http or https) by the name that its alert gives it."""

    name: str
    url: str


class AlertContext(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert says for those who work on it, as its newest episode has it.

    `links` are its runbook, dashboards, rule (`generator`) and alerting system (`sender`); `texts`
    its explanations by annotation (summary, description, message), cut at 2,000 characters.
    """

    alert: str
    title: str
    links: list[Link]
    texts: dict[str, str]


def context_of(rows: Iterable[Row]) -> list[AlertContext]:
    """The context of alerts by their rows, in that order; the same link or text once."""
    seen: set[str] = set()
    found: list[AlertContext] = []
    for row in rows:
        shown = shown_context(row["context"])
        links = [Link(name=name, url=url) for name, url in shown.links]
        texts = shown.texts
        new = AlertContext(
            alert=row["alert"],
            title=row["title"],
            links=[link for link in links if link.url not in seen],
            texts={name: text for name, text in texts.items() if text not in seen},
        )
        seen |= {link.url for link in links} | set(texts.values())
        if new.links or new.texts:
            found.append(new)
    return found
