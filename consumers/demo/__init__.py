"""The demo: a sample month, played into a ledger of its own."""
