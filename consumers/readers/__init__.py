"""Readers: servers that are asked for measurements at the end of each interval."""
