"""The templates of this tab."""

from __future__ import annotations

from pathlib import Path

from landmarkdiff.ui.templates import Templates

__all__ = ["TEMPLATES"]

TEMPLATES = Templates(Path(__file__).parent)
