"""The HTML form of a command, generated from its fields, for users with its scope."""

from collections.abc import Mapping
from typing import NamedTuple

from consumers.commands.fields import CommandField, FieldKind, fields_of
from ledger.domain.stream_type import StreamType
from ledger.vocabulary import Scope

INPUTS: Mapping[FieldKind, str] = {
    FieldKind.TEXT: "text",
    FieldKind.URL: "url",
    FieldKind.TIME: "datetime-local",
    FieldKind.NUMBER: "number",
    FieldKind.FLAG: "checkbox",
    FieldKind.PARAGRAPHS: "textarea",
    FieldKind.TEXTS: "textarea",
    FieldKind.CHOICE: "select",
}
"""The input type of each kind of field."""


class Input(NamedTuple):
    """A field of a form. `choices` are values with their labels.

    `value` is what was typed, `error` what is wrong with it.
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
            each._replace(value=typed.get(each.name, ""), error=errors.get(each.name, ""))
            for each in self.inputs
        )
        return self._replace(inputs=inputs, refused=refused, returned=True)


def form_of(kind: StreamType, name: str, ref: str | None = None) -> Form:
    """The form of a command on the stream `ref`, or of a command that opens a stream."""
    of = kind.commands[name]
    place = f"/{kind.plural}" if of.opens else f"/{kind.plural}/{ref}/{name}"
    return Form(
        name=name,
        title=name.replace("/", " ").capitalize().replace("Rca", "RCA"),
        help=of.body.__doc__ or "",
        action=place,
        scope=of.scope,
        inputs=tuple(map(_input, fields_of(of.body))),
        subject=ref or "",
    )


def _input(field: CommandField) -> Input:
    return Input(
        name=field.name,
        label=field.label,
        type=INPUTS[field.kind],
        required=field.required,
        longest=field.longest,
        help=field.help,
        choices=tuple(
            (word.value, getattr(word, "label", word.value)) for word in field.choices or ()
        ),
    )
