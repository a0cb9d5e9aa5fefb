"""A value for each field of a command, and what each reader shows of it.

No other field has the same value, where its type has so many.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from consumers.commands.fields import CommandField, FieldKind
from ledger.domain.command import Vocabulary
from ledger.policy.times import time_text
from ledger.vocabulary import RcaMark
from tests.e2e.word_streams import STEP, World, evidence, opened, registered, standard

HOSTILE = "<script>alert('{word}')</script> {word} \x1b[31m\u202e & “é”"
ADDED: Mapping[str, str] = {"waive": "playbook", "step": STEP}
"""Commands that name a step, and the step that they name here."""

WORDS: Mapping[str, tuple[str, str]] = {
    "deployments": ("batch", "Batch"),
    "model_kinds": ("fine_tuned", "Fine-tuned"),
}
"""A word of the vocabulary of a field that takes several, and its label."""


class Filled(NamedTuple):
    """A value for a field; each reader has to show one of the `shown` texts."""

    value: Any
    shown: Sequence[str]


def tomorrow() -> Filled:
    """The time in a day, as readers show it: whole, to the minute or to the second."""
    at = time_text(datetime.now(UTC) + timedelta(days=1))
    return Filled(at, [at, at[:16].replace("T", " "), at[:19].replace("T", " ")])


FILED: Mapping[str, Filled] = {
    "digest": Filled("ab" * 32, ["ab" * 32]),
    "media_type": Filled("application/x-word", ["application/x-word"]),
    "size": Filled(48213, ["48213"]),
    "values": Filled(7812, ["7812"]),
}
"""The fields of evidence that take no text."""
MEASURED: Mapping[str, Filled] = {
    "value": Filled(47.125, ["47.125"]),
    "n": Filled(48213, ["48213"]),
    "unit": Filled("min", ["min"]),
    "evidence": Filled("ab" * 32, ["ab" * 32]),
    "mapping": Filled("cd" * 32, ["cd" * 32]),
    "since": Filled("2026-03-10T08:00:00Z", ["2026-03-10T08:00:00Z", "2026-03-10 08:00"]),
}
"""The fields of a measurement that take no text of one's own."""


REQUIREMENTS = {"waive": "fairness", "exclude": "robustness"}
"""The requirement of a command; evidence of these tests is for that of the DPIA."""


def of_release(world: World, command: str, field: CommandField) -> Filled | None:
    """The same of a release's command."""
    word = f"{field.name}-{uuid4().hex[:12]}"
    requirement = REQUIREMENTS.get(command, "impact_approved")
    artefact = f"code:app@sha256:{uuid4().hex * 2}"
    match command, field.name:
        case (_, "digest") if command != "deploy":
            return None  # that of what is signed
        case ("deploy", "system" | "version" | "environment") | ("propose", "incident"):
            return None  # of what was not proposed, and of an emergency
        case (_, "version" | "environment" | "to"):
            return Filled(word, [word])
        case (_, "digest"):
            return Filled("ab" * 32, ["ab" * 32])
        case (_, "change_class"):
            return Filled("major", ["major", "Major"])
        case (_, "artefacts"):
            return Filled([artefact], [artefact, artefact[-64:]])
        case (_, "authors"):
            return Filled([f"{word}-1", f"{word}-2"], [f"{word}-2"])
        case (_, "requirement"):
            return Filled(requirement, [requirement])
        case (_, "role"):
            return Filled("product_owner", ["product_owner", "Product Owner"])
        case (_, "traffic"):
            return Filled(12.5, ["12.5"])
        case (_, "until" | "due"):
            return tomorrow()
        case _:
            return filled(world, command, field)


BY_METRIC: Mapping[str, Filled | None] = {
    "no_recurrence": None,
    "incident": None,
    "success_evidence": None,
    "success_metric": Filled("p95", ["p95"]),
    "target": Filled(47.125, ["47.125"]),
    "unit": Filled("s", ["s"]),
    "within_days": Filled(37, ["37 days"]),
}
"""An improvement is accepted by one criterion."""


def of_improvement(world: World, command: str, field: CommandField) -> Filled | None:
    """The same of an improvement's command."""
    if command == "accept" and field.name in BY_METRIC:
        return BY_METRIC[field.name]
    if field.kind is FieldKind.TIME:
        return tomorrow()
    if field.name == "updates":
        word = f"course-{uuid4().hex[:12]}"
        return Filled([f"training:{word}"], [word])
    if field.names == "metric":
        now = time_text(datetime.now(UTC))
        body = {"system": f"s-{uuid4().hex[:8]}", "metric": "p95", "value": 1, "until": now}
        other = world.send("/v1/measurements", body)
        return Filled(other["reference"], [other["reference"], other["id"]])
    return filled(world, command, field)


WORDS_OF_RISKS: Mapping[str, Filled] = {
    Vocabulary.RISK_CATEGORY: Filled("privacy", ["privacy", "Privacy"]),
    Vocabulary.LIKELIHOOD: Filled("likely", ["likely", "Likely"]),
    Vocabulary.IMPACT: Filled("major", ["major", "Major"]),
    Vocabulary.CONTROL: Filled("oversight", ["oversight"]),
}


def of_risk(world: World, command: str, field: CommandField) -> Filled | None:
    """The same of a risk's command."""
    if command == "unlink" and field.name in {"improvement", "control", "system"}:
        return None  # one link is removed at a time
    if field.vocabulary in WORDS_OF_RISKS:
        return WORDS_OF_RISKS[str(field.vocabulary)]
    if field.names == "improvement":
        asked = {"title": "T", "system": "chat", "improvement_kind": "risk"}
        other = world.send("/v1/improvements", asked)
        return Filled(other["reference"], [other["reference"], other["id"]])
    if field.kind is FieldKind.TIME:
        return tomorrow()
    return filled(world, command, field)


def of_standard(world: World, command: str, field: CommandField) -> Filled | None:
    """The same of a standard's command, or of a control's."""
    if field.vocabulary == Vocabulary.STANDARD:
        own = standard()["standard"]
        return Filled(own, [own])
    if field.vocabulary == Vocabulary.CONTROL:
        return Filled("oversight", ["oversight"])
    if field.name in {"system", "systems"}:
        system = registered(world)
        return Filled(system if field.name == "system" else [system], [system])
    if field.kind is FieldKind.TIME:
        return tomorrow()
    return filled(world, command, field)


def filled(world: World, command: str, field: CommandField) -> Filled | None:
    """A value of a field that nothing else has, where its type has one; None to leave it out."""
    word = f"{field.name}-{uuid4().hex[:12]}"
    text = HOSTILE.format(word=word)
    if (command, field.name) == ("amend", "field"):
        return Filled("title", ["title", "Title"])
    match field.kind:
        case FieldKind.CHOICE:
            return chosen(command, field)
        case _ if field.names == "release":
            return None  # it has to be decided go, which test_releases does
        case FieldKind.FLAG | FieldKind.YES_NO:
            return Filled(True, [field.name, field.name.replace("_", " ").capitalize()])
        case _ if command == "file" and field.name in FILED:
            return FILED[field.name]
        case _ if command == "record" and field.name in MEASURED:
            return MEASURED[field.name]
        case FieldKind.LABELS:
            return Filled({field.name: text}, [text])
        case FieldKind.TIME if command in {"file", "approve", "reject"}:
            written = "2099-03-10T08:00:00Z"
            return Filled(written, [written, written[:16].replace("T", " ")])
        case FieldKind.NUMBER:
            return Filled(1, ["iteration", "Iteration", "leaf", "Leaf"])
        case FieldKind.TEXTS if field.names == "evidence":
            filed = {"kind": "other", "title": "Filed", "digest": uuid4().hex * 2}
            other = world.send("/v1/evidence", filed)
            return Filled([other["reference"]], [other["id"]])
        case FieldKind.TEXTS if field.name in WORDS:
            return Filled([WORDS[field.name][0]], list(WORDS[field.name]))
        case FieldKind.TIME if (command, field.name) == ("accept", "due"):
            return tomorrow()
        case FieldKind.TIME if field.name == "due":
            return None  # that of the mark in force
        case FieldKind.TIME:
            written = time_text(datetime.now(UTC))
            return Filled(written, [written, written[:19].replace("T", " ")])
        case FieldKind.URL:
            return Filled(f"https://x.example/{word}", [word])
        case FieldKind.TEXTS:
            return Filled([f"{text} 1", f"{text} 2"], [f"{text} 2"])
        case _ if field.names == "incident":
            other = opened(world)
            return Filled(other["reference"], [other["reference"], other["id"]])
        case _ if field.names == "evidence":
            newer = evidence(world)
            own = world.ada.get(f"/v1/evidence/{newer}").json()["id"]
            return Filled(newer, [newer, own])
        case _ if field.names or field.name == "system":
            return Filled(word, [word])
        case _:
            return Filled(text, [text])


def chosen(command: str, field: CommandField) -> Filled:
    """A word of a field's vocabulary, as it is stored and as its label."""
    if field.vocabulary in {Vocabulary.STEP, Vocabulary.ADDED_STEP}:
        step = ADDED[command]
        return Filled(step, [step, "Update playbook", "Legal review"])
    if field.vocabulary == Vocabulary.EVIDENCE_KIND:
        return Filled("dpia", ["dpia"])
    if field.vocabulary == Vocabulary.ROLE:
        return Filled("risk_manager", ["risk_manager", "Risk Manager"])
    if field.vocabulary:
        category = "safety_failure" if field.name == "secondary_category" else "data_breach"
        return Filled(category, [category, category.replace("_", " ").capitalize()])
    word = RcaMark.OVERDUE if field.choices is RcaMark else list(field.choices or ())[1]
    return Filled(str(word), [str(word), word.label])  # type: ignore[attr-defined]


OF_KIND = {
    "control": of_standard,
    "improvement": of_improvement,
    "release": of_release,
    "risk": of_risk,
    "standard": of_standard,
}
"""What gives values to the commands of a kind, where more than types matters."""
