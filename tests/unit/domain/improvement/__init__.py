"""Improvements: what is planned, done, checked and acted on."""
