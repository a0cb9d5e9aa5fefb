"""Read-only pages for people, rendered on the server."""
