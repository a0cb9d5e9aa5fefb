"""airledger's own format: one signal, or a list of them, in JSON.

For what speaks no other format. Its schema is in `/v1/openapi.json`. An alert is known by its
`dedup_key`; without one, by its title and its labels but for the severity, so that the same words
speak of the same alert. The label `alertname`, by which the shipped policy groups alerts of one
system, is the title where none is given. A time that cannot be read does not cost the alert: it is
as if absent, and its text is in `unread`.
"""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from consumers.intake.format import Format
from consumers.intake.list_limit import TooMany, require_few
from consumers.intake.parsed import Incoming, ParsedBody, Refusals, rejected
from consumers.intake.parsing.alert_fields import AlertFields, Title, signal_of
from consumers.intake.parsing.strict_json import UNREADABLE, NotStrict, error_text, require_strict
from consumers.intake.parsing.truncation import TooLarge
from consumers.json_decoders import decode_leniently
from ledger.domain.alert import Signal
from ledger.domain.signal_state import TITLE_CHARACTERS
from ledger.vocabulary import SourceKind


class NativeSignal(AlertFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One alert fires, or is resolved. Unknown fields are errors."""

    id: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=500,
                description="The sender's id of this very message: it is recorded once.",
            ),
        ]
        | None
    ) = None
    title: Title


_signals = msgspec.json.Decoder(list[msgspec.Raw])


def parse(incoming: Incoming) -> ParsedBody:
    """Parses one signal, or a list; a member that cannot be parsed is refused alone."""
    body = incoming.body
    if not body.lstrip().startswith(b"["):
        found = _parse_signal(body, incoming.source, "The body")
        return ParsedBody(signals=(found,)) if isinstance(found, Signal) else rejected(found)
    try:
        require_few(body)
        members = _signals.decode(body)
    except TooMany as error:
        return rejected(f"The body {error}.")
    except UNREADABLE as error:
        return rejected(f"The body is no list of signals: {error_text(error)}.")
    signals, refused = [], Refusals()
    for index, raw in incoming.selected_parts(members):
        found = _parse_signal(bytes(raw), incoming.source, f"signals[{index}]")
        if isinstance(found, Signal):
            signals.append(found)
        else:
            refused.add(index, found)
    return ParsedBody(signals=tuple(signals), refused=refused.listed, omitted=refused.omitted)


def _parse_signal(text: bytes, source: str, what: str) -> Signal | str:
    """The signal, or why there is none."""
    try:
        require_strict(text)
        fields, unread = decode_leniently(NativeSignal, text)
        return _signal(fields, source, unread)
    except NotStrict as error:
        return f"{what} {error}."
    except TooLarge as error:
        return f"{what} is too large: {error}."
    except UNREADABLE as error:
        return f"{what} is no signal: {error_text(error)}."


def _signal(fields: NativeSignal, source: str, unread: dict[str, str]) -> Signal:
    title = fields.title.strip()[:TITLE_CHARACTERS]
    named = msgspec.structs.replace(fields, labels={"alertname": title, **fields.labels})
    key = fields.dedup_key or _key_of(fields)
    return signal_of(
        named,
        source=source,
        dedup_key=key,
        title=fields.title,
        own_id=fields.id,
        kind=SourceKind.NATIVE,
        unread=unread,
    )


def _key_of(fields: NativeSignal) -> str:
    """What stands for an alert whose sender has no key for it."""
    labels = {**fields.labels, "system": fields.system or fields.labels.get("system", "")}
    labels.pop("severity", None)
    text = msgspec.json.encode([fields.title.strip(), sorted(labels.items())])
    return hashlib.sha256(text).hexdigest()[:32]


NATIVE = Format(
    kind=SourceKind.NATIVE,
    parse=parse,
    summary="airledger's own signals: one, or a list",
    description="Records signals.",
    content={"application/json": NativeSignal | list[NativeSignal]},
)
