"""Read models in a file, which may be deleted at any time."""
