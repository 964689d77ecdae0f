"""LandmarkDiff: simulation of discussed facial procedures from one photo.

Importing the package loads nothing heavy; the public names load at first use.
"""

from __future__ import annotations

from landmarkdiff.version import __version__

__all__ = ["__version__"]
