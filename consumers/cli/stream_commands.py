"""The command group of a stream kind, generated from its commands: fields become options."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from consumers.cli.arguments import parse_body, require_text
from consumers.cli.listing import FormatOption, Output, listed
from consumers.cli.printing import format_time, moment, print_json, print_line, print_table
from consumers.cli.session import Json, Session, SessionArg
from consumers.commands.fields import CommandField, FieldKind, fields_of
from ledger.domain.stream_type import CommandType, StreamType

if TYPE_CHECKING:
    from consumers.read_service.streams import TimelineEntry

TIME_HELP = (
    "When it happened: 17:51, 10 minutes ago, yesterday 14:00, or with its offset "
    "(2026-11-23T09:30:00Z); absent, now."
)
TYPES: Mapping[FieldKind, Any] = {
    FieldKind.TEXT: str,
    FieldKind.URL: str,
    FieldKind.PARAGRAPHS: str,
    FieldKind.TEXTS: list[str],
    FieldKind.LABELS: list[str],
    FieldKind.CHOICE: str,
    FieldKind.TIME: str,
    FieldKind.NUMBER: float,
    FieldKind.FLAG: bool,
    FieldKind.YES_NO: bool,
}
ORDINARY = inspect.Parameter.POSITIONAL_OR_KEYWORD
NAMED = inspect.Parameter.KEYWORD_ONLY

Key = Annotated[
    str | None,
    Parameter(help="The same command under the same key again is recorded once, for 7 days."),
]
PrintNext = Callable[[Any], None]
"""Prints the next step after a command, from the view in the command's answer."""


def command_words(kind: StreamType, name: str) -> str:
    """A command as it is typed after its group's name: "rca complete"."""
    return kind.commands[name].words or name.replace("/", " ")


def add_commands(
    app: App,
    kind: StreamType,
    print_next: PrintNext = lambda _: None,
    *,
    but: Collection[str] = (),
) -> None:
    """Adds the commands of a kind to its group, `but` some; "rca/complete" is `rca complete`."""
    groups: dict[str, App] = {}
    for name, of in kind.commands.items():
        if name in but:
            continue
        *group, last = command_words(kind, name).split()
        into = app
        if group:
            [first] = group
            if first not in groups:
                groups[first] = App(name=first, help=kind.groups.get(first, ""))
                app.command(groups[first])
            into = groups[first]
        into.command(_command(kind, name, of, print_next), name=last)


def stream_app(kind: StreamType, *, but: Collection[str] = ()) -> App:
    """The command group of a kind without own pages and queries; `but` some of its commands."""
    app = App(
        name=kind.kind.replace("_", "-"),
        help=f"Show and work on one {kind.label}; REF is "
        f"{f'{kind.by_name}, ' if kind.by_name else ''}{kind.prefix}-<n> or an id.",
    )
    ref = _ref(kind)

    def show(ref: str, *, json: Json = False, session: SessionArg) -> None:
        from consumers.client.queries import stream_of
        from consumers.read_service.views import OWN

        with session.open_client(views=kind.kind in OWN) as client:
            view = client.view(stream_of(kind), ref)
        print_json(view)

    def timeline(
        ref: str, *, form: FormatOption = None, json: Json = False, session: SessionArg
    ) -> None:
        from consumers.client.queries import timeline_of

        with session.open_client(views=False) as client:
            entries = listed(
                session, client, timeline_of(kind, ref), {}, Output(form=form, json=json)
            )
        if entries is not None:
            print_timeline(entries)

    for function, text in (
        (show, f"One {kind.label} with its state."),
        (timeline, f"Every event of one {kind.label}, in log order, with who did it."),
    ):
        function.__doc__ = text
        function.__annotations__["ref"] = ref
        app.command(function)
    add_commands(app, kind, but=but)
    return app


def print_timeline(
    entries: "Sequence[TimelineEntry]", with_references: Callable[[str], str] = lambda text: text
) -> None:
    """A timeline as a table; `with_references` puts references in place of ids."""
    print_table(
        ("Event", "Happened (UTC)", "Recorded (UTC)", "By", "What"),
        (
            (
                entry.leaf,
                format_time(entry.at, seconds=True),
                format_time(entry.recorded_at, seconds=True),
                _by(entry),
                with_references(_whole(entry)),
            )
            for entry in entries
        ),
        fold="What",
    )


def _by(entry: "TimelineEntry") -> str:
    """Who did it, and as what."""
    return f"{entry.actor} ({entry.acting})" if entry.acting else entry.actor


def _whole(entry: "TimelineEntry") -> str:
    """The sentence, and what was written besides."""
    from consumers.cli.records import value_text
    from consumers.read_service.wording import with_times

    text = with_times(entry.text, lambda time: moment(time, seconds=True))
    more = (f"{label}: {value_text(value)}" for label, value in entry.unsaid)
    return "; ".join((text, *more))


def _command(
    kind: StreamType, name: str, of: CommandType, print_next: PrintNext
) -> Callable[..., None]:
    """A function whose parameters are the command's fields, for cyclopts."""

    def run(*given: Any, **named: Any) -> None:
        fields = signature.bind(*given, **named).arguments
        session, json = fields.pop("session"), fields.pop("json", False)
        key, ref = fields.pop("idempotency_key", None), fields.pop("ref", None)
        _run(session, kind, of, ref, fields, print_next, key=key, json=json)

    fields = {field.name: field for field in fields_of(of.body)}
    ordinary = [(fields.pop(argument), ORDINARY) for argument in of.arguments]
    first = [] if of.opens else [inspect.Parameter("ref", ORDINARY, annotation=_ref(kind))]
    signature = inspect.Signature(
        [
            *first,
            *(_parameter(field, how) for field, how in ordinary),
            *(_parameter(field, NAMED) for field in fields.values()),
            inspect.Parameter("idempotency_key", NAMED, default=None, annotation=Key),
            inspect.Parameter("json", NAMED, default=False, annotation=Json),
            inspect.Parameter("session", NAMED, annotation=SessionArg),
        ]
    )
    run.__name__ = run.__qualname__ = name.replace("/", "_")
    run.__doc__ = of.body.__doc__
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in signature.parameters.values()}
    return run


def _ref(kind: StreamType) -> Any:
    or_name = f"{kind.by_name}, " if kind.by_name else ""
    or_reference = f"{kind.prefix}-<n> or " if kind.prefix else ""
    text = f"The {kind.label}: {or_name}{or_reference}its id."
    return Annotated[str, Parameter(help=text)]


def _parameter(field: CommandField, how: Any) -> inspect.Parameter:
    of = field.choices or TYPES[field.kind]
    name = field.name.replace("_", "-")
    match field.kind:
        case FieldKind.CHOICE if field.choices:
            parameter = Parameter(name=f"--{name}", name_transform=str.lower, help=field.help)
        case FieldKind.TEXTS:
            of = list[field.choices] if field.choices else of  # type: ignore[name-defined]
            text = " ".join(filter(None, (field.help, "Give it once for each.")))
            parameter = Parameter(
                name=(f"--{name}", f"--{name.removesuffix('s')}"),
                name_transform=str.lower,
                negative="",
                consume_multiple=False,
                help=text,
            )
        case FieldKind.LABELS:
            text = " ".join(filter(None, (field.help, "NAME=VALUE; give it once for each.")))
            parameter = Parameter(name=f"--{name}", negative="", consume_multiple=False, help=text)
        case FieldKind.TIME:
            parameter = Parameter(help=field.help or TIME_HELP)
        case _:
            parameter = Parameter(help=field.help)
    if field.required:
        return inspect.Parameter(field.name, how, annotation=Annotated[of, parameter])
    return inspect.Parameter(
        field.name, how, default=None, annotation=Annotated[of | None, parameter]
    )


def _run(
    session: Session,
    kind: StreamType,
    of: CommandType,
    ref: str | None,
    fields: dict[str, Any],
    print_next: PrintNext,
    *,
    key: str | None,
    json: bool,
) -> None:
    """Runs a command and prints its result."""
    command = parse_body(of.body, fields, session.times())
    require_text("--idempotency-key", key)
    with session.open_client(write=True, create=of.opens) as client:
        view, recorded = client.send(kind, ref, command, key=key)
    if json:
        print_json(view)
        return
    done = of.done.format(**fields) if recorded else "nothing to do, already in this state"
    print_line(f"{view.reference}: {done}.")

    print_next(view)
