"""Followers of the sealed log, which act on it in log order: reviews, clock, notices, tickets."""

from consumers.reactor.clock import Clock
from consumers.reactor.follower_type import FollowerType, LogFollower
from consumers.reactor.followers import FOLLOWERS
from consumers.reactor.reviews import ReviewProcess

__all__ = ["FOLLOWERS", "Clock", "FollowerType", "LogFollower", "ReviewProcess"]
