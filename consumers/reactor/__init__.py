"""What follows the sealed store, in log order, and acts on it: the review process and the clock."""

from consumers.reactor.clock import Clock
from consumers.reactor.reviews import ReviewProcess

__all__ = ["Clock", "ReviewProcess"]
