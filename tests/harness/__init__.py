"""The alerting systems of production, started for real on loopback and driven by tests.

`recorder` is what they post to (and, as a tap, stands in front of the ledger), `scenarios` are
the situations, each a function, so that one scenario serves the rig's own tests and the ledger's.
"""
