"""Improvements as a naive computation has them: what refuses an act, and where each stands."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.property.risk_year.naive_controls import Controls
from tests.property.risk_year.people import GL, PO, RM

Key = tuple[Any, ...]
METRIC, TARGET = "harmful output rate", 0.5
DOCUMENTS: dict[str, dict[str, Any]] = {
    "good": {"kind": "tra", "system": None, "approved_for": timedelta(days=60)},
    "plain": {"kind": "tra", "system": None, "approved_for": None},
    "chat": {"kind": "tra", "system": "chat", "approved_for": timedelta(days=3_000)},
    "other": {"kind": "dpia", "system": None, "approved_for": timedelta(days=3_000)},
}
"""What is on file: for how long each was approved when the year began; None, nobody did."""
COLUMNS = {
    "proposed": "plan",
    "accepted": "do",
    "done": "check",
    "effective": "act",
    "not_effective": "act",
    "acted": "act",
}
ACTS = (
    "propose", "take_up", "reject", "reschedule", "do", "check", "act_on", "do_again", "recur",
    "end",
)  # fmt: skip
"""What may happen to one."""


class Improvements(Controls):
    """Each act gives "done", "nothing", or the rule that refuses it."""

    def existing(self) -> list[Key]:
        """Which there are, as they came to be."""
        return [each["key"] for each in self.of("propose")]

    def key(self, number: int) -> Key | None:
        """The one of a number, counted round; None where there is none."""
        keys = self.existing()
        return keys[number % len(keys)] if keys else None

    def stands(self, key: Key) -> dict[str, Any]:
        """Where one stands, by all that happened to it."""
        found: dict[str, Any] = {"status": "", "recurrences": [], "updates": [], "closed_at": None}
        for each in self.of(*ACTS, key=key):
            found |= _after(each, found)
        return found

    def suggest(self, number: int, system: str | None, cause: str, names_it: bool) -> str:
        """Somebody proposes one."""
        if cause != "person" and not names_it:
            return "cause_named"
        return self.add("propose", key=("own", number), system=system or "", cause=None)

    def strike(self, group: str) -> str:
        """The alerts of a group open an incident, which is dismissed."""
        return self.add("strike", group=group)

    def strikes(self, group: str) -> list[dict[str, Any]]:
        """The incidents of a group."""
        return self.of("strike", group=group)

    def analyse(self, actions: int, group: str | None) -> str:
        """The root cause analysis of an incident is complete, with so many actions."""
        if group is not None:
            self.strike(group)
        return self.add("analyse", actions=actions, group=group)

    def measure(self, system: str, value: float) -> str:
        """A metric is measured."""
        return self.add("measure", system=system, value=value)

    def retract(self, number: int) -> str:
        """A measurement was wrong."""
        measured = self.of("measure")
        if not measured:
            return "nothing"
        of = measured[number % len(measured)]["n"]
        return "nothing" if self.of("retract", of=of) else self.add("retract", of=of)

    def take_up(self, key: Key, owner: str, span: timedelta, criterion: dict[str, Any]) -> str:
        """One is accepted, with a criterion."""
        group = None
        if criterion.get("half"):
            return "invalid"
        if criterion.get("kind") == "no_recurrence":
            group = self._group(key, criterion.get("incident"))
            if group is None:
                return "nothing_to_recur"
        before, due = self.stands(key), self.now + span
        days = criterion.get("days")
        if days is None and group is not None:
            days = self.terms.no_recurrence
        said = {"owner": owner, "due": due, "criterion": (criterion.get("kind"), group, days)}
        if before["status"] == "accepted" and all(
            before[name] == is_ for name, is_ in said.items()
        ):
            return "nothing"
        if before["status"] != "proposed":
            return "improvement_decided"
        return "due_after_now" if due <= self.now else self.add("take_up", key=key, **said)

    def _group(self, key: Key, named: tuple[str, int] | None) -> str | None:
        """The group that is to open no incident any more."""
        if named is not None:
            return named[0] if self.strikes(named[0]) else None
        cause = self.of("propose", key=key)[0]["cause"]
        return None if cause is None else self.happened[cause]["group"]

    def reject(self, key: Key) -> str:
        """One will not be done."""
        status = self.stands(key)["status"]
        if status == "rejected":
            return "nothing"
        return "improvement_decided" if status != "proposed" else self.add("reject", key=key)

    def reschedule(self, key: Key, span: timedelta) -> str:
        """One will be done by another time."""
        before, due = self.stands(key), self.now + span
        if before["status"] != "accepted":
            return "nothing_due"
        if due == before["due"]:
            return "nothing"
        return "due_after_now" if due <= self.now else self.add("reschedule", key=key, due=due)

    def do(self, key: Key, what: str, person: str) -> str:
        """One was done."""
        before = self.stands(key)
        if before["status"] == "done" and before["what_done"] == what:
            return "nothing"
        if before["status"] != "accepted":
            return "done_before_accepted"
        system = self._system(key)
        by = self.counts_as(person, system, (PO, GL))
        days = before["criterion"][2]
        until = None if days is None else self.now + timedelta(days=days)
        return self.add("do", key=key, what_done=what, by=by | {person}, check_by=until)

    def _system(self, key: Key) -> str | None:
        system: str = self.of("propose", key=key)[0]["system"]
        return system or None

    def check(self, key: Key, person: str, result: str, by: dict[str, Any]) -> str:
        """Somebody says whether one had its effect."""
        before = self.stands(key)
        newest = before.get("checked")
        if newest == (person, result) and not before["recurred"]:
            return "nothing"
        late = result == "not_effective" and before["status"] in ("effective", "acted")
        if before["status"] != "done" and not late:
            return "check_before_done"
        counted = self.counts_as(person, self._system(key), (RM, GL)) | {person}
        if before["owner"] in counted or before["by"] & counted:
            return "own_check"
        if result == "effective" and (why := self._not_shown(key, before, by)):
            return why
        return self.add("check", key=key, person=person, result=result)

    def _not_shown(self, key: Key, before: dict[str, Any], by: dict[str, Any]) -> str:
        """The rule by which nobody may call it effective."""
        kind = before["criterion"][0]
        if kind == "no_recurrence":
            return "too_early_to_tell"
        if kind == "evidence":
            shown = any(self._shows(each, key) for each in by.get("evidence", ()))
            return "" if shown else "evidence_does_not_show_it"
        if kind == "metric":
            shown = self._meets(by.get("measurement"), key, before)
            return "" if shown else "measurement_does_not_show_it"
        return ""

    def _shows(self, document: str, key: Key) -> bool:
        of = DOCUMENTS[document]
        about = self._system(key) is None or of["system"] in (None, self._system(key))
        began: datetime = self.happened[0]["at"]
        holds = of["approved_for"] is not None and self.now < began + of["approved_for"]
        return of["kind"] == "tra" and about and holds

    def _meets(self, number: int | None, key: Key, before: dict[str, Any]) -> bool:
        measured = self.of("measure")
        if number is None or not measured:
            return False
        of = measured[number % len(measured)]
        about = self._system(key) in (None, of["system"])
        later = of["at"] > before["done_at"]
        return about and later and of["value"] < TARGET and not self.of("retract", of=of["n"])

    def act_on(self, key: Key, what: str, adopted: bool) -> str:
        """What was learnt becomes how the organisation works."""
        before = self.stands(key)
        if before["status"] not in ("effective", "acted"):
            return "act_before_effective"
        if what == "policy" and not adopted:
            return "policy_not_adopted"
        update = (what, adopted)
        if before["status"] == "acted" and update in before["updates"]:
            return "nothing"
        return self.add("act_on", key=key, new=[update])

    def do_again(self, key: Key, span: timedelta) -> str:
        """What had no effect is done again."""
        if self.stands(key)["status"] != "not_effective":
            return "reopen_before_not_effective"
        due = self.now + span
        return "due_after_now" if due <= self.now else self.add("do_again", key=key, due=due)

    def recur(self, key: Key, incident: tuple[str, int]) -> str:
        """Somebody says that what one was to prevent happened again."""
        strikes, before = self.strikes(incident[0]), self.stands(key)
        if not strikes:
            return "not_found"
        of = strikes[incident[1] % len(strikes)]["n"]
        if of in before["recurrences"]:
            return "nothing"
        if before.get("done_at") is None or before["status"] in ("accepted", "rejected"):
            return "recur_before_done"
        return self.add("recur", key=key, of=of)

    def end(self, key: Key, has_reason: bool) -> str:
        """Nothing more is to be done."""
        status = self.stands(key)["status"]
        if status == "closed":
            return "nothing"
        if status not in ("acted", "not_effective", "accepted"):
            return "close_before_acted"
        if status != "acted" and not has_reason:
            return "close_needs_reason"
        return self.add("end", key=key)

    def heed_findings(self, before: int) -> None:
        """Actions become improvements, and what happened again is known, each once."""
        for each in self.unheeded(before, "strike", "analyse"):
            if each["what"] == "strike":
                for key in self._watching(each):
                    self.add("recur", key=key, of=each["n"])
            elif each["terms"].from_actions:
                for place in range(each["actions"]):
                    key = ("action", each["n"], place)
                    self.add("propose", key=key, system="chat", cause=each["n"])

    def _watching(self, strike: dict[str, Any]) -> Iterator[Key]:
        """Those that watched the group when an incident of it was opened, and still are so done."""
        for key in self.existing():
            then = [each for each in self.of("do", key=key) if each["n"] < strike["n"]]
            found = self.stands(key)
            if not then or found["criterion"][:2] != ("no_recurrence", strike["group"]):
                continue
            since, until = then[-1]["at"], then[-1]["check_by"]
            same = found["status"] != "accepted" and found["done_at"] == since
            if since < strike["at"] < until and same and strike["n"] not in found["recurrences"]:
                yield key

    def tick(self) -> None:
        """The clock looks at what is to be assessed, and what is not to happen again."""
        self.mark_late_controls()
        for key in self.existing():
            found = self.stands(key)
            if found["status"] != "done" or found["criterion"][0] != "no_recurrence":
                continue
            if self.now < found["check_by"]:
                continue
            again = [
                each["n"]
                for each in self.strikes(found["criterion"][1])
                if found["done_at"] < each["at"] < found["check_by"]
                and each["n"] not in found["recurrences"]
            ]
            for of in again:
                self.add("recur", key=key, of=of)
            if not again:
                self.add("check", key=key, person=None, result="effective")

    def improvement_row(self, key: Key) -> dict[str, Any]:
        """What the list has of one, once the clock has looked."""
        found = self.stands(key)
        status, due = found["status"], found.get("due")
        checked = found.get("checked")
        return {
            "system": self._system(key) or "",
            "status": status,
            "column": COLUMNS.get(status),
            "owner": f"person/{found['owner']}" if "owner" in found else None,
            "due": due,
            "overdue": status == "accepted" and due is not None and due <= self.now,
            "done_at": found.get("done_at"),
            "check_by": found.get("check_by"),
            "checked": None if checked is None else checked[1],
            "recurrences": len(found["recurrences"]),
            "updates": len(found["updates"]),
            "closed_at": found["closed_at"],
        }


def _after(act: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What an act changes of where one stands."""
    match act["what"]:
        case "propose":
            return {"status": "proposed"}
        case "take_up":
            said = {name: act[name] for name in ("owner", "due", "criterion")}
            return {"status": "accepted", "recurred": False, **said}
        case "reject":
            return {"status": "rejected"}
        case "reschedule":
            return {"due": act["due"]}
        case "do":
            said = {name: act[name] for name in ("what_done", "by", "check_by")}
            return {
                "checked": None,
                "recurred": False,
                "status": "done",
                "done_at": act["at"],
                **said,
            }
        case "check":
            status = found["status"] if act["result"] == "inconclusive" else act["result"]
            return {"status": status, "checked": (act["person"], act["result"])}
        case "act_on":
            return {"status": "acted", "updates": found["updates"] + act["new"]}
        case "do_again":
            nothing = dict.fromkeys(("done_at", "check_by", "checked", "what_done"))
            again: dict[str, Any] = {"due": act["due"], "by": frozenset(), "recurred": False}
            return {"status": "accepted", "closed_at": None, **nothing, **again}
        case "recur":
            recurrences = [*found["recurrences"], act["of"]]
            recurred = {"recurrences": recurrences, "recurred": True, "closed_at": None}
            return {"status": "not_effective", **recurred}
        case _:
            return {"status": "closed", "closed_at": act["at"]}
