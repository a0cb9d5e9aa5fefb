"""`airledger store init`: a ledger's tables, roles and rights on PostgreSQL."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from consumers.cli.printing import document, line
from consumers.cli.session import Here, Json
from ledger.errors import SettingsError

if TYPE_CHECKING:
    from ledger.settings import Settings

app = App(name="store", help="The tables, roles and rights of a ledger on PostgreSQL.")


@app.command
def init(
    *,
    owner_url: Annotated[
        str | None,
        Parameter(
            help="postgresql://..., as the user that is to own the tables; store.url by default."
        ),
    ] = None,
    views: Annotated[
        bool,
        Parameter(
            negative=(),
            show_default=False,
            help="Make only the place of read models, for views.url with a database of its own.",
        ),
    ] = False,
    json: Json = False,
    session: Here,
) -> None:
    """Make the tables, roles and rights of a ledger and its read models in a PostgreSQL database.

    Safe to run again: what is there stays. Nothing else ever makes a ledger's tables; programs make
    those of the read models that they fill, in the schema that this makes for them.
    """
    from ledger.settings import masked

    url = owner_url or _named(session.settings(), views=views)
    new = _make_views(url) if views else _make_all(url)
    if json:
        document({"created": new})
        return
    what = "place of read models is" if views else "ledger's tables are"
    where = masked(url)
    line(f"The {what} made in {where}." if new else f"The {what} there, in {where}.")
    if new and views:
        line("Next: grant its roles to the users that programs log in as.")
    elif new:
        line("Next: grant its roles to the users that programs log in as; airledger log init.")


def _named(settings: "Settings", *, views: bool) -> str:
    """The database that the settings name. Raises SettingsError for a file."""
    key, url, what = (
        ("views.url", settings.views.url, "read models there need")
        if views
        else ("store.url", settings.store.url, "an embedded ledger needs")
    )
    if settings.views_embedded if views else settings.embedded:
        raise SettingsError(
            f"{key} is {url!r}, a file: {what} no init.",
            remedy=f"Set {key} to postgresql://..., or give --owner-url.",
        )
    return url


def _make_all(url: str) -> bool:
    from ledger.store.postgres import initialise
    from projections.engine.postgres.schema import statements

    return initialise(url, statements())


def _make_views(url: str) -> bool:
    from projections.engine.postgres.init import initialise_views

    return initialise_views(url)
