"""The content store that the settings name. Nothing is connected to yet."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from consumers.evidence_store.content import ContentStore
from consumers.evidence_store.durability import Directory
from ledger.errors import SettingsError
from ledger.settings import Settings

FILES = "file://"


def files(path: Path, *, most: int) -> ContentStore:
    """A store of files below a directory, which is made. Raises SettingsError."""
    directory = Directory(path)
    try:
        directory.make()
        return ContentStore(LocalStore(path), most=most, directory=directory)
    except (BaseError, OSError) as error:
        raise SettingsError(
            f"The directory of evidence {path} cannot be used: {error}.",
            remedy="Name another with evidence.url, such as file:///var/lib/evidence.",
        ) from error


def content_store(settings: Settings) -> ContentStore:
    """The store of content: a directory below `data_dir`, unless `evidence.url` names another.

    Raises SettingsError.
    """
    url = settings.evidence.url
    if url is None or url.startswith(FILES):
        path = settings.data_dir / "evidence" if url is None else Path(unquote(urlsplit(url).path))
        return files(path, most=settings.evidence.most_bytes)
    try:
        return ContentStore(from_url(url), most=settings.evidence.most_bytes)
    except (BaseError, ValueError) as error:
        raise SettingsError(
            f"evidence.url {url!r} cannot be used: {error}.",
            remedy="Name a bucket, such as s3://evidence/airledger, and give its credentials in "
            "the environment, as the tools of its provider read them.",
        ) from error
