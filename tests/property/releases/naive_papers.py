"""What evidence of releases comes to, and what runs, by scanning what happened."""

from datetime import datetime, timedelta
from typing import Any

from tests.property.releases.documents import DOCUMENTS, identity
from tests.property.releases.people import Persons

RANKS = ("pass", "undecided", "fail")


class Papers(Persons):
    """Documents, and deployments."""

    longest = timedelta(days=90)

    def __init__(self, now: datetime, terms: Any) -> None:
        super().__init__(now, terms)
        self.running: list[tuple[str, str]] = []
        self.good: list[str] = []

    def proposed(self, version: str) -> bool:
        return bool(self.of("propose", version=version))

    def decided(self, version: str) -> dict[str, Any] | None:
        found = self.of("decide", version=version)
        return found[-1] if found else None

    def in_full(self) -> str | None:
        return next((version for version, mode in self.running if mode == "full"), None)

    def before(self, version: str) -> str | None:
        """What a release is compared with."""
        others = [each for each in self.good if each != version]
        return others[-1] if others else None

    def attached(self, version: str) -> list[tuple[str, str]]:
        """Requirement and document of each, in order."""
        found: list[tuple[str, str]] = []
        for each in self.of("attach", "detach", version=version):
            of = each["requirement"], each["document"]
            if of in found:
                found.remove(of)
            if each["what"] == "attach":
                found.append(of)
        return found

    def filed(self, document: str) -> dict[str, Any] | None:
        """What a document says now."""
        found: dict[str, Any] | None = None
        for each in self.of("file", "check", "withdraw", document=document):
            if each["what"] == "file":
                new = {"release": each["release"], "until": each["until"]}
                if found is None:
                    found = {"checked": False, "withdrawn": False, **new}
                else:
                    same = each["release"] in (None, found["release"])
                    found["checked"] = found["checked"] and same
                    found |= {name: value for name, value in new.items() if value is not None}
            elif found is not None and each["what"] == "check":
                found["checked"] = True
            elif found is not None:
                found["withdrawn"] = True
        return found

    def holds(self, document: str) -> bool:
        """Whether it was filed, and neither withdrawn nor has expired."""
        filed = self.filed(document)
        if filed is None or filed["withdrawn"]:
            return False
        return filed["until"] is None or self.now < filed["until"]

    def paper(
        self, version: str, requirement: str, gate: str, by: str, kinds: tuple[str, ...]
    ) -> tuple[str, str | None]:
        """The verdict on a requirement, and the document that it is by."""
        if by == "way_back" and self.before(version) is None and self.terms.first_plan:
            kinds = (*kinds, "rollback_plan")
        documents = [of for name, of in self.attached(version) if name == requirement]
        inherited = not documents and self._inherits(version)
        if inherited:
            documents = self._inherited(version, requirement)
        found = [
            (self._paper(version, each, by, inherited=inherited), each)
            for each in documents
            if DOCUMENTS[each][0] in kinds
        ]
        return min(
            found,
            key=lambda each: (RANKS.index(each[0]), identity(each[1])),
            default=("undecided", None),
        )

    def _inherits(self, version: str) -> bool:
        return bool(self.terms.classes[self.class_of(version)]["inherits"])

    def class_of(self, version: str) -> str:
        raise NotImplementedError

    def _inherited(self, version: str, requirement: str) -> list[str]:
        for of in (self.before(version), version):
            decided = None if of is None else self.decided(of)
            if decided is None or not self.of("decide", version=of, decision="go"):
                continue
            if decided["verdicts"][requirement] in ("pass", "waived", "not_applicable"):
                document = decided["papers"].get(requirement)
                return [] if document is None else [document]
        return []

    def _paper(self, version: str, document: str, by: str, *, inherited: bool) -> str:
        if not self.holds(document):
            return "undecided"
        filed = self.filed(document) or {}
        attested = self.of("attest", document=document)
        if by == "card":
            mine = inherited or filed["release"] == version
            stated = any(each["release"] == filed["release"] for each in attested)
            return "pass" if mine and filed["checked"] and stated else "undecided"
        if by == "approval":
            return self._approval(version, document, inherited=inherited)
        if any(each["at"] >= self.now - self.longest for each in attested):
            return "pass"
        hosted = any(kind == "provider_model" for kind, _ in self.artefacts_of(version))
        return "pass" if hosted and filed["until"] is not None else "undecided"

    def artefacts_of(self, version: str) -> tuple[tuple[str, str], ...]:
        raise NotImplementedError

    def _approval(self, version: str, document: str, *, inherited: bool) -> str:
        found = [
            each
            for each in self.of("approve", document=document)
            if inherited
            or version in each["versions"]
            or (not each["versions"] and each["release"] == version)
        ]
        if not found or (found[-1]["until"] is not None and found[-1]["until"] <= self.now):
            return "undecided"
        return "pass" if found[-1]["is_approved"] else "fail"

    # What runs.

    def is_go(self, version: str) -> bool:
        decided = self.decided(version)
        go = decided is not None and decided["decision"] == "go"
        return go and decided is not None and decided["artefacts"] == self.artefacts_of(version)

    def deployed(self, version: str, mode: str, *, good: bool) -> None:
        """It runs now; in full, in place of all else."""
        others = [each for each in self.running if each[0] != version]
        self.running = [*([] if mode == "full" else others), (version, mode)]
        if mode == "full":
            self.good = [each for each in self.good if each != version]
            self.good += [version] if good else []

    def ended(self, version: str) -> None:
        self.running = [each for each in self.running if each[0] != version]
