"""The second tab: several procedures on one photo, side by side or in one plan."""

from __future__ import annotations

from landmarkdiff.ui.tabs.comparison.tab import TAB

__all__ = ["TAB"]
