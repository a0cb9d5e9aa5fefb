"""Queries of notifications: how many wait or failed, and which incidents nobody was told of."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from ledger.policy.notify import NotifyRule
from ledger.vocabulary import DeliveryStatus, Status
from projections.deliveries import DELIVERIES
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.queries.ordering import Columns
from projections.register import REGISTER

MOST_COUNTED = 10_000
WAITING = (DeliveryStatus.WAITING, DeliveryStatus.FAILING)
"""Those that are tried."""


class DeliveryCounts(NamedTuple):
    """How many notifications wait, fail and were given up, each at most MOST_COUNTED.

    `oldest` is when the one became due that is due longest of those that wait or fail; None without
    any.
    """

    waiting: int = 0
    failing: int = 0
    given_up: int = 0
    oldest: str | None = None


def delivery_counts(views: ViewsDatabase, now: str) -> DeliveryCounts:
    """The counts `now`, RFC 3339 in UTC; bounded, and read from an index, for frequent calls."""
    with views.begin() as connection:
        table = live_table(connection, DELIVERIES)
        if table is None:
            return DeliveryCounts()
        own = table.c
        found = (
            connection.execute(
                select(func.count()).select_from(
                    select(own.leaf).where(own.status == status).limit(MOST_COUNTED).subquery()
                )
            ).scalar_one()
            for status in (*WAITING, DeliveryStatus.GIVEN_UP)
        )
        waiting, failing, given_up = found
        due = (
            select(own.due_at)
            .where(own.status == status)
            .order_by(own.leaf)
            .limit(MOST_COUNTED)
            .subquery()
            for status in WAITING
        )
        oldest = (
            connection.execute(select(func.min(each.c.due_at)).where(each.c.due_at <= now)).scalar()
            for each in due
        )
        first = min((at for at in oldest if at is not None), default=None)
        return DeliveryCounts(waiting, failing, given_up, first)


def given_up_of_open(views: ViewsDatabase) -> int:
    """How many notifications about incidents that are open now reached nobody."""
    with views.begin() as connection:
        table, register = live_table(connection, DELIVERIES), live_table(connection, REGISTER)
        if table is None or register is None:
            return 0
        query = (
            select(func.count())
            .select_from(table.join(register, register.c.incident == table.c.incident))
            .where(table.c.status == DeliveryStatus.GIVEN_UP, register.c.status == Status.OPEN)
        )
        return int(connection.execute(query).scalar_one())


def untold_count(views: ViewsDatabase, rules: Sequence[NotifyRule]) -> int:
    """How many incidents are open and untold; see `is_untold`."""
    with views.begin() as connection:
        register = live_table(connection, REGISTER)
        if register is None or not rules:
            return 0
        query = select(func.count()).select_from(register)
        untold = is_untold(connection, register.c, rules)
        return int(connection.execute(query.where(untold)).scalar_one())


def is_untold(
    connection: Connection, register: Columns, rules: Sequence[NotifyRule]
) -> ColumnElement[bool]:
    """The condition that an incident is open, one of the rules applies to it as it is now, and no
    notification about it was ever requested.
    """
    applies = or_(false(), *(_applies(register, rule) for rule in rules))
    untold = and_(register.status == Status.OPEN, applies)
    told = live_table(connection, DELIVERIES)
    if told is None:
        return untold
    about = select(told.c.incident).where(told.c.incident.is_not(None))
    return and_(untold, register.incident.not_in(about))


def _applies(own: Columns, rule: NotifyRule) -> ColumnElement[bool]:
    """`NotifyRule.applies_to` in SQL, without the notice."""
    narrowed = []
    if rule.systems:
        narrowed.append(own.system.in_(rule.systems))
    if rule.severities:
        narrowed.append(or_(own.severity.is_(None), own.severity.in_(rule.severities)))
    if rule.categories:
        narrowed.append(or_(own.category.is_(None), own.category.in_(rule.categories)))
    return and_(own.incident.is_not(None), *narrowed)
