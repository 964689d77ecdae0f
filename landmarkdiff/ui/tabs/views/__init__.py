"""The fifth tab: the five standard views, taken with the camera or sorted from files."""

from __future__ import annotations

from landmarkdiff.ui.tabs.views.tab import TAB

__all__ = ["TAB"]
