"""Risks as a naive computation has them: what refuses an act, and where each stands."""

from datetime import datetime, timedelta
from typing import Any

from tests.property.risk_year.people import GL, PO, RM, Persons

LEVELS = ("inherent", "current", "residual")
ASKING = "Please."
PLAN = "A plan."
LINKS = ("incident", "improvement", "control", "system")


class Risks(Persons):
    """The register. Each act gives "done", "nothing", or the rule that refuses it."""

    def has_risk(self, risk: str) -> bool:
        """Whether it was identified."""
        return bool(self.of("identify", risk=risk))

    def is_open(self, risk: str) -> bool:
        """Whether it is on the register, and was not closed."""
        last = self.last("identify", "close", "reopen", risk=risk)
        return last is not None and last["what"] != "close"

    def identified(self, risk: str) -> dict[str, Any]:
        """What it was identified as, with its corrections."""
        found = dict(self.of("identify", risk=risk)[0])
        for each in self.of("amend", risk=risk):
            found |= each["changed"]
        return found

    def current(self, risk: str, level: str = "current") -> dict[str, Any] | None:
        """The newest assessment of a level."""
        return self.last("assess", risk=risk, level=level)

    def identify(
        self, risk: str, category: str, system: str | None, owner: str, span: timedelta | None
    ) -> str:
        """A risk is put on the register."""
        if category not in self.terms.risks.categories:
            return "unknown_label"
        if refused := self._review_refused(span, self.terms.review_days(None)):
            return refused
        due = self.now + (span or self.terms.review_days(None))
        said = {"category": category, "system": system, "owner": owner}
        return self.add("identify", risk=risk, due=due, **said)

    def amend(self, risk: str, owner: str | None, category: str | None) -> str:
        """What is on record of it is corrected."""
        if refused := self._gone(risk):
            return refused
        if category is not None and category not in self.terms.risks.categories:
            return "unknown_label"
        before = self.identified(risk)
        given = {"owner": owner, "category": category}
        changed = {name: said for name, said in given.items() if said not in (None, before[name])}
        return self.add("amend", risk=risk, changed=changed) if changed else "nothing"

    def assess(self, risk: str, level: str, likelihood: str, impact: str, person: str) -> str:
        """Somebody assesses it."""
        if refused := self._gone(risk):
            return refused
        band = self.terms.band_of(likelihood, impact)
        if band is None:
            return "unknown_label"
        said = {
            "likelihood": likelihood,
            "impact": impact,
            "person": person,
            "scale": self.terms.scale,
        }
        before = self.current(risk, level)
        if before is not None and all(before[name] == is_ for name, is_ in said.items()):
            return "nothing"
        due, every = self.review_due(risk), self.terms.review_days(band)
        moves = level == "current" and due is not None and due > self.now
        return self.add(
            "assess",
            risk=risk,
            level=level,
            **said,
            band=band,
            score=self.terms.score_of(likelihood, impact),
            tolerated=self.terms.tolerates(band),
            due=self.now + every if moves else None,
        )

    def treat(self, risk: str, treatment: str, span: timedelta | None, person: str) -> str:
        """Somebody chooses what is done about it."""
        if refused := self._gone(risk):
            return refused
        due = None if span is None else self.now + span
        said = {"treatment": treatment, "due": due, "person": person}
        before = None if self.completed(risk) else self.treatment(risk)
        waits = treatment != "accept" or self.acceptance(risk) in ("requested", "holds")
        if waits and before is not None and all(before[name] == of for name, of in said.items()):
            return "nothing"
        if treatment == "accept":
            if due is not None and due <= self.now:
                return "acceptance_ended_already"
        elif due is None:
            return "invalid"
        elif due <= self.now:
            return "due_after_now"
        asking = self.counts_as(person, self.identified(risk)["system"])
        return self.add("treat", risk=risk, asking=asking, **said)

    def treatment(self, risk: str) -> dict[str, Any] | None:
        """The newest that was chosen since it was reopened."""
        last = self.last("treat", "reopen", risk=risk)
        return last if last is not None and last["what"] == "treat" else None

    def completed(self, risk: str) -> dict[str, Any] | None:
        """The record that the newest is done."""
        treatment, done = self.treatment(risk), self.last("complete", risk=risk)
        return done if treatment and done and done["n"] > treatment["n"] else None

    def complete(self, risk: str) -> str:
        """The treatment is done."""
        if refused := self._gone(risk):
            return refused
        treatment = self.treatment(risk)
        if treatment is None or treatment["treatment"] == "accept":
            return "no_treatment"
        return "nothing" if self.completed(risk) else self.add("complete", risk=risk)

    def request(self, risk: str, person: str, span: timedelta | None) -> str:
        """Somebody asks that it be accepted."""
        if refused := self._gone(risk):
            return refused
        until = None if span is None else self.now + span
        if until is not None and until <= self.now:
            return "acceptance_ended_already"
        asked = self.asked(risk) or {}
        if asked.get("what") == "request" and (asked["person"], asked["until"]) == (person, until):
            return "nothing"
        asking = self.counts_as(person, self.identified(risk)["system"])
        return self.add("request", risk=risk, person=person, until=until, asking=asking)

    def asked_all(self, risk: str) -> list[dict[str, Any]]:
        """Each time that somebody asked since the last time that it came to something."""
        found: list[dict[str, Any]] = []
        ends = ("accept", "withdraw", "close", "reopen", "assess")
        for each in self.of("request", "treat", *ends, risk=risk):
            if each.get("level", "current") != "current":
                continue
            by_treatment = all(one["what"] == "treat" for one in found)
            if each["what"] == "request" or each.get("treatment") == "accept":
                found.append(each)
            elif each["what"] != "treat" or by_treatment:
                found = []
        return found

    def _askers(self, risk: str) -> set[str]:
        """Everybody who asked, and who owned it at that time or since."""
        found: set[str] = set()
        asked = self.asked_all(risk)
        for each in asked:
            found |= {each["person"], *each["asking"]}
        owner = self.of("identify", risk=risk)[0]["owner"]
        for each in self.of("amend", risk=risk):
            if each["n"] > asked[0]["n"]:
                found.add(owner)
            owner = each["changed"].get("owner", owner)
        return found | {owner}

    def asked(self, risk: str) -> dict[str, Any] | None:
        """What is asked for: the last time counts."""
        found = self.asked_all(risk)
        return found[-1] if found else None

    def asked_until(self, risk: str) -> datetime | None:
        """Until when it is asked for."""
        asked = self.asked(risk)
        if asked is None:
            return None
        until: datetime | None = asked["until" if asked["what"] == "request" else "due"]
        return until

    def accept(
        self, risk: str, person: str, span: timedelta | None, role: str | None, is_person: bool
    ) -> str:
        """Somebody accepts it."""
        if not self.has_risk(risk):
            return "not_found"
        if not is_person:
            return "person_needed"
        if refused := self._gone(risk):
            return refused
        until = None if span is None else self.now + span
        if self.given(risk) == "holds":
            return self._accepted_already(risk, person, until, role)
        assessed = self.current(risk)
        if assessed is None:
            return "risk_not_assessed"
        band = self.terms.band_of(assessed["likelihood"], assessed["impact"])
        if band is None or band != assessed["band"]:
            return "assessment_outdated"
        if role is not None and role not in (PO, RM, GL):
            return "invalid"
        system = self.identified(risk)["system"]
        held = [each for each in self.terms.may_accept(band) if each in self.holds(person, system)]
        held = [each for each in held if role in (None, each)]
        if not held:
            return "above_authority"
        own = [each for each in held if each in self.own(person, system)]
        as_ = (own or held)[0]
        persons = self.counts_as(person, system) | self.counts_as(person, system, [as_])
        if self.identified(risk)["owner"] in persons:
            return "own_acceptance"
        if not self.asked_all(risk):
            return "acceptance_not_requested"
        if self._askers(risk) & persons:
            return "own_acceptance"
        longest = self.now + self.terms.accepted_days(band)
        if until is not None and until <= self.now:
            return "acceptance_ended_already"
        if until is not None and until > longest:
            return "accepted_too_long"
        if until is None:
            wanted = self.asked_until(risk)
            until = wanted if wanted is not None and self.now < wanted < longest else longest
        return self.add("accept", risk=risk, person=person, until=until, band=band, roles=held)

    def _accepted_already(
        self, risk: str, person: str, until: datetime | None, role: str | None
    ) -> str:
        given = self.last("accept", risk=risk)
        if given is None or given["person"] != person or until not in (None, given["until"]):
            return "accepted_already"
        if role is None or [role] == given["roles"]:
            return "nothing"
        return "accepted_already" if role not in given["roles"] else "nothing or accepted_already"

    def given(self, risk: str) -> str:
        """What the newest acceptance comes to, whatever is asked for since."""
        given = self.last("accept", "close", risk=risk)
        if given is None or given["what"] == "close":
            return "none"
        for each in self.of("withdraw", "assess", risk=risk):
            if each["n"] < given["n"] or each.get("level", "current") != "current":
                continue
            if each["at"] < given["until"]:
                return {"withdraw": "withdrawn", "assess": "stale"}[each["what"]]
        return "holds" if self.now < given["until"] else "expired"

    def acceptance(self, risk: str) -> str:
        """Where its acceptance stands."""
        given = self.given(risk)
        return "requested" if self.asked_all(risk) and given != "holds" else given

    def withdraw(self, risk: str) -> str:
        """An acceptance, or what is asked for, is taken back."""
        if refused := self._gone(risk):
            return refused
        stands = self.acceptance(risk)
        if stands == "withdrawn":
            return "nothing"
        return (
            self.add("withdraw", risk=risk)
            if stands in ("holds", "requested")
            else "acceptance_none"
        )

    def review(self, risk: str, span: timedelta | None) -> str:
        """It was reviewed."""
        if refused := self._gone(risk):
            return refused
        assessed = self.current(risk)
        every = self.terms.review_days(None if assessed is None else assessed["band"])
        if refused := self._review_refused(span, every):
            return refused
        return self.add("review", risk=risk, due=self.now + (span or every))

    def _review_refused(self, span: timedelta | None, every: timedelta) -> str:
        if span is None:
            return ""
        if span <= timedelta(0):
            return "review_after_now"
        return "review_too_late" if span > every else ""

    def review_due(self, risk: str) -> datetime | None:
        """Until when it is to be reviewed."""
        due: datetime | None = None
        for each in self.of("identify", "assess", "review", "close", "reopen", risk=risk):
            due = each["due"] or (due if each["what"] == "assess" else None)
        return due

    def close(self, risk: str) -> str:
        """It is a risk no more."""
        if not self.has_risk(risk):
            return "not_found"
        return self.add("close", risk=risk, due=None) if self.is_open(risk) else "nothing"

    def reopen(self, risk: str) -> str:
        """It is a risk again."""
        if not self.has_risk(risk):
            return "not_found"
        if self.is_open(risk):
            return "nothing"
        assessed = self.current(risk)
        every = self.terms.review_days(None if assessed is None else assessed["band"])
        return self.add("reopen", risk=risk, due=self.now + every)

    def link(self, risk: str, kind: str, target: str, system: str | None) -> str:
        """It is linked with something."""
        if not self.has_risk(risk):
            return "not_found"
        own = self.identified(risk)["system"]
        if kind == "control":
            if target not in self.terms.catalogue:
                return "unknown_label"
            if self.terms.catalogue[target][0] == "system":
                system = system or own
            elif system is not None:
                return "control_of_organisation"
        if kind == "system" and target == own:
            return "nothing"
        if refused := self._gone(risk):
            return refused
        if (kind, target, system) in self.links(risk):
            return "nothing"
        return self.add("link", risk=risk, of=(kind, target, system))

    def unlink(self, risk: str, kind: str, target: str, system: str | None) -> str:
        """A link is removed."""
        if refused := self._gone(risk):
            return refused
        links = self.links(risk)
        own = self.identified(risk)["system"]
        named = [(kind, target, system)]
        if kind == "control" and system is None:
            named.append((kind, target, own))
        for of in named:
            if of in links:
                return self.add("unlink", risk=risk, of=of)
        return "nothing"

    def links(self, risk: str) -> list[tuple[str, str, str | None]]:
        """What it is linked with."""
        found: list[tuple[str, str, str | None]] = []
        for each in self.of("link", "unlink", risk=risk):
            if each["what"] == "link":
                found.append(each["of"])
            else:
                found.remove(each["of"])
        return found

    def _gone(self, risk: str) -> str:
        if not self.has_risk(risk):
            return "not_found"
        return "" if self.is_open(risk) else "risk_closed"

    def risk_row(self, risk: str) -> dict[str, Any]:
        """What the register has of it, once the clock has looked."""
        said = self.identified(risk)
        row: dict[str, Any] = {name: said[name] for name in ("category", "system")}
        row["owner"] = f"person/{said['owner']}"
        row["status"] = "open" if self.is_open(risk) else "closed"
        for level in LEVELS:
            of = self.current(risk, level) or {}
            for name in ("likelihood", "impact", "score", "band"):
                row[f"{level}_{name}"] = of.get(name)
        current = self.current(risk)
        row["tolerated"] = {None: "unknown", True: "yes", False: "no"}[
            None if current is None else current["tolerated"]
        ]
        row |= self._treatment_row(risk)
        row["acceptance"], row["given"] = self.acceptance(risk), self.given(risk)
        given = self.last("accept", risk=risk) if row["given"] != "none" else None
        row["accepted_until"] = None if given is None else given["until"]
        row["accepted_by"] = None if given is None else f"person/{given['person']}"
        row["accepted_band"] = None if given is None else given["band"]
        row["asked_until"] = self.asked_until(risk)
        due = self.review_due(risk)
        row["review_due"], row["review_overdue"] = due, due is not None and due <= self.now
        for kind in LINKS:
            row[f"{kind}s"] = sum(of[0] == kind for of in self.links(risk))
        return row

    def _treatment_row(self, risk: str) -> dict[str, Any]:
        treatment, done = self.treatment(risk), self.completed(risk)
        row: dict[str, Any] = dict.fromkeys(("treatment", "treatment_due", "treatment_done_at"))
        row["treatment_overdue"] = False
        if treatment is None:
            return row
        due = None if treatment["treatment"] == "accept" else treatment["due"]
        row |= {"treatment": treatment["treatment"], "treatment_due": due}
        row["treatment_done_at"] = None if done is None else done["at"]
        late = due is not None and done is None and due <= self.now
        row["treatment_overdue"] = late and self.is_open(risk)
        return row
