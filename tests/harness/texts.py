"""The two forms of what persons write: beside the log as shipped, and in the events as before."""

from ledger.policy import shipped

BESIDE = shipped()
INLINE = shipped().replace('beside = ["persons"]', "beside = []")
