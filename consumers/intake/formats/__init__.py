"""The formats of publishers: a module each, and their registry."""
