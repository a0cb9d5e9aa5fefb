"""The domain: events, states, and the pure functions `decide` and `evolve`.

No I/O, no clock, no chance.
"""
