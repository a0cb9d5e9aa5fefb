"""docs/reference/formats.md, from the registered source formats."""

from collections.abc import Iterator

from consumers.intake.format import Format
from consumers.intake.formats.registry import FORMATS

COMMAND = "python -m tests.docs.generate"
MIB = 1024 * 1024

_HEAD = f"""\
# Source formats

<!-- Generated from consumers.intake.formats.registry by `{COMMAND}`; do not edit. -->

The formats that alerting systems may send. `airledger source add NAME --kind KIND` registers a
system and prints its token with the set-up below. A token opens the route of its format alone. A
source whose bodies are always signed has no token, and its own route. What is authenticated and
cannot be parsed is answered 202 and kept in quarantine. [All limits](limits.md).

| kind | format | route | largest body | senders repeat | signed |
| --- | --- | --- | --- | --- | --- |
"""
_REPEAT = """
A sender that repeats sends a firing alert again until it ends: its silence makes an episode stale.
Others send each change once, and their alerts never go stale.
"""


def page() -> str:
    """The whole page."""
    formats = list(FORMATS.values())
    return "".join([_HEAD, *map(_row, formats), _REPEAT, *_setups(formats)])


def _row(each: Format) -> str:
    limit = f"{each.limit // MIB} MiB"
    repeats = "yes" if each.repeats else "no"
    signed = "always" if each.webhook is not None else "if wanted" if each.can_sign else "no"
    cells = (f"`{each.kind}`", each.kind.label, f"`POST {each.path}`", limit, repeats, signed)
    return f"| {' | '.join(cells)} |\n"


def _setups(formats: list[Format]) -> Iterator[str]:
    for each in formats:
        text = each.setup_text("http://HOST:PORT", "TOKEN", "NAME")
        yield f"\n## {each.kind}\n\nReceives {each.summary}. {each.description}\n"
        yield f"\n```text\n{text}\n```\n"
