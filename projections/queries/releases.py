"""Queries of releases: how many need somebody, and for what."""

from collections import Counter

from sqlalchemy import func, select

from ledger.domain.release.words import ReleaseNeed
from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.releases import RELEASES


def count_by_need(views: ViewsDatabase) -> Counter[ReleaseNeed]:
    """How many releases need somebody for each."""
    with views.begin() as connection:
        table = live_table(connection, RELEASES)
        if table is None:
            return Counter()
        needs = table.c.needs
        counted = select(needs, func.count()).where(needs.is_not(None)).group_by(needs)
        found = connection.execute(counted).tuples()
        return Counter({ReleaseNeed(need): count for need, count in found})
