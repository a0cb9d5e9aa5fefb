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

from consumers.intake.members import TooMany, require_few
from consumers.intake.parsed import Incoming, ParsedBody, Refusals, rejected
from consumers.intake.parsing.alert_fields import Claims, Title, signal_of
from consumers.intake.parsing.strict_json import UNREADABLE, NotStrict, require_strict, told
from consumers.intake.parsing.truncation import TooLarge
from consumers.json_decoders import decode_leniently
from ledger.domain.alert import Signal
from ledger.domain.signal_state import TITLE_CHARACTERS
from ledger.vocabulary import SourceKind


class NativeSignal(Claims, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One alert fires, or is resolved. Unknown fields are errors."""

    id: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=500,
                description="The sender's id of this very message: it is taken once.",
            ),
        ]
        | None
    ) = None
    title: Title


_signals = msgspec.json.Decoder(list[msgspec.Raw])


def understand(incoming: Incoming) -> ParsedBody:
    """The signals of a body; those of a list that are not understood are refused one by one."""
    body = incoming.body
    if not body.lstrip().startswith(b"["):
        found = _read(body, incoming.source, "The body")
        return ParsedBody(signals=(found,)) if isinstance(found, Signal) else rejected(found)
    try:
        require_few(body)
        members = _signals.decode(body)
    except TooMany as error:
        return rejected(f"The body {error}.")
    except UNREADABLE as error:
        return rejected(f"The body is no list of signals: {told(error)}.")
    signals, refused = [], Refusals()
    for index, raw in incoming.taken(members):
        found = _read(bytes(raw), incoming.source, f"signals[{index}]")
        if isinstance(found, Signal):
            signals.append(found)
        else:
            refused.add(index, found)
    return ParsedBody(signals=tuple(signals), refused=refused.listed, omitted=refused.omitted)


def _read(text: bytes, source: str, what: str) -> Signal | str:
    """The signal, or why there is none."""
    try:
        require_strict(text)
        said, unread = decode_leniently(NativeSignal, text)
        return _made(said, source, unread)
    except NotStrict as error:
        return f"{what} {error}."
    except TooLarge as error:
        return f"{what} is too large: {error}."
    except UNREADABLE as error:
        return f"{what} is no signal: {told(error)}."


def _made(said: NativeSignal, source: str, unread: dict[str, str]) -> Signal:
    title = said.title.strip()[:TITLE_CHARACTERS]
    named = msgspec.structs.replace(said, labels={"alertname": title, **said.labels})
    key = said.dedup_key or _key_of(said)
    return signal_of(
        named,
        source=source,
        dedup_key=key,
        title=said.title,
        own_id=said.id,
        kind=SourceKind.NATIVE,
        unread=unread,
    )


def _key_of(said: NativeSignal) -> str:
    """What stands for an alert whose sender has no key for it."""
    labels = {**said.labels, "system": said.system or said.labels.get("system", "")}
    labels.pop("severity", None)
    text = msgspec.json.encode([said.title.strip(), sorted(labels.items())])
    return hashlib.sha256(text).hexdigest()[:32]
