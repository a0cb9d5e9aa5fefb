"""An embedded ledger that has something of everything a ledger keeps, and all that one holds."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import sql

from consumers.container.ledger import open_ledger
from ledger.domain.incident.commands import Report
from ledger.domain.judging.points import Point
from ledger.domain.review.counting import CountedIncident
from ledger.settings import Settings
from ledger.store import side_records as r
from ledger.store.port import LogState
from ledger.store.read_records import ReadKind
from ledger.store.sqlite import SQLiteStore
from ledger.store.table_catalogue import ALL_TABLES, WholeTable
from ledger.vocabulary import Status
from tests.bench.history import fill
from tests.contract.samples import NOON, answer, closed, set_aside, token
from tests.harness.commands import report_incident
from tests.harness.kept_texts import context, erase, ids_named
from tests.harness.postgres import Database

SECRET = "The secret of the ledger"
"""What a text beside its log begins with."""

Rows = dict[str, list[tuple[Any, ...]]]
OPEN_DAY = NOON.replace(year=2126)
"""A day that is not over: no digest of its reads is recorded."""


def furnish(data_dir: Path, *, incidents: int = 300) -> LogState:
    """Makes the ledger; its log as it is sealed then."""
    with closing(open_ledger(Settings(data_dir=data_dir))) as ledger:
        fill(ledger, incidents=incidents)
        ledger.store.append([], list(_notes()))
        told = Report(title="It broke", system="chat", description=f"{SECRET}, says Zoë\0")
        ledger.executor.execute(report_incident(incident=UUID(int=9), report=told), context())
        erase(ledger.store, ids_named(ledger.store)[:1])
        ledger.store.append(
            [], [closed("q2"), r.TokenRevoked(holder_kind="token", holder_name="b")]
        )
        ledger.seal_and_project()
        state = ledger.store.log_state()
    assert state is not None
    return state


def _notes() -> list[r.SideWrite]:
    member = CountedIncident(system="chät\0bot", month="2026-03", counts=True, status=Status.OPEN)
    return [
        token("d1", "a"),
        token("d2", "b"),
        r.TokenNamed(name="a", before=None, holder_name="a"),
        r.TokenUsed(digest="d1", at=NOON),
        r.Person(id="person/1", name="Zoë\0", os_user="zoe"),
        r.Person(id="person/2", name="Bo"),
        r.Person(id="person/3", name="Zoë\0", identified=True),
        r.Identity(issuer="https://login.example", subject="s-1", person="person/3"),
        r.ReadNoted(reader="person/1", kind=ReadKind.LOGIN, subject="provider", at=OPEN_DAY),
        r.ConsumedId(scope="signal", id="id with \0 and é"),
        answer("key\0"),
        r.LastSeen(subject=UUID(int=7), at=NOON),
        r.Body(digest="d", content=b"\x00\xff not text", size=11),
        set_aside("q1", "d", at=NOON),
        set_aside("q2", "e", at=NOON + timedelta(hours=1), truncated=True),
        r.PositionMove(follower="test", old=0, new=3),
        r.MonthMember(incident=UUID(int=1), leaf=2, member=member),
        r.TicketAddress(digest="d", incident=UUID(int=1)),
        r.MeasuredPoint(
            series=UUID(int=1),
            point=Point(measurement=UUID(int=2), leaf=2, until=NOON, value=1.5, n=20),
        ),
        r.Deadline(kind="rca", subject=UUID(int=1), at=NOON),
    ]


def held_by_file(path: Path) -> Rows:
    """Every row of an embedded ledger, by table, as PostgreSQL has them."""
    with closing(SQLiteStore(path)) as store:
        return {table.name: sorted(store.rows(table), key=repr) for table in ALL_TABLES}


def held_by(database: Database) -> Rows:
    """Every row of a ledger on PostgreSQL, by table."""
    with database.connected() as connection:

        def read(table: WholeTable) -> list[tuple[Any, ...]]:
            columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
            named = sql.Identifier("airledger", table.name)
            return connection.execute(
                sql.SQL("SELECT {} FROM {}").format(columns, named)
            ).fetchall()

        return {table.name: sorted(read(table), key=repr) for table in ALL_TABLES}


def stopping(at: int) -> Callable[..., None]:
    """A step that fails the `at`-th time that it is told of."""
    told = count(1)

    def step(*_: object) -> None:
        if next(told) >= at:
            raise InterruptedError("stopped here")

    return step
