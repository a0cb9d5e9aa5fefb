"""Queries of the read models, one module a question; always of the live generation."""

from projections.queries import alerts, counts, deliveries, incidents, rca

__all__ = ["alerts", "counts", "deliveries", "incidents", "rca"]
