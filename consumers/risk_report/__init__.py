"""The monthly risk report for the board: folded from the sealed log up to a leaf.

One value, the `RiskReport`, is what is filed as JSON and rendered as a page, HTML and PDF. The same
leaf gives the same bytes, from any store and on any host: nothing of it is read from a read model,
a clock or the settings. Source: runbook section 8, evidence of governance.
"""
