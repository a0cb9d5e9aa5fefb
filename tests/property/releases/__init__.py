"""Lives of releases, compared with a computation that scans all that happened, again and again.

`naive` does not use `ledger.domain.release`: it keeps what happened as plain dicts.
"""
