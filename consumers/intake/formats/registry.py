"""The registered source formats, and the steps that are the same before every format's parser."""

from collections.abc import Mapping

from msgspec.structs import replace

from consumers.intake.format import Format
from consumers.intake.formats.alertmanager import ALERTMANAGER
from consumers.intake.formats.cloudevents import CLOUDEVENTS
from consumers.intake.formats.grafana import GRAFANA
from consumers.intake.formats.incident_io import INCIDENT_IO
from consumers.intake.formats.jira import JIRA
from consumers.intake.formats.native import NATIVE
from consumers.intake.formats.pagerduty import PAGERDUTY
from consumers.intake.formats.pagerduty_webhook import PAGERDUTY_WEBHOOK
from consumers.intake.parsed import Incoming, ParsedBody, rejected
from consumers.intake.parsing.codings import (
    CONTENT_ENCODING,
    NotDecoded,
    NotSupported,
    Oversized,
    coding_of,
    decoded,
)
from consumers.intake.parsing.texts import as_utf8
from ledger.vocabulary import SourceKind

_REGISTERED = (
    ALERTMANAGER,
    GRAFANA,
    CLOUDEVENTS,
    PAGERDUTY,
    NATIVE,
    PAGERDUTY_WEBHOOK,
    INCIDENT_IO,
    JIRA,
)
FORMATS: Mapping[SourceKind, Format] = {each.kind: each for each in _REGISTERED}
"""The formats by the kind of source that sends them."""


def parse(kind: SourceKind, incoming: Incoming) -> ParsedBody:
    """Parses a body of this kind; a body that was not decoded on arrival is decoded now."""
    registered = FORMATS[kind]
    body = incoming.body
    if CONTENT_ENCODING in incoming.headers:
        try:
            body = decoded(body, coding_of(incoming.headers), registered.limit)
        except NotDecoded as error:
            return rejected(f"The body {error}.")
        except (NotSupported, Oversized) as error:
            return rejected(str(error))
    body = as_utf8(body, incoming.headers)
    return registered.parse(incoming if body is incoming.body else replace(incoming, body=body))


def without_token(kind: SourceKind | None, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The body with the token masked that bodies of this kind carry; as it is where none does.

    Of an unknown kind (None), the token of any registered format is masked.
    """
    for registered in FORMATS.values() if kind is None else (FORMATS[kind],):
        if registered.mask is None:
            continue
        masked = registered.mask(as_utf8(body, headers))
        if masked is not None:
            body = masked
    return body
