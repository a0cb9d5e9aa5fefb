"""Which adapter reads which kind of source, and what every body goes through before one."""

from collections.abc import Mapping

from msgspec.structs import replace

from consumers.intake.formats import alertmanager, cloudevents, grafana, native, pagerduty
from consumers.intake.parsed import Adapter, Incoming, ParsedBody, rejected
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

ADAPTERS: Mapping[SourceKind, Adapter] = {
    SourceKind.ALERTMANAGER: alertmanager.understand,
    SourceKind.GRAFANA: grafana.understand,
    SourceKind.CLOUDEVENTS: cloudevents.understand,
    SourceKind.PAGERDUTY: pagerduty.understand,
    SourceKind.NATIVE: native.understand,
}
"""The kinds of source that can be added."""

BODY_BYTES = 1024 * 1024
GROUP_BODY_BYTES = 16 * BODY_BYTES
"""Alertmanager and Grafana never split a group: 3,000 modest alerts are 1.6 MB."""


def most_bytes(kind: SourceKind) -> int:
    """The largest body that a route takes; above it, 413."""
    grouped = kind in {SourceKind.ALERTMANAGER, SourceKind.GRAFANA}
    return GROUP_BODY_BYTES if grouped else BODY_BYTES


def understand(kind: SourceKind, incoming: Incoming) -> ParsedBody:
    """What a body of this kind says; one that could not be decoded on arrival is refused."""
    body = incoming.body
    if CONTENT_ENCODING in incoming.headers:
        try:
            body = decoded(body, coding_of(incoming.headers), most_bytes(kind))
        except NotDecoded as error:
            return rejected(f"The body {error}.")
        except (NotSupported, Oversized) as error:
            return rejected(str(error))
    body = as_utf8(body, incoming.headers)
    return ADAPTERS[kind](incoming if body is incoming.body else replace(incoming, body=body))
