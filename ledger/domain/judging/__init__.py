"""How measurements are judged: pure functions over the points of a series.

A series is what one metric of a system, in one segment, was measured to be in operation. Source:
runbook sections 4 and 6.
"""
