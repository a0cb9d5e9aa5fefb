"""The ledger floor: policy, domain, store, transparency log and the one way in, `execute`."""
