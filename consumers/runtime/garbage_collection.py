"""How often Python looks for unreachable cycles of objects in processes that make many.

An event, a row or a request makes a thousand objects that die with it, and hardly a cycle. Looking
through everything that lives as often as the interpreter does by itself took a fifth of the time of
HTTP intake, and of a rebuild.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS_PER_COLLECTION = 20_000


def collect_seldom() -> None:
    """Sets apart what lives on, and has the rest looked through seldom, for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_COLLECTION)


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """The same until the block ends, then as it was."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
