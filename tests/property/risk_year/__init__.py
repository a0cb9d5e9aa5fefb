"""A year of risks, improvements, standards and controls, held against a naive computation.

`naive*` do not use the domain's deciders: they keep what happened as plain dicts, in order, and
scan all of it for every question.
"""
