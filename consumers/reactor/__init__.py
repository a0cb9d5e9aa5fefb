"""What follows the sealed store, in log order, and acts on it: the review process and the clock."""

from consumers.reactor import clock, reviews
from consumers.reactor.clock import Clock
from consumers.reactor.reviews import ReviewProcess

FOLLOWERS = (reviews.NAME, clock.NAME)
"""The names under which the store keeps how far each is."""

__all__ = ["FOLLOWERS", "Clock", "ReviewProcess"]
