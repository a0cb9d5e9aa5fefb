"""A ledger as the command line works with it: one protocol, for a ledger here or over HTTP."""
