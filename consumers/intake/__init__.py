"""Intake: parses bodies of registered formats into signals; quarantines what cannot be parsed."""
