"""Every follower of the sealed log, in one place."""

from consumers.reactor.cards import CARDS
from consumers.reactor.clock import CLOCK
from consumers.reactor.follower_type import FollowerType
from consumers.reactor.improvements import IMPROVEMENT_PROCESS
from consumers.reactor.judging import JUDGING
from consumers.reactor.notices import NOTICE_PROCESS
from consumers.reactor.releases import RELEASE_PROCESS
from consumers.reactor.reviews import REVIEWS
from consumers.reactor.standards import STANDARDS
from consumers.reactor.tickets import TICKETS

FOLLOWERS: tuple[FollowerType, ...] = (
    REVIEWS,
    JUDGING,
    CARDS,
    RELEASE_PROCESS,
    STANDARDS,
    IMPROVEMENT_PROCESS,
    CLOCK,
    NOTICE_PROCESS,
    TICKETS,
)
"""The registry, in the order in which they run where one process runs all of them."""
