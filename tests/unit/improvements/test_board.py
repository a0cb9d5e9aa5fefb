"""The board of improvements: each is in one column, the late ones first, by a naive count."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, insert

from consumers.read_service.improvement_board import OwnerLate, by_name
from ledger.domain.improvement import COLUMN_OF, ImprovementStatus, PdcaColumn
from projections.improvements import IMPROVEMENTS
from projections.queries.improvements import ACT_ORDER, BoardRows, OwnerRow, board_of

TABLE = IMPROVEMENTS.table(0)
PAST, NOW, NEAR, SOON, FAR = (f"2026-03-{day:02}T12:00:00Z" for day in (1, 5, 9, 12, 30))
TIMES = st.sampled_from([PAST, NOW, NEAR, SOON, FAR])
MANY = 10_000
ROW = dict[str, Any]


def row(status: ImprovementStatus = ImprovementStatus.ACCEPTED, **given: Any) -> ROW:
    """A row of the read model."""
    column = COLUMN_OF.get(status)
    return {
        **dict.fromkeys(TABLE.columns.keys()),
        **dict.fromkeys(("title", "improvement_kind", "cause"), "risk"),
        "system": "chat",
        "status": status.value,
        "column": None if column is None else column.value,
        "owner": "person/1",
        "due": FAR,
        "overdue": False,
        "proposed_at": PAST,
        "recurrences": 0,
        "updates": 0,
        **given,
    }


@contextmanager
def filled(rows: Sequence[ROW]) -> Iterator[Connection]:
    """A database with the rows, in the order of their leaves."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        TABLE.create(connection)
        numbered = [
            {**each, "improvement": str(leaf), "leaf": leaf} for leaf, each in enumerate(rows)
        ]
        if numbered:
            connection.execute(insert(TABLE), numbered)
        yield connection
    engine.dispose()


def found(rows: Sequence[ROW], *, limit: int = 20) -> BoardRows:
    """The board of the rows."""
    with filled(rows) as connection:
        return board_of(connection, TABLE, [], now=NOW, soon=SOON, limit=limit)


def leaves(board: BoardRows, column: PdcaColumn) -> list[int]:
    """The cards of a column, by their leaves."""
    return [each["leaf"] for each in board.columns[column].rows]


def is_late(of: ROW) -> bool:
    """Not done, or not checked, in time."""
    if of["column"] == "do":
        return bool(of["overdue"] or (of["due"] is not None and of["due"] <= NOW))
    return of["column"] == "check" and of["check_by"] is not None and of["check_by"] <= NOW


ROWS = st.builds(
    lambda status, due, by, overdue, owner: row(
        status, due=due, check_by=by, overdue=overdue, owner=owner
    ),
    st.sampled_from(ImprovementStatus),
    st.one_of(st.none(), TIMES),
    st.one_of(st.none(), TIMES),
    st.booleans(),
    st.sampled_from(["person/1", "person/2"]),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.lists(ROWS, max_size=30), st.integers(1, 8))
def test_the_board_is_that_of_looking_at_one_row_after_the_other(
    rows: list[ROW], limit: int
) -> None:
    board = found(rows, limit=limit)
    overdue, soon = Counter[str](), Counter[str]()
    for column in PdcaColumn:
        own = [(leaf, each) for leaf, each in enumerate(rows) if each["column"] == column.value]
        of = board.columns[column]
        assert (len(own), sum(is_late(each) for _, each in own)) == (of.every, of.late)
        assert min(limit, len(own)) == len(of.rows)
        assert {each["leaf"] for each in of.rows} <= {leaf for leaf, _ in own}
        late = [bool(each["late"]) for each in of.rows]
        assert sorted(late, reverse=True) == late
        assert [is_late(rows[each["leaf"]]) for each in of.rows] == late
        if column is PdcaColumn.DO:
            for _, each in own:
                near = each["due"] is not None and each["due"] <= SOON
                overdue[each["owner"]] += is_late(each)
                soon[each["owner"]] += near and not is_late(each)
    expected = {(of, overdue[of], soon[of]) for of in overdue if overdue[of] or soon[of]}
    assert expected == {tuple(each) for each in board.owners}


def test_what_is_late_comes_first_then_what_is_due_first() -> None:
    rows = [row(due=FAR), row(due=NEAR), row(due=PAST), row(due=FAR, overdue=True)]
    assert [2, 3, 1, 0] == leaves(found(rows), PdcaColumn.DO)


def test_what_is_to_be_checked_at_any_time_comes_after_what_has_its_time() -> None:
    done = ImprovementStatus.DONE
    rows = [row(done, check_by=None), row(done, check_by=FAR), row(done, check_by=PAST)]
    assert [2, 1, 0] == leaves(found(rows), PdcaColumn.CHECK)


def test_what_had_no_effect_comes_before_what_is_acted_on() -> None:
    board = found([row(each, due=PAST) for each in reversed(ACT_ORDER)])
    assert [2, 1, 0] == leaves(board, PdcaColumn.ACT)
    assert 0 == board.columns[PdcaColumn.ACT].late


def test_what_is_closed_or_rejected_is_in_no_column() -> None:
    board = found([row(each) for each in (ImprovementStatus.CLOSED, ImprovementStatus.REJECTED)])
    assert [0] * 4 == [each.every for each in board.columns.values()]


def test_ids_of_one_name_are_one_owner_and_the_latest_come_first() -> None:
    rows = [OwnerRow("person/1", 1, 1), OwnerRow("person/2", 1, 0), OwnerRow("person/3", 3, 0)]
    names = {"person/1": "Ada", "person/2": "Ada", "person/3": "Bob"}
    assert (
        OwnerLate(owner="Bob", overdue=3, soon=0),
        OwnerLate(owner="Ada", overdue=2, soon=1),
    ) == by_name(rows, names)


def test_the_board_of_ten_thousand_is_read_in_a_moment() -> None:
    each = list(ImprovementStatus)
    rows = [
        row(each[n % len(each)], owner=f"person/{n % 49}", due=PAST if n % 3 else FAR)
        for n in range(MANY)
    ]
    with filled(rows) as connection:
        begin = perf_counter()
        board = board_of(connection, TABLE, [], now=NOW, soon=SOON, limit=20)
        took = perf_counter() - begin
    assert 49 == len(board.owners)
    assert [20] * 4 == [len(of.rows) for of in board.columns.values()]
    assert took < 1, f"{took:.3f} s"
