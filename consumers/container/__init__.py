"""An open ledger: store, executor, read models and clock, and what loops are built of."""
