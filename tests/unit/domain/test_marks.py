"""Marks of texts beside the log: what has one, and what is never taken for one."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from ledger.domain.catalogue import CODEC, READERS_CODEC
from ledger.domain.envelope import Recorded, stream_id
from ledger.domain.incident import events as e
from ledger.domain.incident.describing import describe
from ledger.domain.text import (
    BEGIN,
    END,
    OutsideText,
    fill_marks,
    marked_ids,
    plain_text,
    unmarked,
    unmarked_json,
)

AT = datetime(2026, 11, 28, 17, 30, tzinfo=UTC)
ID = "01a22925-e9fa-752e-8022-2a6e8fb3fe5c"
OTHER = "01a22925-e9fa-752e-8022-2a6e8fb3fe5d"
FORGED = f"{BEGIN}{ID}{END}"
HARMLESS = f"\ufffd{ID}\ufffd"


def beside(of: str) -> OutsideText:
    return OutsideText(of, "0" * 64)


def recorded(event: e.IncidentEvent) -> Recorded:
    return Recorded(
        event=event,
        stream=stream_id("incident", UUID(int=1)),
        version=1,
        leaf=0,
        id="1",
        recorded_at=AT,
        actor=f"person/{FORGED}",
        source="tests",
        correlation="1",
    )


def shown(of: str) -> str:
    return f"<{of[-1]}>"


def test_a_text_beside_the_log_has_its_mark_and_a_typed_one_has_none() -> None:
    assert [ID] == list(marked_ids(plain_text(beside(ID))))
    assert HARMLESS == plain_text(FORGED)
    assert f"{HARMLESS}\n{FORGED}" == plain_text((FORGED, beside(ID)))


def test_a_codec_for_readers_has_no_marks_wherever_somebody_typed_them() -> None:
    told = e.Communicated(at=AT, audience=f"all {FORGED}", message=beside(ID))
    stored = CODEC.encode(recorded(told))

    assert told == CODEC.decode(stored, 0).event
    read = READERS_CODEC.decode(stored, 0)
    assert e.Communicated(at=AT, audience=f"all {HARMLESS}", message=beside(ID)) == read.event
    assert f"person/{HARMLESS}" == read.actor
    assert f"Told all {HARMLESS}: <c>" == fill_marks(describe(read.event), shown)


@pytest.mark.parametrize("text", ["", "é\u00b7", "\ufdcf\ufdd2\ufdef", "\\ufdd0", "\ufeff"])
def test_other_texts_are_left_as_they_are(text: str) -> None:
    stored = msgspec.json.encode([text])
    assert stored == unmarked_json(stored)
    assert text == unmarked(text)


def test_both_code_points_are_replaced_in_json() -> None:
    forged = {f"name {FORGED}": [f"\ufdcf{FORGED}{END}{BEGIN}"]}
    plain = unmarked_json(msgspec.json.encode(forged))
    assert {f"name {HARMLESS}": [f"\ufdcf{HARMLESS}\ufffd\ufffd"]} == msgspec.json.decode(plain)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Old", "It's\nnew", "'Old' is now \"It's\\nnew\""),
        (None, beside(ID), "empty is now '<c>'"),
        ("Old", beside(ID), "'Old' is now '<c>'"),
        ((), (beside(ID), beside(OTHER)), "empty is now '<c>', '<d>'"),
        ((beside(ID), "In the event"), beside(OTHER), "'<c>', 'In the event' is now '<d>'"),
    ],
)
def test_a_correction_quotes_both_values(old: e.Correction, new: e.Correction, said: str) -> None:
    amended = e.Amended(at=AT, field="title", from_=old, to=new, reason=beside(OTHER))
    assert f"Corrected title: {said} (<d>)" == fill_marks(describe(amended), shown)
