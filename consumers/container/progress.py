"""How long work tells how far it is."""

from collections.abc import Callable

ProgressCallback = Callable[[str, int, int], None]
"""Told what is done, how much of it, and how much there is; 0 where nobody knows."""
