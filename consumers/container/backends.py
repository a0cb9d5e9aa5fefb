"""The store, the read models and the signing key that the settings name: here or on PostgreSQL."""

from contextlib import closing

from ledger.errors import Conflict, SettingsError, Unavailable
from ledger.sealing import KeptCheckpoint, Sealer, open_signer
from ledger.settings import Settings
from ledger.store.port import LogState, Store
from ledger.store.sqlite import Leaving, SQLiteStore
from ledger.transparency.keys import Signer
from projections.engine import SQLiteViews, ViewsDatabase


def open_store(settings: Settings, *, left: bool = False) -> Store:
    """Opens the store; an embedded one is made where it is absent, and no other.

    One that moved is opened where `left` allows it, to be read. Raises SettingsError, Unavailable.
    """
    if settings.embedded:
        store = SQLiteStore(settings.ledger_path)
        if not left and (leaving := store.leaving()) is not None:
            store.close()
            raise _moved(settings, leaving)
        return store
    from ledger.store.postgres import PostgresStore  # costs a tenth of a second

    return PostgresStore(settings.store.url)


def require_there(settings: Settings) -> None:
    """Raises SettingsError for an embedded ledger that is absent: who reads makes none."""
    settings.require_supported()
    path = settings.ledger_path
    if not settings.embedded:
        return
    try:
        there = path.exists() or path.is_symlink()
    except OSError as error:
        raise SettingsError(
            f"There can be no ledger in {settings.data_dir}: {error.strerror}.",
            remedy="Name another with --data-dir.",
        ) from error
    if not there:
        raise SettingsError(
            f"There is no ledger in {settings.data_dir.absolute()}: it has no {path.name}.",
            remedy="Name the ledger's directory with --data-dir, or go to where it is; to work "
            "with a server, set AIRLEDGER_URL or run airledger login. A new one is begun by "
            "airledger serve, source add, token add or incident report.",
        )


def open_views(settings: Settings) -> ViewsDatabase:
    """The read models' database; it is looked for when it is first used. Raises SettingsError."""
    if settings.views_embedded:
        return SQLiteViews(settings.views_path)
    from projections.engine.postgres.database import PostgresViews  # costs a tenth of a second

    return PostgresViews(settings.views.url)


def has_left(settings: Settings) -> bool:
    """Whether the settings name an embedded ledger that moved away. Raises Unavailable."""
    if not settings.embedded or not settings.ledger_path.exists():
        return False
    with closing(SQLiteStore(settings.ledger_path)) as store:
        return store.leaving() is not None


def _moved(settings: Settings, leaving: Leaving) -> Unavailable:
    if leaving.done is not None:
        return Unavailable(
            f"The ledger of {settings.ledger_path} moved to {leaving.to} at {leaving.done}.",
            remedy="Point store.url there. The old file can be verified and replayed, no more.",
        )
    return Unavailable(
        f"The ledger of {settings.ledger_path} is moving to {leaving.to} since {leaving.at}, and "
        "has not arrived.",
        remedy=f"Run airledger migrate --from {settings.data_dir} again to complete it, with "
        "store.url there, or with --give-up to stay.",
    )


def log_signer(settings: Settings, store: Store) -> Signer:
    """The signing key of the store's log, made for a new embedded one. Raises SettingsError."""
    require_key_file(settings)
    if not settings.embedded:
        require_log(store)
    create = settings.embedded and store.log_state() is None
    return open_signer(settings.key_path, origin=settings.log.origin, create=create)


def require_log(store: Store) -> None:
    """Raises SettingsError for a store whose log was not begun."""
    if store.log_state() is None:
        raise SettingsError(
            "The store has no log yet.",
            remedy="Run airledger log init once, where log.key_file is to be.",
        )


def log_of(store: Store) -> LogState:
    """The store's log. Raises Unavailable while it was not begun."""
    state = store.log_state()
    if state is None:
        raise Unavailable("The store has no log yet.", remedy="Run airledger log init once.")
    return state


def begin_log(settings: Settings, store: Store) -> LogState:
    """Begins the store's log, with the key in log.key_file, which is made where it is absent.

    Raises Conflict where a log was begun, SettingsError, Fork for the key of another log.
    """
    require_key_file(settings)
    begun = store.log_state()
    if begun is not None:
        raise Conflict(
            f"The store's log was begun already; it is {begun.origin}.",
            remedy="Put its own key into log.key_file; a store has one log.",
        )
    signer = open_signer(settings.key_path, origin=settings.log.origin, create=True)
    return Sealer(store, signer, KeptCheckpoint(settings.key_path)).start()


def require_key_file(settings: Settings) -> None:
    """Raises SettingsError where a shared ledger's settings name no file for its key."""
    if not settings.embedded and settings.log.key_file is None:
        raise SettingsError(
            "store.url names a PostgreSQL server, and log.key_file is not set: the signing key of "
            "a ledger that hosts share is made on purpose, in a place that you name.",
            remedy="Set log.key_file; airledger log init makes the key there, once.",
        )
