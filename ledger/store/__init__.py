"""The store: the truth and the outbox. A port, and SQLite behind it."""
