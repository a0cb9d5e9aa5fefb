"""Parsers that several formats share."""
