"""What caused an improvement, as people write it: the stream that they mean, or their own words."""

from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from consumers.commands.resolving import resolved
from ledger.domain.improvement import (
    CauseKind,
    ImprovementCause,
    ImprovementKind,
    ProposeImprovement,
)
from ledger.domain.stream_type import StreamType
from ledger.errors import NotFound
from projections.improvements import IMPROVEMENTS
from tests.golden.envelope import recorded
from tests.unit.domain.improvement.life import PROPOSED, STREAM

FOUND = UUID(int=7)


def find(kind: StreamType, text: str) -> UUID:
    """The one stream that there is; it is named by INC-7, RSK-7 and its id."""
    if text.casefold() in {f"{kind.prefix}-7".casefold(), str(FOUND), kind.stream(FOUND)}:
        return FOUND
    raise NotFound(f"There is no {text}.")


def cause_of(cause: CauseKind, text: str) -> str | None:
    command = ProposeImprovement(
        title="Better", improvement_kind=ImprovementKind.RISK, cause=cause, cause_ref=text
    )
    return resolved(command, find=find, person=str, sender="ada").cause_ref


def test_a_reference_or_an_id_becomes_the_stream_that_it_names() -> None:
    for text in ("INC-7", "inc-7", str(FOUND), f"incident/{FOUND}"):
        assert f"incident/{FOUND}" == cause_of(CauseKind.INCIDENT, text)
    assert f"risk/{FOUND}" == cause_of(CauseKind.RISK, "RSK-7")


def test_what_is_no_reference_of_that_kind_stays_as_it_was_written() -> None:
    for cause, text in (
        (CauseKind.INCIDENT, "The outage of May"),
        (CauseKind.INCIDENT, "2024"),
        (CauseKind.INCIDENT, "RSK-7"),
        (CauseKind.AUDIT, "INC-7"),
        (CauseKind.CONDITION, "Monitor it."),
    ):
        assert text == cause_of(cause, text)


def test_a_reference_of_nothing_is_refused() -> None:
    with pytest.raises(NotFound):
        cause_of(CauseKind.INCIDENT, "INC-8")


def test_a_leaf_that_no_log_has_is_no_cause() -> None:
    body = {"title": "Better", "improvement_kind": "risk", "cause_leaf": 2**53}
    with pytest.raises(msgspec.ValidationError, match="cause_leaf"):
        msgspec.convert(body, ProposeImprovement)


@pytest.mark.parametrize(("leaf", "shown"), [(7, 7), (2**53 - 1, 2**53 - 1), (2**70, None)])
def test_a_leaf_that_was_recorded_and_no_database_can_hold_is_not_shown(
    leaf: int, shown: int | None
) -> None:
    cause = ImprovementCause(kind=CauseKind.AUDIT, ref="Finding 4", leaf=leaf)
    proposed = recorded(event=replace(PROPOSED, cause=cause), stream=STREAM)
    row = IMPROVEMENTS.evolve(None, proposed, ("1",))
    assert row is not None
    assert shown == row["cause_leaf"]
