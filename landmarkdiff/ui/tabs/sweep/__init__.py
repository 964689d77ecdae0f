"""The third tab: one procedure at rising intensities, as a gallery and as an animated loop."""

from __future__ import annotations

from landmarkdiff.ui.tabs.sweep.tab import TAB

__all__ = ["TAB"]
