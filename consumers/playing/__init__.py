"""Playing the shipped sample into a demo: what it says, when, over HTTP, and what came of it."""

from consumers.playing.clock import PlayedClock
from consumers.playing.player import Played, Player, Tokens
from consumers.playing.sample import Sample, read_sample

__all__ = ["Played", "PlayedClock", "Player", "Sample", "Tokens", "read_sample"]
