"""Releases: what is proposed, judged, signed, decided and deployed."""
