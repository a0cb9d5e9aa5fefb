"""Where a test's read models are: a file, or a database of a real PostgreSQL."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from projections.engine import SQLiteViews, ViewsDatabase
from projections.engine.postgres.database import PostgresViews
from tests.harness.postgres import Database


class Place(ABC):
    """Read models may be opened here any number of times; `url` is what the settings say."""

    url: str

    @abstractmethod
    def open(self) -> ViewsDatabase:
        """A database of its own on the same read models."""

    @abstractmethod
    def another(self) -> "Place":
        """An empty place, for the rest of the test."""

    @contextmanager
    def opened(self) -> Iterator[ViewsDatabase]:
        views = self.open()
        try:
            yield views
        finally:
            views.close()


class File(Place):
    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = str(path)

    def open(self) -> ViewsDatabase:
        return SQLiteViews(self.path)

    def another(self) -> Place:
        return File(self.path.with_name(f"another-{self.path.name}"))


class OnServer(Place):
    def __init__(self, database: Database) -> None:
        self.database = database
        self.url = database.url

    def open(self) -> ViewsDatabase:
        return PostgresViews(self.database.url)

    def another(self) -> Place:
        server = self.database.server
        return OnServer(self.database.beside(server.template()))
