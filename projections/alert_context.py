"""What an alert brings beside its state for those who work on it: links and explanations.

Its annotations may lie beside the log, and are read when they are shown: a row has `alert_context`,
and `shown_context` is what people see of one whose text is filled in. At most `MOST_LINKS` links
are shown, and `MOST_CHARACTERS` of each text.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from ledger.domain.alert import AlertDetails, Sender
from ledger.domain.text import OutsideText
from projections.values import plain_text

MOST_LINKS = 10
MOST_CHARACTERS = 2_000
TEXTS = ("summary", "description", "message")
"""The annotations that explain an alert."""
GENERATOR, SENDER = "generator", "sender"
"""The names of the links that are no annotations: to the rule, and to the alerting system."""
ALL = "annotations"
"""What stands for the annotations beside the log where they cannot be read."""


class _Link(msgspec.Struct):
    href: str
    text: str = ""


_links = msgspec.json.Decoder(list[_Link])
_annotations = msgspec.json.Decoder(dict[str, str])


class ShownContext(NamedTuple):
    """Links as (name, URL) in order, each URL once, and explanations by name."""

    links: list[tuple[str, str]]
    texts: dict[str, str]


def alert_context(alert: AlertDetails, sender: Sender | None) -> dict[str, Any]:
    """`links` as [name, URL] in order, each URL once, and `texts` by name; empty for none.

    `said` is the mark of the annotations beside the log.
    """
    own = [(GENERATOR, alert.generator_url)]
    if sender is not None:
        own.append((SENDER, sender.external_url))
    links = _bounded([*_candidates(alert.annotations), *own])
    texts = _explanations(alert.annotations)
    found: dict[str, Any] = {}
    if links:
        found["links"] = [list(link) for link in links]
    if texts:
        found["texts"] = texts
    if isinstance(alert.annotations_text, OutsideText):
        found["said"] = plain_text(alert.annotations_text)
    return found


def shown_context(context: Mapping[str, Any]) -> ShownContext:
    """What is shown of a row's context with its text filled in."""
    links = [(name, url) for name, url in context.get("links", ())]
    said = context.get("said")
    if said is None:
        return ShownContext(links, context.get("texts", {}))
    try:
        annotations = _annotations.decode(said)
    except msgspec.MsgspecError:  # it was erased, or is missing
        return ShownContext(links, {ALL: said})
    return ShownContext(_bounded([*_candidates(annotations), *links]), _explanations(annotations))


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


def _bounded(links: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first links to the web, each URL once."""
    found: dict[str, str] = {}
    for name, url in links:
        if len(found) < MOST_LINKS and is_web_link(url):
            found.setdefault(url, name[:100])
    return [(name, url) for url, name in found.items()]


def _candidates(annotations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What may be links, by name: a runbook before the others."""
    for name in sorted(annotations, key=lambda each: "runbook" not in each.lower()):
        yield name, plain_text(annotations[name]).strip()
    if "links" in annotations:  # PagerDuty's, which are an annotation as JSON
        with suppress(msgspec.MsgspecError):
            for link in _links.decode(plain_text(annotations["links"])):
                yield link.text or "link", link.href


def _explanations(annotations: Mapping[str, str]) -> dict[str, str]:
    return {
        name: _cut(text)
        for name in TEXTS
        if (text := plain_text(annotations.get(name, "")).strip())
    }


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
