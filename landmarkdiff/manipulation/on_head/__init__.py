"""A plan on a head in three dimensions: the same handles, carried along the skin."""

from __future__ import annotations

from landmarkdiff.manipulation.on_head.plan import HeadPlan

__all__ = ["HeadPlan"]
