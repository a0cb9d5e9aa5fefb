"""Who acts: what each holds, whose deputy one is, and whose ids may be found to be one human's."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

PO, RM, GL = "product_owner", "risk_manager", "governance_lead"
ROLES = (PO, RM, GL)
PEOPLE: dict[str, tuple[tuple[str, str | None], ...]] = {
    "pia": ((PO, None),),
    "rik": ((RM, None),),
    "lea": ((GL, None),),
    "bob": ((PO, None), (RM, None)),
    "bob2": ((GL, None),),
    "sam": ((RM, "chat"),),
    "dan": (),
    "emil": (),
}
"""The roles of each, for the organisation or for one system."""
DEPUTY, HOLDER = "dan", "lea"
"""The first acts for the second as Governance Lead."""
JOINS = (("bob", "bob2"), ("pia", "emil"), ("emil", "dan"), ("rik", "sam"))


class Happened:
    """What happened, in order; the time and the terms of now."""

    def __init__(self, now: datetime, terms: Any) -> None:
        self.now, self.terms = now, terms
        self.happened: list[dict[str, Any]] = []

    def add(self, what: str, **said: Any) -> str:
        """Keeps what happened; it was done."""
        n = len(self.happened)
        self.happened.append({"what": what, "at": self.now, "n": n, "terms": self.terms, **said})
        return "done"

    def of(self, *what: str, **said: Any) -> list[dict[str, Any]]:
        """What happened of some kinds that says this."""
        return [
            each
            for each in self.happened
            if each["what"] in what and all(each.get(name) == is_ for name, is_ in said.items())
        ]

    def last(self, *what: str, **said: Any) -> dict[str, Any] | None:
        """The last of them."""
        found = self.of(*what, **said)
        return found[-1] if found else None


class Persons(Happened):
    """Which ids are one human's, and what he may act as."""

    def humans(self, ids: Iterable[str]) -> frozenset[str]:
        """Every id of the humans behind some."""
        found = set(ids)
        for _ in JOINS:
            for each in self.of("join"):
                if found & {*each["ids"]}:
                    found |= {*each["ids"]}
        return frozenset(found)

    def join(self, ids: tuple[str, str]) -> str:
        """Two ids are found to be one human's."""
        return "nothing" if self.of("join", ids=ids) else self.add("join", ids=ids)

    def own(self, person: str, system: str | None) -> set[str]:
        """The roles that he holds himself for a system, or for the organisation."""
        held = (each for name in self.humans([person]) for each in PEOPLE[name])
        return {role for role, of in held if of is None or of == system}

    def deputy(self, person: str) -> set[str]:
        """The roles in which he is a deputy."""
        return {GL} if DEPUTY in self.humans([person]) else set()

    def holds(self, person: str, system: str | None) -> set[str]:
        """The roles that he may act in."""
        return self.own(person, system) | self.deputy(person)

    def counts_as(
        self, person: str, system: str | None, may: Iterable[str] = ROLES
    ) -> frozenset[str]:
        """Every id that he acts as, where some roles may: a deputy acts as its holder as well."""
        ids, allowed = self.humans([person]), {*may}
        if self.own(person, system) & allowed or not self.deputy(person) & allowed:
            return ids
        return ids | {HOLDER}
