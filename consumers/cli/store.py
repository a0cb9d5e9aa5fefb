"""`airledger store init`: a ledger's tables, roles and rights on PostgreSQL."""

from typing import Annotated

from cyclopts import App, Parameter

from consumers.cli.printing import document, line
from consumers.cli.session import Here, Json
from ledger.errors import SettingsError

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
    json: Json = False,
    session: Here,
) -> None:
    """Make the tables, roles and rights of a ledger in a PostgreSQL database.

    Safe to run again: what is there stays. Nothing else ever makes tables there.
    """
    from ledger.settings import masked

    settings = session.settings()
    if owner_url is None and settings.embedded:
        raise SettingsError(
            f"store.url is {settings.store.url!r}, a file: an embedded ledger needs no init.",
            remedy="Set store.url to postgresql://..., or give --owner-url.",
        )
    from ledger.store.postgres import initialise

    url = owner_url or settings.store.url
    new = initialise(url)
    if json:
        document({"created": new})
        return
    where = masked(url)
    line(f"The ledger's tables are made in {where}." if new else f"They are there, in {where}.")
    if new:
        line("Next: grant its roles to the users that programs log in as; airledger log init.")
