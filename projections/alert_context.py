"""What an alert brings beside its state for those who work on it: links and explanations.

Bounded: a row holds at most `MOST_LINKS` links and `MOST_CHARACTERS` of each text.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ledger.domain.alert import AlertDetails, Sender
from projections.values import plain_text

MOST_LINKS = 10
MOST_CHARACTERS = 2_000
TEXTS = ("summary", "description", "message")
"""The annotations that explain an alert."""
GENERATOR, SENDER = "generator", "sender"
"""The names of the links that are no annotations: to the rule, and to the alerting system."""


class _Link(msgspec.Struct):
    href: str
    text: str = ""


_links = msgspec.json.Decoder(list[_Link])


def alert_context(alert: AlertDetails, sender: Sender | None) -> dict[str, Any]:
    """`links` as [name, URL] in order, each URL once, and `texts` by name; empty for none."""
    links: dict[str, str] = {}
    for name, url in _candidates(alert, sender):
        if len(links) < MOST_LINKS and is_web_link(url):
            links.setdefault(url, name[:100])
    texts = {
        name: _cut(text)
        for name in TEXTS
        if (text := (plain_text(alert.annotations.get(name)) or "").strip())
    }
    found: dict[str, Any] = {}
    if links:
        found["links"] = [[name, url] for url, name in links.items()]
    if texts:
        found["texts"] = texts
    return found


def is_web_link(text: str) -> bool:
    """Whether a text is one http or https URL to follow: with a host, and no name or password."""
    if len(text) > MOST_CHARACTERS or not text[:8].lower().startswith(("http://", "https://")):
        return False
    return _is_web_link(text)


@lru_cache(maxsize=1_024)
def _is_web_link(text: str) -> bool:
    """The same of a text that is not too long: alerts repeat those of their rule and sender."""
    if not text.isprintable() or " " in text or "\\" in text:
        return False
    try:
        url = urlsplit(text)
        return url.scheme in {"http", "https"} and bool(url.hostname) and "@" not in url.netloc
    except ValueError:
        return False


def _candidates(alert: AlertDetails, sender: Sender | None) -> Iterator[tuple[str, str]]:
    """Links by name: annotations first, a runbook before the others."""
    for name in sorted(alert.annotations, key=lambda each: "runbook" not in each.lower()):
        yield name, (plain_text(alert.annotations[name]) or "").strip()
    if "links" in alert.annotations:  # PagerDuty's, which are an annotation as JSON
        with suppress(msgspec.MsgspecError):
            for link in _links.decode(plain_text(alert.annotations["links"]) or ""):
                yield link.text or "link", link.href
    yield GENERATOR, alert.generator_url
    if sender is not None:
        yield SENDER, sender.external_url


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
