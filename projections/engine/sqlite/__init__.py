"""Read models in a SQLite file, which may be deleted at any time."""
