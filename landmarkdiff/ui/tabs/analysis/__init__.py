"""The fourth tab: what the photo shows of the face, and how well."""

from __future__ import annotations

from landmarkdiff.ui.tabs.analysis.tab import TAB

__all__ = ["TAB"]
