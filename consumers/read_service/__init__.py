"""The queries that API, pages and command line share.

Blocking. Source: runbook section 8, "Incident register & RCA summaries".
"""

from consumers.read_service import alerts, counts, coverage, incidents, rca, trends

__all__ = ["alerts", "counts", "coverage", "incidents", "rca", "trends"]
