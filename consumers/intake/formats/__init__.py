"""The source formats: a module with one registration each, and their registry."""
