"""Verifiers of the transparency log that the ledger's authors did not write, in Go.

`note-tlog` is a small program over golang.org/x/mod/sumdb; `fsck` is Tessera's. `go.py` builds
and runs them.
"""
