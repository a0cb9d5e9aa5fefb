"""Open incidents that nobody was told of, though a rule of the policy in force would tell of them.

They were opened before the first start of a program that notifies, before the policy had the rule,
or nothing has requested their notification yet.
"""

import structlog

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from ledger.errors import LedgerError
from ledger.policy.notify import NotifyRule
from ledger.store.port import Store
from ledger.vocabulary import Notice
from projections.queries.deliveries import untold_count

log = structlog.get_logger(__name__)


def opening_rules(store: Store) -> tuple[NotifyRule, ...]:
    """The rules in force that tell of an incident that is opened. Raises NotFound, UnknownEvent."""
    rules = policy_in_force(store).notify.rules
    return tuple(each for each in rules if Notice.INCIDENT_OPENED in each.notices)


def count_untold(ledger: Ledger) -> int:
    """How many there are; 0 where the policy or the read models cannot be read. Blocking."""
    try:
        return untold_count(ledger.views, opening_rules(ledger.store))
    except LedgerError:
        return 0


def log_untold(ledger: Ledger) -> None:
    """Logs how many there are, if any. Blocking."""
    if count := count_untold(ledger):
        log.warning("open_and_untold", incidents=count, remedy="See airledger deliveries --untold.")
