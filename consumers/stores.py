"""The store, the read models and the signing key that the settings name: here or on PostgreSQL."""

from ledger.errors import Conflict, SettingsError
from ledger.sealing import KeptCheckpoint, Sealer, open_signer
from ledger.settings import Settings
from ledger.store.port import LogState, Store
from ledger.store.sqlite import SQLiteStore
from ledger.transparency.keys import Signer
from projections.engine import SQLiteViews, ViewsDatabase


def open_store(settings: Settings) -> Store:
    """Opens the store; an embedded one is made where it is absent, and no other.

    Raises SettingsError, Unavailable.
    """
    if settings.embedded:
        return SQLiteStore(settings.ledger_path)
    from ledger.store.postgres import PostgresStore  # costs a tenth of a second

    return PostgresStore(settings.store.url)


def open_views(settings: Settings) -> ViewsDatabase:
    """The read models' database; it is looked for when it is first used. Raises SettingsError."""
    if settings.views_embedded:
        return SQLiteViews(settings.views_path)
    from projections.engine.postgres.database import PostgresViews  # costs a tenth of a second

    return PostgresViews(settings.views.url)


def log_signer(settings: Settings, store: Store) -> Signer:
    """The signing key of the store's log, made for a new embedded one. Raises SettingsError."""
    _require_key_file(settings)
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


def begin_log(settings: Settings, store: Store) -> LogState:
    """Begins the store's log, with the key in log.key_file, which is made where it is absent.

    Raises Conflict where a log was begun, SettingsError, Fork for the key of another log.
    """
    _require_key_file(settings)
    begun = store.log_state()
    if begun is not None:
        raise Conflict(
            f"The store's log was begun already; it is {begun.origin}.",
            remedy="Put its own key into log.key_file; a store has one log.",
        )
    signer = open_signer(settings.key_path, origin=settings.log.origin, create=True)
    return Sealer(store, signer, KeptCheckpoint(settings.key_path)).start()


def _require_key_file(settings: Settings) -> None:
    if not settings.embedded and settings.log.key_file is None:
        raise SettingsError(
            "store.url names a PostgreSQL server, and log.key_file is not set: the signing key of "
            "a ledger that hosts share is made on purpose, in a place that you name.",
            remedy="Set log.key_file; airledger log init makes the key there, once.",
        )
