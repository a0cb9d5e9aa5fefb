"""Error isolation: projections share a transaction, and get a savepoint each when one fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import Conflict, Unavailable
from projections.engine.database import is_row_error
from projections.engine.projection import Projection

log = structlog.get_logger(__name__)

T = TypeVar("T")


def run_shared(step: Callable[[bool], T]) -> T:
    """Runs a step for all projections at once; if one of them fails, runs it again isolated.

    The argument of `step` is whether to isolate each projection. Raises Unavailable, Conflict, and
    what `step` raises.
    """
    try:
        return step(False)
    except (Unavailable, Conflict):
        raise
    except Exception as error:  # noqa: BLE001 - the isolated run finds the projection
        log.info("folding_isolated", reason=str(error))
        return step(True)


@contextmanager
def isolated(
    connection: Connection, projection: Projection, failed: dict[str, Exception], *, isolate: bool
) -> Iterator[None]:
    """Rolls back one projection's part of a transaction if that part fails.

    The error goes into `failed`, by the projection's name; Unavailable and Conflict are raised.
    Without `isolate` every error is raised and ends the transaction: a savepoint for each
    projection costs more than most batches.
    """
    if not isolate:
        yield
        return
    try:
        with connection.begin_nested():
            yield
    except SQLAlchemyError as error:
        if not is_row_error(error):
            raise
        failed[projection.name] = error
    except (Unavailable, Conflict):
        raise
    except Exception as error:  # noqa: BLE001 - the projector stops this one and logs the error
        failed[projection.name] = error
