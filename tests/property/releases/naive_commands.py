"""What is expected of each command of a life: whether it has events, and what happened then."""

from datetime import timedelta
from typing import Any

from tests.property.releases.documents import DOCUMENTS, REQUIREMENTS
from tests.property.releases.naive import Naive

Step = tuple[Any, ...]


class Expected(Naive):
    """Takes steps as the ledger should."""

    def __init__(self, now: Any, terms: Any) -> None:
        super().__init__(now, terms)
        self.incident_is_open = True
        self.read_to = 0

    def take(self, step: Step) -> bool:
        """Lets a step happen if it should; whether it should."""
        done: bool = getattr(self, f"on_{step[0]}")(*step[1:])
        return done

    def on_wait(self, span: timedelta) -> bool:
        self.now += span
        return True

    def on_propose(
        self, version: str, change_class: str, artefacts: Any, authors: tuple[str, ...]
    ) -> bool:
        if self.proposed(version) or (change_class == "emergency" and not self.incident_is_open):
            return False
        full = self.in_full()
        self.add(
            "propose",
            version=version,
            change_class=change_class,
            artefacts=artefacts,
            authors=authors,
            replaces=full if full != version else None,
        )
        return True

    def on_amend(self, version: str, field: str, value: Any) -> bool:
        if not self.proposed(version):
            return False
        was = {
            "artefacts": self.artefacts_of,
            "change_class": self.class_of,
            "authors": self.authors_of,
        }[field](version)
        urgent = self.of("propose", version=version)[0]["change_class"] == "emergency"
        if was == value or (value == "emergency" and not urgent):
            return False
        self.add("amend", version=version, **{field: value})
        return True

    def on_file(self, document: str, release: str, span: timedelta | None) -> bool:
        of = None if DOCUMENTS[document][1] is None else release
        until = None if span is None else self.now + span
        filed = self.filed(document)
        if filed is not None:
            same = of in (None, filed["release"]) and until in (None, filed["until"])
            if same or filed["withdrawn"]:
                return False
        self.add("file", document=document, release=of, until=until)
        return True

    def on_follow(self) -> bool:
        """Cards that were filed since it was done last are checked; nobody can read them."""
        new = self.happened[self.read_to :]
        for each in {each["document"]: None for each in new if each["what"] == "file"}:
            filed = self.filed(each)
            if each.startswith(("model_card", "system_card")) and filed and not filed["withdrawn"]:
                self.add("check", document=each)
        self.read_to = len(self.happened)
        return True

    def on_approve(
        self, document: str, is_approved: bool, versions: tuple[str, ...], span: timedelta | None
    ) -> bool:
        if not self.holds(document):
            return False
        self.add(
            "approve",
            document=document,
            is_approved=is_approved,
            versions=versions,
            until=None if span is None else self.now + span,
            release=(self.filed(document) or {})["release"],
        )
        return True

    def on_attest(self, document: str) -> bool:
        if not self.holds(document):
            return False
        self.add("attest", document=document, release=(self.filed(document) or {})["release"])
        return True

    def on_withdraw(self, document: str) -> bool:
        filed = self.filed(document)
        if filed is None or filed["withdrawn"]:
            return False
        self.add("withdraw", document=document)
        return True

    def on_attach(self, version: str, document: str) -> bool:
        kind, system = DOCUMENTS[document]
        of = REQUIREMENTS[kind], document
        if not self.proposed(version) or self.filed(document) is None or system == "search":
            return False
        if kind == "rollback_plan" and not self.terms.first_plan:
            return False
        if of in self.attached(version):
            return False
        self.add("attach", version=version, requirement=of[0], document=document)
        return True

    def on_detach(self, version: str, document: str) -> bool:
        of = REQUIREMENTS[DOCUMENTS[document][0]], document
        if of not in self.attached(version):
            return False
        self.add("detach", version=version, requirement=of[0], document=document)
        return True

    def on_measure(self, version: str, metric: str, said: dict[str, Any]) -> bool:
        known = {name: said[name] for name in ("value", "n", "has_unit", "opposite", "segment")}
        self.add(
            "measure",
            id=len(self.of("measure")),
            version=version,
            metric=metric,
            until=self.now - said["ago"],
            **known,
        )
        return True

    def on_again(self, number: int) -> bool:
        return False

    def on_retract(self, number: int) -> bool:
        count = len(self.of("measure"))
        of = count - 1 - number % count if count else 0
        if not count or self.of("retract", id=of):
            return False
        self.add("retract", id=of)
        return True

    def on_waive(
        self, version: str, requirement: str, person: str, role: str, span: timedelta | None
    ) -> bool:
        """Without a span it is said not to apply."""
        if not self.proposed(version) or role not in self.roles(person):
            return False
        if not self.counts_as(person, role).isdisjoint(self.authors_of(version)):
            return False
        said: dict[str, Any] = {"version": version, "requirement": requirement, "role": role}
        if span is None:
            self.add("exclude", **said)
            return True
        if not self.waivable(requirement) or span <= timedelta(0):
            return False
        self.add("waive", **said, until=self.now + span)
        return True

    def on_sign(self, version: str, person: str, role: str) -> bool:
        return self.sign(version, person, role)

    def on_unsign(self, version: str, person: str, role: str) -> bool:
        return self.unsign(version, person, role)

    def on_decide(self, version: str, decision: str) -> bool:
        return self.decide(version, decision)

    def on_deploy(self, version: str, mode: str, is_wrong: bool) -> bool:
        why, before = self._why_not(version, is_wrong=is_wrong), self.of("deploy", version=version)
        if dict(self.running).get(version) == mode and before[-1]["why"] == why:
            return False
        self.add("deploy", version=version, why=why)
        self.deployed(version, mode, good=why is None and self.is_go(version))
        return True

    def _why_not(self, version: str, *, is_wrong: bool) -> str | None:
        decided = self.decided(version)
        same = decided is not None and decided["artefacts"] == self.artefacts_of(version)
        if not self.proposed(version):
            return "unproposed"
        if self.was_taken_back(version):
            return "taken back"
        if is_wrong:
            return "digest"
        if self.is_go(version):
            return None
        if same:
            return "no go"
        if self.class_of(version) == "emergency":
            return None if self.incident_is_open else "incident"
        return "undecided" if decided is None else "changed"

    def knows(self, version: str) -> bool:
        """Whether anything is on record of a release."""
        return bool(self.of("propose", "deploy", "roll_back", version=version))

    def on_undeploy(self, version: str) -> bool:
        if version not in dict(self.running):
            return False
        self.add("undeploy", version=version)
        self.ended(version)
        return True

    def on_roll_back(self, version: str, to: str | None) -> bool:
        last = self.of("deploy", "roll_back", version=version)
        is_back = bool(last) and last[-1]["what"] == "roll_back"
        if not self.knows(version) or is_back or to == version:
            return False
        ran_in_full = dict(self.running).get(version) == "full"
        others = [each for each in self.good if each != version]
        target = to or (others[-1] if others else None)
        self.add("roll_back", version=version)
        self.ended(version)
        self.good = others
        if target is not None and ran_in_full:
            decided = self.decided(target)
            go = decided is not None and decided["decision"] == "go"
            may = go and not self.was_taken_back(target)
            self.add("deploy", version=target, why=None if may else "gone back to")
            self.deployed(target, "full", good=may)
        return True

    def on_adopt(self, terms: Any) -> bool:
        done = terms != self.terms
        self.terms = terms
        return bool(done)

    def on_join(self, ids: tuple[str, str]) -> bool:
        return self.join(ids)

    def on_close_incident(self) -> bool:
        done, self.incident_is_open = self.incident_is_open, False
        return done

    def on_restart(self, host: int) -> bool:
        return True
