"""A year of generated life under clock, review process and read models, beside a naive reading.

`steps` is what may happen, `town` lets it happen, `log`, `rca`, `counts` and `alerts` compute anew
and without haste, from the whole log, what should have come of it.
"""
