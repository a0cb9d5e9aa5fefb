"""Improvements as they are read."""
