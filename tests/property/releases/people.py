"""Who signs: what each holds, whose deputy one is, and whose ids may be found to be one human's."""

from collections.abc import Iterable
from typing import Any

PO, GL = "product_owner", "governance_lead"
PEOPLE: dict[str, tuple[str, ...]] = {
    "pia": (PO,),
    "lea": (GL,),
    "bob": (PO, GL),
    "bob2": (GL,),
    "emil": (PO, GL),
    "dan": (PO,),
}
"""The roles of each."""
DEPUTY, HOLDER = "dan", "lea"
"""The first acts for the second as Governance Lead."""
JOINS = (("bob", "bob2"), ("pia", "emil"), ("bob2", "dan"))


class Happened:
    """What happened, in order; the time and the policy of now."""

    def __init__(self, now: Any, terms: Any) -> None:
        self.now, self.terms = now, terms
        self.happened: list[dict[str, Any]] = []

    def add(self, what: str, **said: Any) -> None:
        self.happened.append({"what": what, "at": self.now, **said})

    def of(self, *what: str, **said: Any) -> list[dict[str, Any]]:
        """What happened of some kinds that says this."""
        return [
            each
            for each in self.happened
            if each["what"] in what and all(each.get(name) == is_ for name, is_ in said.items())
        ]


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

    def join(self, ids: tuple[str, str]) -> bool:
        if self.of("join", ids=ids):
            return False
        self.add("join", ids=ids)
        return True

    def own_roles(self, person: str) -> set[str]:
        return {role for each in self.humans([person]) for role in PEOPLE[each]}

    def roles(self, person: str) -> set[str]:
        is_deputy = DEPUTY in self.humans([person])
        return self.own_roles(person) | ({GL} if is_deputy else set())

    def counts_as(self, person: str, role: str) -> frozenset[str]:
        """Every id that somebody signs as."""
        own = self.humans([person])
        return own if role in self.own_roles(person) else own | {HOLDER}
