"""The HTML form of a command, generated from its fields, for users with its scope."""

from collections.abc import Mapping
from typing import NamedTuple

from consumers.commands.fields import CommandField, FieldKind, fields_of
from consumers.read_service.choices import Choices
from ledger.domain.command import Command
from ledger.domain.stream_type import StreamType
from ledger.vocabulary import Scope, YesNo

INPUTS: Mapping[FieldKind, str] = {
    FieldKind.TEXT: "text",
    FieldKind.URL: "url",
    FieldKind.TIME: "datetime-local",
    FieldKind.NUMBER: "number",
    FieldKind.FLAG: "checkbox",
    FieldKind.YES_NO: "select",
    FieldKind.PARAGRAPHS: "textarea",
    FieldKind.TEXTS: "textarea",
    FieldKind.LABELS: "textarea",
    FieldKind.CHOICE: "select",
}
"""The input type of each kind of field."""


class Input(NamedTuple):
    """A field of a form. `choices` are values with their labels; a text may be another.

    `value` is what was typed, `error` what is wrong with it. One of type `hidden` carries unseen
    what its page shows.
    """

    name: str
    label: str
    type: str
    required: bool
    longest: int | None
    help: str
    choices: tuple[tuple[str, str], ...]
    value: str = ""
    error: str = ""
    rows: int = 3

    def again(self, typed: str, error: str) -> "Input":
        """The same with what was typed, which is a choice even if it is none any more."""
        given = {value for value, _ in self.choices}
        known = self.type != "select" or not typed or typed in given
        choices = self.choices if known else (*self.choices, (typed, typed))
        return self._replace(value=typed, error=error, choices=choices)


class Form(NamedTuple):
    """A form. `action` is the path of its route, `scope` the scope it requires.

    `hidden` maps names to values. `refused` says why it was refused, and the remedy. `subject` is
    the reference of what it acts on. `returned`: it was sent and comes back with what was typed.
    `draft` is what a browser keeps its texts under, `other` a second button: its words and route.
    """

    name: str
    title: str
    help: str
    action: str
    scope: Scope
    inputs: tuple[Input, ...]
    hidden: Mapping[str, str] = {}
    refused: str = ""
    subject: str = ""
    returned: bool = False
    draft: str = ""
    other: tuple[str, str] | None = None

    @property
    def first_wrong(self) -> str:
        """The name of the first field with an error, which gets the focus; empty without one."""
        return next((each.name for each in self.inputs if each.error), "")

    def again(self, typed: Mapping[str, str], errors: Mapping[str, str], refused: str) -> "Form":
        """The same with what was typed, and what is wrong with it."""
        inputs = tuple(
            each.again(typed.get(each.name, ""), errors.get(each.name, "")) for each in self.inputs
        )
        return self._replace(inputs=inputs, refused=refused, returned=True)

    def with_values(self, values: Mapping[str, str]) -> "Form":
        """The same with values in fields that have one of these names; an empty one fills none."""
        filled = (each._replace(value=values.get(each.name) or each.value) for each in self.inputs)
        return self._replace(inputs=tuple(filled))

    @property
    def possible(self) -> bool:
        """Whether each field that needs one of some values has any."""
        return all(each.choices for each in self.inputs if each.required and each.type == "select")


def form_of(
    kind: StreamType, name: str, ref: str | None = None, choices: Choices | None = None
) -> Form:
    """The form of a command on the stream `ref`, or of a command that opens a stream."""
    of = kind.commands[name]
    place = f"/{kind.plural}" if of.opens else f"/{kind.plural}/{ref}/{name}"
    title = of.title or name.replace("/", " ").capitalize()
    form = form_for(of.body, name, title=title, action=place, scope=of.scope, choices=choices)
    return form._replace(subject=ref or "")


def form_for(
    body: type[Command],
    name: str,
    *,
    title: str,
    action: str,
    scope: Scope,
    choices: Choices | None = None,
) -> Form:
    """The form that fills in a body; `action` is the path of its route."""
    return Form(
        name=name,
        title=title,
        help=body.__doc__ or "",
        action=action,
        scope=scope,
        inputs=tuple(_input(field, choices or {}) for field in fields_of(body)),
    )


def _help(field: CommandField) -> str:
    """What it is, and how several are written."""
    parts = [field.help] if field.help else []
    if field.kind is FieldKind.TEXTS:
        words = f": {', '.join(field.choices)}" if field.choices else ""
        parts.append(f"One on each line{words}.")
    if field.kind is FieldKind.LABELS:
        parts.append("One on each line, as name=value.")
    return " ".join(parts)


def _input(field: CommandField, choices: Choices) -> Input:
    words = YesNo if field.kind is FieldKind.YES_NO else field.choices or ()
    own = tuple((word.value, getattr(word, "label", word.value)) for word in words)
    offered = choices.get(field.names, own)
    given = tuple(choices.get(field.vocabulary, ()) if field.vocabulary else offered)
    return Input(
        name=field.name,
        label=field.label,
        type="hidden" if field.shown else INPUTS[field.kind],
        required=field.required,
        longest=field.longest,
        help=_help(field),
        choices=given,
        value=given[0][0] if field.vocabulary and field.required and len(given) == 1 else "",
    )
