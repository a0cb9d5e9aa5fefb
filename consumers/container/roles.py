"""What a process does of all that a ledger needs done; `airledger serve` does all of it."""

from ledger.vocabulary import Labelled


class Role(Labelled):
    """One job. Any number of processes may do the same one, and have one effect together."""

    INTAKE = "intake", "takes signals of alerting systems over HTTP, and from Kafka"
    RELAY = "relay", "sends sealed events to Kafka"
    SEALER = "sealer", "seals what was appended; has the signing key"
    PROJECTOR = "projector", "fills the read models"
    REACTOR = "reactor", "launches reviews, and tells people"
    CLOCK = (
        "clock",
        "records what becomes due: RCAs at risk or overdue, stale alerts, silent sources",
    )
    WEB = "web", "answers queries and commands, shows pages and the log"


EVERY_ROLE = frozenset(Role)
WRITER_ROLES = frozenset((Role.INTAKE, Role.REACTOR, Role.CLOCK, Role.WEB))
"""These decide and append: what they do needs a policy."""
