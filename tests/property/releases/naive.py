"""What releases come to, from a list of what happened, scanned anew for each question.

A happening is a dict: `what` it was, `at` when, and what else it says. Versions, documents and
persons go by their names.
"""

from collections.abc import Iterable
from itertools import product
from typing import Any

from tests.property.releases.naive_papers import Papers

Happening = dict[str, Any]
PASSES = ("pass", "waived", "not_applicable")
SIGNED_BY = {"product_owner": "product_owner", "governance_lead": "governance_lead"}
"""The requirements that are sign-offs, with the role of each."""
PAPERS = {
    "model_card": ("documentation", "card", ("model_card",)),
    "system_card": ("documentation", "card", ("system_card",)),
    "impact_approved": ("compliance", "approval", ("dpia", "tra")),
    "way_back": ("rollback", "way_back", ("snapshot",)),
}
"""The requirements that are judged by evidence: gate, how, and kinds."""
MEASURED = {
    "quality": ("pass@5", ">="),
    "fairness": ("demographic parity difference", "<="),
    "safety": ("harmful output rate", "<="),
    "robustness": ("attack success rate", "<="),
}
"""The requirements that are judged by measurements: metric, and which values are better."""


def rank(verdict: str) -> int:
    return 0 if verdict in PASSES else ("undecided", "fail").index(verdict) + 1


class Naive(Papers):
    """What should be so."""

    def artefacts_of(self, version: str) -> tuple[tuple[str, str], ...]:
        found: tuple[tuple[str, str], ...] = ()
        for each in self.of("propose", "amend", version=version):
            found = each.get("artefacts", found)
        return found

    def class_of(self, version: str) -> str:
        found = ""
        for each in self.of("propose", "amend", version=version):
            found = each.get("change_class", found)
        return found

    def authors_of(self, version: str) -> tuple[str, ...]:
        found: tuple[str, ...] = ()
        for each in self.of("propose", "amend", version=version):
            found = each.get("authors", found)
        return found

    def waiver_of(self, version: str, requirement: str) -> Happening | None:
        found = [*self.of("waive", "exclude", version=version, requirement=requirement)]
        return found[-1] if found else None

    def subject(self, version: str) -> Any:
        """What is signed."""
        waived = {
            each["requirement"]: (each["what"], each["at"], each.get("until"), each["role"])
            for each in self.of("waive", "exclude", version=version)
        }
        return (
            set(self.artefacts_of(version)),
            self.class_of(version),
            set(self.attached(version)),
            waived,
            self.terms,
        )

    def needed_class(self, version: str) -> str | None:
        before = self.before(version)
        if before is None:
            return "major"
        changed = {
            kind for kind, _ in set(self.artefacts_of(before)) ^ set(self.artefacts_of(version))
        }
        for name in ("major", "standard"):
            if changed & self.terms.classes[name]["artefacts"]:
                return name
        return None

    def subject_verdicts(self, version: str) -> dict[str, str]:
        made_of, given = self.artefacts_of(version), self.class_of(version)
        pinned = made_of and all(content for _, content in made_of)
        weights = ["major", "standard", None]
        needed = self.needed_class(version)
        light = given != "emergency" and weights.index(given) > weights.index(needed)
        return {
            "artefacts": "pass" if pinned else "undecided",
            "change_class": "fail" if light else "pass",
        }

    def measured(self, version: str, requirement: str) -> str:
        metric, comparison = MEASURED[requirement]
        retracted = {each["id"] for each in self.of("retract")}
        newest: dict[Any, Happening] = {}
        for each in self.of("measure", version=version, metric=metric):
            if each["id"] in retracted:
                continue
            before = newest.get(each["segment"])
            if before is None or before["until"] <= each["until"]:
                newest[each["segment"]] = each
        verdicts = [self._meets(version, requirement, comparison, each) for each in newest.values()]
        return max(verdicts, key=rank, default="undecided")

    def _meets(self, version: str, requirement: str, comparison: str, of: Happening) -> str:
        target = {
            "quality": 0.82,
            "fairness": 0.1,
            "safety": float(self.terms.safety),
            "robustness": 5,
        }[requirement]
        age = self.terms.age if requirement in ("quality", "safety") else self.longest
        changed = [each["at"] for each in self.of("amend", version=version) if "artefacts" in each]
        judgeable = (
            of["has_unit"]
            and of["n"] is not None
            and of["n"] >= 20
            and not of["opposite"]
            and all(of["until"] >= each for each in changed[-1:])
            and of["until"] >= self.now - age
        )
        if not judgeable:
            return "undecided"
        met = of["value"] >= target if comparison == ">=" else of["value"] <= target
        return "pass" if met else "fail"

    def waivable(self, requirement: str) -> bool:
        return requirement == "robustness" or (requirement == "fairness" and self.terms.waivable)

    def verdicts(self, version: str) -> dict[str, str]:
        """What all requirements come to that are no sign-offs."""
        found = self.subject_verdicts(version)
        for requirement in (*PAPERS, *MEASURED):
            waiver = self.waiver_of(version, requirement)
            if waiver is not None and waiver["what"] == "exclude":
                found[requirement] = "not_applicable"
            elif waiver is not None and self.waivable(requirement) and self.now < waiver["until"]:
                found[requirement] = "waived"
            elif requirement in MEASURED:
                found[requirement] = self.measured(version, requirement)
            else:
                found[requirement] = self.paper(version, requirement, *PAPERS[requirement])[0]
        return found

    def signed(self, version: str) -> dict[tuple[str, str], Happening]:
        """The sign-offs that were not withdrawn, by role and person."""
        found: dict[tuple[str, str], Happening] = {}
        for each in self.of("sign", "unsign", version=version):
            found.pop((each["role"], each["person"]), None)
            if each["what"] == "sign":
                found[each["role"], each["person"]] = each
        return found

    def is_stale(self, version: str, signed: Happening) -> bool:
        persons, now = self.humans(signed["persons"]), self.verdicts(version)
        by_author = not persons.isdisjoint(self.authors_of(version))
        return (
            (by_author and not self.terms.authors_may_sign)
            or signed["subject"] != self.subject(version)
            or any(rank(now[name]) > rank(then) for name, then in signed["verdicts"].items())
        )

    def stale(self, version: str) -> set[tuple[str, str]]:
        """The sign-offs that count no more."""
        return {of for of, each in self.signed(version).items() if self.is_stale(version, each)}

    def counted(self, version: str) -> int:
        """How many of the sign-offs that are asked for are there."""
        counting = [
            each for each in self.signed(version).values() if not self.is_stale(version, each)
        ]
        best = 0
        for chosen in product(*[[None, *counting]] * len(SIGNED_BY)):
            if self._fits(chosen):
                best = max(best, sum(each is not None for each in chosen))
        return best

    def _fits(self, chosen: Iterable[Happening | None]) -> bool:
        humans: list[str] = []
        for role, each in zip(SIGNED_BY.values(), chosen, strict=True):
            if each is None:
                continue
            if each["role"] != role:
                return False
            humans += self.humans(each["persons"])
        return len(humans) == len(set(humans))

    def sign_offs_pass(self, version: str) -> bool:
        wanted = self.terms.classes[self.class_of(version)]["sign_offs"] or len(SIGNED_BY)
        return self.counted(version) >= wanted

    def all_pass(self, version: str) -> bool:
        passing = all(each in PASSES for each in self.verdicts(version).values())
        return passing and self.sign_offs_pass(version)

    def was_taken_back(self, version: str) -> bool:
        return any(True for _ in self.of("roll_back", version=version))

    def outcome(self, version: str) -> str:
        """What a check says."""
        if self.was_taken_back(version) or "fail" in self.verdicts(version).values():
            return "no_go"
        decided = self.decided(version)
        same = decided is not None and decided["subject"] == self.subject(version)
        if decided is not None and decided["decision"] == "no_go":
            return "no_go" if same else "undecided"
        return "go" if same and self.all_pass(version) else "undecided"

    # What is expected of a command: whether it has events.

    def sign(self, version: str, person: str, role: str) -> bool:
        if not self.proposed(version) or role not in self.roles(person):
            return False
        persons = self.counts_as(person, role)
        if not persons.isdisjoint(self.authors_of(version)) and not self.terms.authors_may_sign:
            return False
        for each in self.signed(version).values():
            if not self.is_stale(version, each) and not self.humans(each["persons"]).isdisjoint(
                persons
            ):
                return False
        self.add(
            "sign",
            version=version,
            person=person,
            role=role,
            persons=persons,
            subject=self.subject(version),
            verdicts=self.verdicts(version),
        )
        return True

    def unsign(self, version: str, person: str, role: str) -> bool:
        if not self.proposed(version):
            return False
        mine = [
            each
            for each in self.signed(version).values()
            if each["role"] == role and not self.humans([person]).isdisjoint(each["persons"])
        ]
        for each in mine:
            self.add("unsign", version=version, person=each["person"], role=role)
        return bool(mine)

    def decide(self, version: str, decision: str) -> bool:
        if not self.proposed(version):
            return False
        if decision == "go" and (self.was_taken_back(version) or not self.all_pass(version)):
            return False
        subject, before = self.subject(version), self.decided(version)
        if before and (before["decision"], before["subject"]) == (decision, subject):
            return False
        verdicts = self.verdicts(version)
        papers = {
            name: self.paper(version, name, *PAPERS[name])[1]
            for name in PAPERS
            if self.judged_by_paper(version, name)
        }
        self.add(
            "decide",
            version=version,
            decision=decision,
            subject=subject,
            verdicts=verdicts,
            counted=self.counted(version),
            papers=papers,
            artefacts=self.artefacts_of(version),
        )
        if dict(self.running).get(version) == "full":
            self.good = [each for each in self.good if each != version]
            if decision == "go" and not self.was_taken_back(version):
                self.good.append(version)
        return True

    def judged_by_paper(self, version: str, requirement: str) -> bool:
        return self.verdicts(version)[requirement] not in ("waived", "not_applicable")

    def nonconforming(self, version: str) -> set[str]:
        """What had passed when it was decided, and does so no more."""
        decided = self.decided(version)
        if decided is None:
            return set()
        if decided["decision"] == "no_go":
            return {"decision"}
        now = self.verdicts(version)
        passed = {name for name, verdict in decided["verdicts"].items() if verdict in PASSES}
        return {name for name in passed - {"change_class"} if now[name] not in PASSES}
