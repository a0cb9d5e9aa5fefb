"""`airledger config show`: each setting and its source."""

from cyclopts import App

from consumers.cli.printing import print_items, print_table
from consumers.cli.session import Json, SessionArg

app = App(name="config", help="The settings and their sources.")


@app.command
def show(*, json: Json = False, session: SessionArg) -> None:
    """Each setting with its value and its source; secrets are masked."""
    settings = session.provenance()
    if json:
        print_items(
            {"key": key, "value": value, "source": source} for key, value, source in settings
        )
        return
    print_table(
        ("Setting", "Value", "From"),
        ((key, _shown(value), source) for key, value, source in settings),
        fold="Value",
    )


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)
