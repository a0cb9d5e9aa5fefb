"""A year of measurements, played against a naive computation.

Everything that the log says of objectives and triggers, and everything that is shown of them, is
computed once more: from whole lists, in fractions, one event after the other.
"""
