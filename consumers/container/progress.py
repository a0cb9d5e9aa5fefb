"""Progress of long work."""

from collections.abc import Callable

ProgressCallback = Callable[[str, int, int], None]
"""Called with a label, the number done, and the total; 0 where the total is unknown."""
