"""Several projections in one transaction, and each by itself where one of them fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import Conflict, Unavailable
from projections.engine.database import is_of_a_row
from projections.engine.projection import Projection

log = structlog.get_logger(__name__)

T = TypeVar("T")


def together(step: Callable[[bool], T]) -> T:
    """Does a step for all projections in one go; where one of them fails, for each by itself.

    `step` is told whether they are to be apart. Raises Unavailable, Conflict, and what `step` does.
    """
    try:
        return step(False)
    except (Unavailable, Conflict):
        raise
    except Exception as error:  # noqa: BLE001 - whose fault it is, the next try finds out
        log.info("folding_apart", reason=str(error))
        return step(True)


@contextmanager
def alone(
    connection: Connection, projection: Projection, failed: dict[str, Exception], *, apart: bool
) -> Iterator[None]:
    """Undoes one projection's part of a transaction where that part alone fails.

    What is wrong with it is put into `failed`, by its name; Unavailable and Conflict are raised.
    Where they are not `apart`, everything is raised, and the transaction is lost: a savepoint for
    each costs more than most batches.
    """
    if not apart:
        yield
        return
    try:
        with connection.begin_nested():
            yield
    except SQLAlchemyError as error:
        if not is_of_a_row(error):
            raise
        failed[projection.name] = error
    except (Unavailable, Conflict):
        raise
    except Exception as error:  # noqa: BLE001 - the projector stops this one, and says why
        failed[projection.name] = error
