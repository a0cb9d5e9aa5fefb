"""What dies, and when: a pure function of a plan and a seed, so that a run can be had again."""

import random
from collections.abc import Sequence
from enum import StrEnum
from itertools import cycle, islice
from typing import NamedTuple

LONGEST_AWAY_SECONDS = 3.0


class Kind(StrEnum):
    """What a fault is."""

    CONNECTION = "connection"  # one of the database's is cut
    SERVER = "server"  # the database's processes are killed, all at once
    PROCESS = "process"  # one of the ledger's is killed, and started again
    BROKER = "broker"  # one of Kafka's is killed, and started again after a while
    COMING = "coming"  # a process is started that others have to share the work with
    GOING = "going"  # it is asked to end


class Plan(NamedTuple):
    """How much of each. `apart` is the least and the most time between two faults, in seconds."""

    connections: int
    server: int
    kills: int
    rebalances: int = 0
    brokers: int = 0
    apart: tuple[float, float] = (0.02, 0.3)


class Fault(NamedTuple):
    """One of them, so many seconds after the one before; what it leaves is away so long."""

    after: float
    kind: Kind
    target: str
    away: float = 0.0


def schedule(
    plan: Plan,
    seed: int,
    *,
    processes: Sequence[str],
    visitors: Sequence[str] = (),
    brokers: int = 0,
) -> list[Fault]:
    """Faults in order. Each process and broker has its turn; visitors come and go by turns."""
    chance = random.Random(seed)
    todo = [(Kind.CONNECTION, "")] * plan.connections + [(Kind.SERVER, "")] * plan.server
    todo += [(Kind.PROCESS, name) for name in islice(cycle(processes), plan.kills)]
    numbers = cycle(range(1, brokers + 1))
    todo += [(Kind.BROKER, str(number)) for number in islice(numbers, plan.brokers)]
    todo += [(Kind.COMING, name) for name in islice(cycle(visitors), plan.rebalances)]
    chance.shuffle(todo)
    there: set[str] = set()
    faults = []
    for kind, target in todo:
        happens = kind
        if kind is Kind.COMING and target in there:
            happens = Kind.GOING
            there.remove(target)
        elif kind is Kind.COMING:
            there.add(target)
        away = chance.uniform(0, LONGEST_AWAY_SECONDS) if kind is Kind.BROKER else 0.0
        faults.append(Fault(chance.uniform(*plan.apart), happens, target, away))
    return faults
