"""Standards and controls as a naive computation has them, and what a change calls for."""

from datetime import datetime, timedelta
from typing import Any

from tests.property.risk_year.naive_risks import Risks

WORST = ("not", "partly", "not_applicable", "effective")
Control = tuple[str, str | None]


class Controls(Risks):
    """Each act gives "done", "nothing", or the rule that refuses it."""

    def in_use(self, before: int | None = None) -> list[str]:
        """The systems that are registered and not retired, or were before something happened."""
        found: list[str] = []
        for each in self.of("register_system", "retire_system"):
            if before is not None and each["n"] > before:
                break
            if each["what"] == "register_system":
                found.append(each["system"])
            else:
                found.remove(each["system"])
        return sorted(found)

    def register_system(self, system: str) -> str:
        """A system is registered."""
        if self.of("register_system", system=system):
            return "nothing" if system in self.in_use() else "system_retired"
        return self.add("register_system", system=system)

    def retire_system(self, system: str) -> str:
        """A system is used no more."""
        if not self.of("register_system", system=system):
            return "not_found"
        if system not in self.in_use():
            return "system_retired"
        return self.add("retire_system", system=system)

    def register(self, standard: str, systems: tuple[str, ...], span: timedelta | None) -> str:
        """A standard is registered."""
        if not {*systems} <= {*self.in_use()}:
            return "standard_for_registered"
        due = None if span is None else self.now + span
        if self.of("register", standard=standard):
            if self.is_withdrawn(standard):
                return "standard_withdrawn"
            said = (self.scope(standard), self.looked_due(standard), self.edition(standard))
            return "nothing" if said == (systems, due, "1") else "standard_registered"
        if due is not None and due <= self.now:
            return "review_after_now"
        return self.add("register", standard=standard, systems=systems, due=due)

    def rescope(self, standard: str, systems: tuple[str, ...]) -> str:
        """The systems in a standard's scope are corrected."""
        if not self.of("register", standard=standard):
            return "not_found"
        if not {*systems} <= {*self.in_use()}:
            return "standard_for_registered"
        if self.is_withdrawn(standard):
            return "standard_withdrawn"
        if self.scope(standard) == systems:
            return "nothing"
        return self.add("rescope", standard=standard, systems=systems)

    def change(self, standard: str, edition: str, span: timedelta | None) -> str:
        """A standard says something else now."""
        if refused := self._unusable(standard):
            return refused
        if edition == self.edition(standard):
            return "nothing" if self.of("change", standard=standard) else "version_changed"
        within = timedelta(days=self.terms.reassess_within)
        by = self.now + (within if span is None else span)
        if by <= self.now:
            return "reassessed_after_now"
        return self.add(
            "change", standard=standard, edition=edition, by=by, systems=self.scope(standard)
        )

    def look_at(self, standard: str, span: timedelta | None) -> str:
        """Somebody looked whether a standard changed."""
        if refused := self._unusable(standard):
            return refused
        if span is not None and span <= timedelta(0):
            return "review_after_now"
        return self.add("look_at", standard=standard, due=None if span is None else self.now + span)

    def withdraw_standard(self, standard: str) -> str:
        """Nothing is held to it any more."""
        if not self.of("register", standard=standard):
            return "not_found"
        if self.is_withdrawn(standard):
            return "nothing"
        return self.add("withdraw_standard", standard=standard)

    def is_withdrawn(self, standard: str) -> bool:
        """Whether it was withdrawn."""
        return bool(self.of("withdraw_standard", standard=standard))

    def scope(self, standard: str) -> tuple[str, ...]:
        """The systems in its scope; none for all."""
        systems: tuple[str, ...] = self.of("register", "rescope", standard=standard)[-1]["systems"]
        return systems

    def edition(self, standard: str) -> str:
        """Its version."""
        last = self.last("change", standard=standard)
        return "1" if last is None else str(last["edition"])

    def looked_due(self, standard: str) -> datetime | None:
        """Until when somebody looks whether it changed."""
        due: datetime | None = self.of("register", "look_at", standard=standard)[-1]["due"]
        return due

    def _unusable(self, standard: str) -> str:
        if not self.of("register", standard=standard):
            return "not_found"
        return "standard_withdrawn" if self.is_withdrawn(standard) else ""

    def assess_control(
        self,
        control: str,
        system: str | None,
        effects: tuple[str, str],
        span: timedelta | None,
        is_person: bool,
    ) -> str:
        """A person assesses a control."""
        if not is_person:
            return "person_needed"
        if control not in self.terms.catalogue:
            return "invalid"
        scope, _ = self.terms.catalogue[control]
        if scope == "system" and system is None:
            return "control_of_systems"
        if scope == "organisation" and system is not None:
            return "control_of_organisation"
        if (effects[0] == "not_applicable") != (effects[1] == "not_applicable"):
            return "control_applies_or_not"
        until = None if span is None else self.now + span
        if until is not None and until <= self.now:
            return "assessed_until_later"
        if system is not None and system not in self.in_use():
            return "control_of_registered"
        self._mark_late((control, system), self.now)
        return self.add("assess_control", control=(control, system), effects=effects, until=until)

    def unheeded(self, before: int, *what: str) -> list[dict[str, Any]]:
        """What happened before, and no follower acted on: from now on one has."""
        heeded = {each["of"] for each in self.of("heeded")}
        found = [each for each in self.of(*what) if each["n"] < before and each["n"] not in heeded]
        for each in found:
            self.add("heeded", of=each["n"])
        return found

    def heed_standards(self, before: int) -> None:
        """What changes call for is called for, each once; what is retired owes nothing."""
        for each in self.unheeded(before, "change", "retire_system"):
            if each["what"] == "retire_system":
                self._retire_controls(each)
            else:
                self._call_for(each)

    def _call_for(self, change: dict[str, Any]) -> None:
        systems, said = self.called(change), {"by": change["by"], "standard": change["standard"]}
        for control, (scope, maps) in change["terms"].catalogue.items():
            if change["standard"] in maps:
                for system in systems if scope == "system" else [None]:
                    assessed = self.last("assess_control", control=(control, system))
                    if assessed is None or assessed["n"] < change["n"]:
                        self.add("call", control=(control, system), change=change["n"], **said)
        for system in systems:
            self.add("propose", key=("update", change["n"], system), system=system, cause=None)

    def _retire_controls(self, retired: dict[str, Any]) -> None:
        for control in sorted(self.controls(), key=str):
            if control[1] == retired["system"]:
                self._mark_late(control, retired["at"])
                self.add("retire_control", control=control)

    def _mark_late(self, control: Control, at: datetime) -> None:
        """What nobody assessed again in time is marked; each time once."""
        for by in {each["by"] for each in self.owed(control)}:
            if by <= at and not self.of("late", control=control, by=by):
                self.add("late", control=control, by=by)

    def mark_late_controls(self) -> None:
        """The clock looks at what is to be assessed again."""
        for control in sorted(self.controls(), key=str):
            self._mark_late(control, self.now)

    def called(self, change: dict[str, Any]) -> list[str]:
        """The systems that a change concerns."""
        all_ = self.in_use(before=change["n"])
        return [each for each in all_ if not change["systems"] or each in change["systems"]]

    def controls(self) -> set[Control]:
        """All controls that were assessed, or are to be."""
        return {each["control"] for each in self.of("assess_control", "call")}

    def owed(self, control: Control) -> list[dict[str, Any]]:
        """The re-assessments that are open."""
        ended = self.of("assess_control", "retire_control", control=control)
        since = ended[-1]["n"] if ended else -1
        return [each for each in self.of("call", control=control) if each["n"] > since]

    def control_row(self, control: Control) -> dict[str, Any]:
        """What the list of controls has of it, once the clock has looked."""
        owed, last = self.owed(control), self.last("assess_control", control=control)
        is_retired = bool(self.of("retire_control", control=control))
        if is_retired:
            status = "retired"
        elif any(each["by"] <= self.now for each in owed):
            status = "reassessment_overdue"
        elif owed:
            status = "reassessment_due"
        elif last is None:
            status = "not_assessed"
        elif last["until"] is not None and last["until"] <= self.now:
            status = "expired"
        else:
            status = min(last["effects"], key=WORST.index)
        return {
            "control": control[0],
            "system": control[1],
            "status": status,
            "design": None if last is None else last["effects"][0],
            "operating": None if last is None else last["effects"][1],
            "until": None if last is None or is_retired else last["until"],
            "owed": len(owed),
            "reassess_by": min((each["by"] for each in owed), default=None),
            "standards": ", ".join(sorted({each["standard"] for each in owed})) or None,
            "assessments": len(self.of("assess_control", control=control)),
        }

    def standard_row(self, standard: str) -> dict[str, Any]:
        """What the list of standards has of it, once the clock has looked."""
        due = self.looked_due(standard)
        status = "review_overdue" if due is not None and due <= self.now else "in_use"
        return {
            "standard": standard,
            "status": "withdrawn" if self.is_withdrawn(standard) else status,
            "version": self.edition(standard),
            "review_due": due,
            "systems": "\n".join(self.scope(standard)) or None,
            "changes": len(self.of("change", standard=standard)),
        }
