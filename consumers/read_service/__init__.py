"""What people and programs ask, answered the same over HTTP, on the pages and the command line.

Blocking. Source of what is asked: runbook section 8, "Incident register & RCA summaries".
"""

from consumers.read_service import alerts, counts, incidents, rca

__all__ = ["alerts", "counts", "incidents", "rca"]
