"""The first tab: one photo, one plan, and the picture that follows the sliders."""

from __future__ import annotations

from landmarkdiff.ui.tabs.single.tab import TAB

__all__ = ["TAB"]
